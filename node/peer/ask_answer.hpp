#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/embed.hpp"
#include "runtime/job/node_load.hpp"
#include "weft/peer/v1/data.pb.h"

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <vector>

namespace weft {

struct peer_item;

/// What is still to be written of one answer to another node, in messages of about message_bytes: items go out as they
/// come, each once. Decides what gRPC is to be told next; not thread-safe.
class ask_answer {
public:
  static constexpr size_t message_bytes = 1'048'576;

  explicit ask_answer(size_t items) : given_(items, false) {}

  /// Items that were given before are passed over.
  void add(const std::vector<peer_item>& items);
  /// load: of this node now; nothing: it is not told.
  void end(const embed_result& whole, const std::optional<node_load>& load = {});
  void fail(failure reason) { failure_ = std::move(reason), ended_ = true; }

  struct step {
    enum class kind : uint8_t { nothing, write, write_and_finish, finish };
    kind what = kind::nothing;
    peer::v1::AskResponse message; ///< to be written
    std::optional<failure> reason; ///< of the finish; nothing: the answer is whole
  };
  /// What to do now. After `write` it is asked again when that is done; after a finish never again.
  step next();

private:
  peer::v1::AskResponse& open_message(size_t bytes);

  std::vector<bool> given_;
  std::deque<peer::v1::AskResponse> messages_;
  size_t open_bytes_ = 0; ///< of the last message
  bool ended_ = false;
  std::optional<failure> failure_;
};

} // namespace weft
