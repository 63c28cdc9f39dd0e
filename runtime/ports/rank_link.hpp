#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/collective.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace weft {

enum class collective_verb : uint8_t { all_reduce, all_gather, broadcast, reduce_scatter, barrier };
enum class value_type : uint8_t { bytes, int32, int64 };

/// What all ranks must call alike: the verb, its values, and how many bytes a rank brings to it (all_gather: `mine`;
/// reduce_scatter: `values`; barrier: none).
struct verb_key {
  collective_verb verb = collective_verb::barrier;
  value_type type = value_type::bytes;
  reduce_op op = reduce_op::sum;
  uint32_t root = 0; ///< of a broadcast
  uint64_t bytes = 0;

  bool operator==(const verb_key&) const = default;
};

/// A frame carries at most this many bytes of values.
inline constexpr size_t rank_payload_bytes_max = 1 << 20;
/// So many pieces may be on their way from one rank to another, until the other gives credit: with payload_bytes_max it
/// is the bound of every queue between two ranks.
inline constexpr uint64_t rank_window = 4;
/// An abort says why in at most so many bytes.
inline constexpr size_t rank_message_bytes_max = 512;

/// A piece of what one rank owes another in one half of a verb. An exchange without values is one empty piece.
struct rank_piece {
  uint64_t number = 0;   ///< of the pieces to this rank, from 0: a gap means that the link lost one
  uint64_t sequence = 0; ///< the verb's number in its epoch, from 0
  verb_key key;
  uint8_t half = 0;    ///< 0: values to the rank that reduces or spreads them; 1: results to everyone
  uint64_t offset = 0; ///< of the payload, in bytes within this half
  std::vector<std::byte> payload;

  bool operator==(const rank_piece&) const = default;
};

/// How many pieces the sender has taken from the receiver's queue so far; makes room for as many more.
struct rank_credit {
  uint64_t pieces = 0;

  bool operator==(const rank_credit&) const = default;
};

/// The last frame of a rank that closes its end in peace.
struct rank_leave {
  bool operator==(const rank_leave&) const = default;
};

/// The communicator has failed. code: unavailable, deadline_exceeded or internal.
struct rank_abort {
  errc code = errc::unavailable;
  std::string message;

  bool operator==(const rank_abort&) const = default;
};

/// What ranks say to each other. rank_frame_codec.hpp makes bytes of it.
struct rank_frame {
  uint64_t epoch = 0; ///< frames of another epoch than the receiver's are dropped
  uint32_t from = 0;
  std::variant<rank_piece, rank_credit, rank_leave, rank_abort> body;
  uint64_t formation = 0; ///< collective_group::formation of the sender

  bool operator==(const rank_frame&) const = default;
};

/// Where a link puts what comes. Any thread; frames of one sender one after the other, in the order in which they were
/// sent, none twice; short, and never calls the link.
class rank_inbox {
public:
  virtual ~rank_inbox() = default;
  virtual void receive(rank_frame frame) = 0;
  /// Nothing more will come from this rank, or go to it: its process has gone, or the way there. Comes after all frames
  /// that came from it.
  virtual void link_down(uint32_t rank, std::string why) = 0;
};

/// One rank's ways to the others of one communicator. Thread-safe.
class rank_link {
public:
  virtual ~rank_link() = default;

  /// From now on what comes goes to the inbox, beginning with what came before: a rank may be called before it is
  /// ready, so a link keeps up to rank_window pieces of each sender. nullptr: what comes is dropped; once attach() has
  /// returned, the former inbox is not called any more.
  virtual void attach(rank_inbox* inbox) = 0;

  /// Never blocks. errc::unavailable: the rank is not to be reached; errc::overloaded: more frames wait for the rank
  /// than the window allows. After either nothing can be sent to this rank any more, but what it sent before still
  /// comes; then its link_down(), always: only that says that the rank is gone.
  virtual status send(uint32_t to, rank_frame frame) = 0;
};

} // namespace weft
