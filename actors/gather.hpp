#pragma once

#include "runtime/base/item_failure.hpp"
#include "runtime/job/identity.hpp"
#include "runtime/ports/call.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

namespace weft {

/// Collects the results of a call's texts, which shards and peers find on different threads, and answers the call with
/// the last of them. Shared by all that work on the call; when they let go of it unanswered, so does it of the call,
/// whose transport then answers errc::unavailable. Thread-safe.
class gather {
public:
  struct item {
    uint32_t index = 0;
    std::shared_ptr<const embedding> value; ///< not null
    weft::source source = source::computed;
  };

  /// kind: of all results.
  gather(call_ptr source, result_kind_ptr kind);

  const call& source() const noexcept { return *source_; }
  const result_kind_ptr& kind() const noexcept { return kind_; }
  const std::string& text(uint32_t index) const { return source_->request().texts[index]; }

  /// Each index once.
  void deliver(const std::vector<item>& items);
  /// What computing some of them took, told before they are delivered.
  void add(const usage& used, const call_times& times);
  /// Another node will tell what its items took: the call is not answered before it has, by close().
  void open();
  void close(const usage& used);
  /// Ends the call; what is delivered later is dropped.
  void fail(failure reason) { source_->fail(std::move(reason)); }

private:
  /// So many items, or so many other nodes, less to wait for. True when these were the last: the call is answered.
  bool settle(uint32_t count, uint64_t tokens, double device_seconds);

  call_ptr source_;
  result_kind_ptr kind_;
  std::mutex mutex_;    // guards what follows
  uint32_t missing_;    ///< items, and other nodes that have not closed
  embed_result result_; ///< an item is written by whoever delivers it, without the lock
};
using gather_ptr = std::shared_ptr<gather>;

/// The options of the call with its parameters as the identity of the results has them: what is computed must be what
/// it is kept as.
inline embed_options resolved_options(const gather& to) {
  auto options = to.source().request().options;
  if (!options.compress.empty())
    options.compress = to.kind()->parts().parameters;
  return options;
}

/// Some texts of a call, for the shard that keeps their keys.
struct shard_ask {
  gather_ptr to;
  std::vector<uint32_t> items; ///< indexes into the call's texts
  std::vector<cache_key> keys; ///< [items]
};

} // namespace weft
