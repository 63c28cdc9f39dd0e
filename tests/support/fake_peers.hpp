#pragma once

#include "runtime/ports/peer_link.hpp"

#include <deque>
#include <memory>
#include <utility>
#include <vector>

namespace weft::test {

/// Other nodes: keeps what they are asked, for the test to answer.
class fake_peers final : public peer_link {
public:
  struct asked {
    node_id peer{};
    peer_request request;
    peer_listener listener;

    /// Answers text `index` with a vector that says so.
    void answer(uint32_t index, float mark = 7) const {
      auto value = std::make_shared<embedding>();
      value->values = {mark, static_cast<float>(index), 0, 1};
      value->tokens = 3;
      value->source = source::memory;
      listener.on_items({{index, std::move(value)}});
    }
    /// Whether the asker has said that nobody waits for it.
    bool cancelled() const { return *cancels > 0; }
    std::shared_ptr<int> cancels = std::make_shared<int>(0);
    void end(status outcome = ok, const usage& used = {}) const { listener.on_end({std::move(outcome), {}, used}); }
  };

  peer_cancel ask(node_id peer, peer_request request, peer_listener listener) override {
    asks.push_back({peer, std::move(request), std::move(listener)});
    return [cancels = asks.back().cancels] { ++*cancels; };
  }

  std::deque<asked> asks;
};

} // namespace weft::test
