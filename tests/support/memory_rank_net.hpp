#pragma once

#include "runtime/ports/rank_link.hpp"

#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace weft {

/// Links between ranks of one process that deliver at once, on the sender's thread; whoever sends to an end that has
/// closed is told that the link is down. Thread-safe.
class memory_rank_net : public std::enable_shared_from_this<memory_rank_net> {
public:
  static std::shared_ptr<memory_rank_net> make(uint32_t ranks) {
    return std::shared_ptr<memory_rank_net>(new memory_rank_net(ranks));
  }

  /// The end of one rank; keeps the net alive.
  std::shared_ptr<rank_link> link(uint32_t rank) { return std::make_shared<end>(shared_from_this(), rank); }

private:
  struct door {
    std::mutex mutex;
    rank_inbox* inbox = nullptr;
    bool closed = false;
    std::deque<rank_frame> early; // came before the inbox
    std::set<uint32_t> down;      // whose links it was told are
  };

  class end final : public rank_link {
  public:
    end(std::shared_ptr<memory_rank_net> net, uint32_t rank) : net_(std::move(net)), rank_(rank) {}
    void attach(rank_inbox* inbox) override { net_->attach(rank_, inbox); }
    status send(uint32_t to, rank_frame frame) override {
      auto sent = net_->send(to, std::move(frame));
      if (!sent)
        net_->tell_down(rank_, to, sent.error().message);
      return sent;
    }

  private:
    std::shared_ptr<memory_rank_net> net_;
    uint32_t rank_;
  };

  explicit memory_rank_net(uint32_t ranks) {
    for (uint32_t r = 0; r < ranks; ++r)
      doors_.push_back(std::make_unique<door>());
  }

  void attach(uint32_t rank, rank_inbox* inbox) {
    auto& d = *doors_[rank];
    const std::lock_guard lock{d.mutex};
    d.inbox = inbox;
    d.closed = inbox == nullptr;
    for (; inbox && !d.early.empty(); d.early.pop_front())
      inbox->receive(std::move(d.early.front()));
    d.early.clear();
  }

  status send(uint32_t to, rank_frame frame) {
    auto& d = *doors_[to];
    const std::lock_guard lock{d.mutex};
    if (d.inbox)
      d.inbox->receive(std::move(frame));
    else if (d.closed)
      return failure{errc::unavailable, "nobody is there"};
    else
      d.early.push_back(std::move(frame));
    return ok;
  }

  /// All that came from `gone` has been received: it was delivered while that end was open.
  void tell_down(uint32_t rank, uint32_t gone, const std::string& why) {
    auto& d = *doors_[rank];
    const std::lock_guard lock{d.mutex};
    if (d.inbox && d.down.insert(gone).second)
      d.inbox->link_down(gone, why);
  }

  std::vector<std::unique_ptr<door>> doors_;
};

} // namespace weft
