#pragma once

#include "runtime/base/time.hpp"
#include "runtime/compute/collective/exchange_plan.hpp"
#include "runtime/ports/rank_link.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace weft {

/// One rank of a communicator between nodes, as pure logic: frames and the time in, frames out. No lock, thread or
/// clock; linked_collective drives it, and tests do in virtual time.
///
/// Ranks exchange directly, each with each: a verb takes two message delays whatever their number, and each rank sends
/// no more bytes than around a ring. From each rank at most rank_window pieces are kept; credit tells it when to go on.
/// What a rank sent before it closed or died still counts: a verb fails only if something that it needs is missing.
/// The first failure stays, and is told to all who may not know: at once by whoever is in a verb or aborts, else with
/// the next verb or the end. (Whoever aborts tells all by itself; passing it on is for those that it cannot reach.)
class rank_exchange {
public:
  struct outgoing {
    uint32_t to = 0;
    rank_frame frame;
  };

  /// piece_bytes: values in a piece at most; a multiple of 8, up to rank_payload_bytes_max.
  rank_exchange(collective_group group, size_t piece_bytes);

  const collective_group& group() const noexcept { return group_; }

  /// Begins a verb; its buffers are read and written until it is done or has failed. REQUIRES: done().
  void begin(const verb_call& call, time_point now, std::chrono::milliseconds limit);
  /// Takes what has come as far as the verb needs it, and puts out what may be sent.
  void advance();
  /// The frames to send, in order. Those to one rank must reach it in this order.
  std::vector<outgoing> take_outgoing();

  void receive(rank_frame frame);
  void link_down(uint32_t rank, std::string why);
  /// Nothing can be sent to this rank any more: nothing is put out for it. What came from it and still comes counts,
  /// and only its link_down() says that it has gone.
  void stop_sending(uint32_t rank);
  /// Fails the verb in progress if its deadline has come.
  void expire(time_point now);
  void abort(const failure& reason);
  /// There is no memory for what this rank owes: ends the communicator, needs none for that, and tells the others only
  /// if there is some again; else they hear that it closes its end.
  void give_up() noexcept;
  /// Tells the others that this rank goes; nothing may follow but take_outgoing().
  void close();

  /// No verb in progress.
  bool done() const noexcept { return !plan_; }
  /// Verbs that this rank has done; a failed one is not among them.
  uint64_t verbs_done() const noexcept { return sequence_; }
  /// When the verb in progress must be done.
  time_point deadline() const noexcept { return deadline_; }
  /// What ended the communicator: its failure, or the end of another rank.
  std::optional<failure> ended() const;
  /// Frames that were of another epoch, or came from no other rank.
  uint64_t frames_dropped() const noexcept { return dropped_; }

private:
  /// How far one half of a verb has come with one rank.
  struct flow {
    size_t bytes = 0;
    bool complete = false;
  };
  struct peer {
    std::deque<rank_piece> queue; // came, not yet taken
    uint64_t received = 0;        // pieces
    uint64_t taken = 0;
    uint64_t credit_given = 0;
    uint64_t sent = 0;
    uint64_t credit = 0; // of ours, taken by it
    std::array<flow, 2> sending;
    std::array<flow, 2> receiving;
    bool here = false;          // something of this verb came
    bool deaf = false;          // nothing can be sent to it
    std::optional<failure> end; // why it has gone
  };

  void receive_piece(uint32_t from, rank_piece piece);
  void receive_credit(uint32_t from, uint64_t pieces);
  void end_of(uint32_t rank, failure reason);
  void fail(failure reason);
  bool is_told(uint32_t rank) const;
  void put(uint32_t to, decltype(rank_frame::body) body);
  void take_pieces();
  bool take_piece(uint32_t from, const rank_piece& piece);
  std::string_view fault_of(const peer& from, const rank_piece& piece) const;
  void give_credit(uint32_t to);
  void put_pieces(uint32_t to);
  void put_piece(uint32_t to, uint8_t half);
  bool first_half_complete() const;
  bool complete_with(const peer& p) const;
  void finish_if_complete();
  std::vector<uint32_t> missing() const;

  const collective_group group_;
  const size_t piece_bytes_;
  std::vector<peer> peers_; // [ranks]; this rank's own is unused
  std::vector<outgoing> outgoing_;
  std::optional<exchange_plan> plan_; // of the verb in progress
  uint64_t sequence_ = 0;             // of the verb in progress, or the next
  time_point deadline_{};
  std::chrono::milliseconds limit_{};
  std::optional<failure> failure_;
  std::vector<uint32_t> gone_; // ranks that have, in this order
  uint64_t dropped_ = 0;
};

} // namespace weft
