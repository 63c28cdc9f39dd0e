#pragma once

#include "node/peer/rank_pair.hpp"
#include "node/peer/rank_stream.hpp"
#include "runtime/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

namespace weft {

/// A rank of this node, as those that call it see it.
class rank_host {
public:
  virtual ~rank_host() = default;
  /// How many ranks its communicator has.
  virtual uint32_t ranks() const noexcept = 0;
  /// Starts the stream, or refuses it. Any thread; must not block.
  virtual void take(uint32_t from, std::shared_ptr<rank_stream> stream) = 0;
};

struct rank_desk_options {
  size_t held_max = 256; ///< streams that wait for their rank; further ones get errc::overloaded
  size_t ended_max =
      256; ///< places that are remembered when they have closed, so that who comes too late hears it at once
};

/// Where other nodes' streams find the ranks of this node. A stream may come before its rank is there: it is held,
/// unread, until the rank opens or whoever serves the stream loses patience. One that comes too late, to an epoch that
/// is over, or that belongs to another formation of the epoch, is refused at once. One a node; thread-safe.
class rank_desk {
public:
  explicit rank_desk(rank_desk_options options = {}) : options_(options) {}
  rank_desk(const rank_desk&) = delete;
  rank_desk& operator=(const rank_desk&) = delete;

  /// The rank is ready; takes what was held for it, before the call returns. Held streams of earlier epochs of
  /// its job are refused, and those of other formations of its epoch. Fails with errc::invalid_argument: the place is
  /// taken, or was.
  status open(const rank_place& place, std::shared_ptr<rank_host> host);
  void close(const rank_place& place);

  /// A stream has come: it is started, held or refused.
  void arrive(const rank_pair& pair, std::shared_ptr<rank_stream> stream);
  /// False: it is not held (any more).
  bool forget(const rank_stream* stream);

  size_t held() const;

private:
  struct opened {
    rank_place place;
    std::shared_ptr<rank_host> host;
  };
  struct waiting {
    rank_pair pair;
    std::shared_ptr<rank_stream> stream;
  };

  std::shared_ptr<rank_host> place_for(const rank_pair& pair, std::shared_ptr<rank_stream> stream, failure& why);
  uint64_t newest_epoch(const job_id& job) const;
  bool runs_otherwise(const communicator_id& asked) const;

  const rank_desk_options options_;
  mutable std::mutex mutex_; // guards the rest; never held while a stream or a host is called
  std::vector<opened> open_; // few: one a device and job
  std::deque<rank_place> ended_;
  std::vector<waiting> held_;
};

} // namespace weft
