#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"
#include "runtime/job/context.hpp"
#include "runtime/job/embed.hpp"
#include "runtime/job/identity.hpp"
#include "runtime/job/node_load.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weft {

/// Texts for another node: because it owns their keys, or because it has time to compute them.
struct peer_request {
  weft::context context; ///< with the deadline; tenant, request id and trace go along
  result_kind_ptr kind;  ///< not null; a peer that would compute something else refuses with errc::other_identity
  std::string model;
  embed_options options;
  std::vector<std::string> texts; ///< not empty
  bool compute_only = false;      ///< the asker looks after caching: compute, without looking or keeping
};

/// The answer for text `index` of the request.
struct peer_item {
  uint32_t index = 0;
  std::shared_ptr<const embedding> value; ///< not null
};

/// How a peer request ended. After a failure the items that came are good; the others are unanswered.
struct peer_end {
  status outcome;
  std::optional<node_load> load; ///< of the peer, where it told it: with good answers
  weft::usage usage;
};

/// Answers to one request. Each function may be called on any thread and must only send a message; on_end is called
/// exactly once, after the last on_items.
struct peer_listener {
  std::function<void(std::vector<peer_item>)> on_items;
  std::function<void(peer_end)> on_end;
};

/// Ends a request early, because nobody waits for its answer any more: on_end comes with errc::cancelled, unless the
/// request has ended. Any thread, any time, any number of times; keeps nothing alive. Never empty.
using peer_cancel = std::function<void()>;

/// The way to other nodes. Thread-safe, never blocks.
class peer_link {
public:
  virtual ~peer_link() = default;
  /// Errors in peer_end: errc::unavailable (unknown, unreachable, gone), deadline_exceeded, cancelled, overloaded,
  /// draining, other_identity, and whatever the peer's own way answers (text_too_long, invalid_utf8, … with the item's
  /// index in this request).
  virtual peer_cancel ask(node_id peer, peer_request request, peer_listener listener) = 0;
};

} // namespace weft
