#include "runtime/compute/collective/rank_exchange.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/collective/combine.hpp"
#include "runtime/compute/collective/deadline.hpp"
#include "runtime/compute/collective/verb_failure.hpp"

#include <algorithm>
#include <cstring>
#include <exception>
#include <utility>

namespace weft {

rank_exchange::rank_exchange(collective_group group, size_t piece_bytes)
    : group_(group), piece_bytes_(piece_bytes), peers_(group.ranks) {
  WEFT_ASSERT(group.ranks <= collective_ranks_max);
  WEFT_ASSERT(group.rank < group.ranks);
  WEFT_ASSERT(piece_bytes > 0);
  WEFT_ASSERT(piece_bytes % 8 == 0);
  WEFT_ASSERT(piece_bytes <= rank_payload_bytes_max);
}

void rank_exchange::begin(const verb_call& call, time_point now, std::chrono::milliseconds limit) {
  WEFT_ASSERT(done());
  if (failure_)
    return;
  // Whoever has gone cannot take what it needs of this verb: every pair exchanges something.
  if (!gone_.empty())
    return fail(*peers_[gone_.front()].end);
  plan_ = plan_exchange(group_, call);
  deadline_ = deadline_after(now, limit);
  limit_ = limit;
  for (uint32_t r = 0; r < group_.ranks; ++r) {
    auto& p = peers_[r];
    p.here = false;
    for (size_t half = 0; half < 2; ++half) {
      p.sending[half] = {.complete = !plan_->halves[half].send[r]};
      p.receiving[half] = {.complete = !plan_->halves[half].receive[r]};
    }
  }
}

void rank_exchange::advance() {
  if (plan_)
    take_pieces();
  // From the next rank on, so that not everyone begins with rank 0.
  for (uint32_t i = 1; plan_ && i < group_.ranks; ++i)
    put_pieces((group_.rank + i) % group_.ranks);
  if (plan_)
    finish_if_complete();
}

void rank_exchange::finish_if_complete() {
  // Of those who left something out the first to go says why: others may have gone because of it.
  for (const uint32_t r : gone_)
    if (!complete_with(peers_[r]))
      return fail(*peers_[r].end);
  if (!std::all_of(peers_.begin(), peers_.end(), [&](const peer& p) { return complete_with(p); }))
    return;
  plan_.reset();
  ++sequence_;
}

bool rank_exchange::complete_with(const peer& p) const {
  const auto complete = [](const flow& f) { return f.complete; };
  return std::all_of(p.sending.begin(), p.sending.end(), complete) &&
         std::all_of(p.receiving.begin(), p.receiving.end(), complete);
}

bool rank_exchange::first_half_complete() const {
  return std::all_of(peers_.begin(), peers_.end(), [](const peer& p) { return p.receiving[0].complete; });
}

void rank_exchange::take_pieces() {
  for (uint32_t r = 0; r < group_.ranks; ++r) {
    auto& p = peers_[r];
    while (!p.queue.empty() && p.queue.front().sequence == sequence_) {
      const auto piece = std::move(p.queue.front());
      p.queue.pop_front();
      ++p.taken;
      if (!take_piece(r, piece))
        return;
      give_credit(r);
    }
  }
}

/// False when it failed the verb.
bool rank_exchange::take_piece(uint32_t from, const rank_piece& piece) {
  auto& p = peers_[from];
  if (piece.key != plan_->key) {
    fail(verbs_differ(group_.rank, plan_->key, from, piece.key));
    return false;
  }
  if (const auto fault = fault_of(p, piece); !fault.empty()) {
    fail(protocol_broken(from, fault));
    return false;
  }
  p.here = true;
  auto& come = p.receiving[piece.half];
  const auto place = *plan_->halves[piece.half].receive[from];
  const auto part = place.subspan(come.bytes, piece.payload.size());
  if (piece.half == 0 && plan_->combines())
    combine(part, piece.payload, plan_->key.type, plan_->key.op);
  else if (!part.empty())
    std::memcpy(part.data(), piece.payload.data(), part.size());
  come.bytes += part.size();
  come.complete = come.bytes == place.size();
  return true;
}

/// Why a piece cannot be what comes next; "": it can.
std::string_view rank_exchange::fault_of(const peer& from, const rank_piece& piece) const {
  if (piece.half > 1)
    return "sends a third half of a verb";
  const auto& come = from.receiving[piece.half];
  if (come.complete)
    return "sends more of a verb than belongs to it";
  // A result overwrites values, so it must not come before they have been sent.
  if (piece.half == 1 && !(from.sending[0].complete && from.receiving[0].complete))
    return "sends results before it can have them";
  const auto from_rank = static_cast<size_t>(&from - peers_.data());
  const size_t rest = plan_->halves[piece.half].receive[from_rank]->size() - come.bytes;
  if (piece.offset != come.bytes || piece.payload.size() > rest)
    return "sends a piece that has no place";
  if (piece.payload.size() % bytes_of(plan_->key.type) != 0 || (piece.payload.empty() && rest > 0))
    return "sends a piece without whole values";
  return "";
}

void rank_exchange::give_credit(uint32_t to) {
  auto& p = peers_[to];
  if (p.taken - p.credit_given < rank_window / 2 || !is_told(to))
    return;
  p.credit_given = p.taken;
  put(to, rank_credit{p.taken});
}

void rank_exchange::put_pieces(uint32_t to) {
  auto& p = peers_[to];
  for (uint8_t half = 0; half < 2; ++half) {
    if (half == 1 && !(p.sending[0].complete && first_half_complete()))
      return;
    while (!p.sending[half].complete && is_told(to) && p.sent - p.credit < rank_window)
      put_piece(to, half);
  }
}

void rank_exchange::put_piece(uint32_t to, uint8_t half) {
  auto& p = peers_[to];
  auto& gone = p.sending[half];
  const auto place = *plan_->halves[half].send[to];
  const auto part = place.subspan(gone.bytes, std::min(piece_bytes_, place.size() - gone.bytes));
  put(to, rank_piece{.number = p.sent,
                     .sequence = sequence_,
                     .key = plan_->key,
                     .half = half,
                     .offset = gone.bytes,
                     .payload = {part.begin(), part.end()}});
  ++p.sent;
  gone.bytes += part.size();
  gone.complete = gone.bytes == place.size();
}

void rank_exchange::receive(rank_frame frame) {
  const bool is_ours = frame.epoch == group_.epoch && frame.formation == group_.formation;
  if (frame.epoch != group_.epoch || (is_ours && (frame.from >= group_.ranks || frame.from == group_.rank))) {
    ++dropped_;
    return;
  }
  if (!is_ours)
    return fail(formations_differ(frame.from, group_.epoch));
  if (failure_ || peers_[frame.from].end)
    return;
  if (auto* piece = std::get_if<rank_piece>(&frame.body))
    receive_piece(frame.from, std::move(*piece));
  else if (const auto* credit = std::get_if<rank_credit>(&frame.body))
    receive_credit(frame.from, credit->pieces);
  else if (const auto* why = std::get_if<rank_abort>(&frame.body))
    fail({why->code, why->message}); // whose words may be about a third
  else
    end_of(frame.from, rank_gone(frame.from, "it closed its end"));
}

void rank_exchange::receive_piece(uint32_t from, rank_piece piece) {
  auto& p = peers_[from];
  if (piece.number != p.received)
    return fail(rank_gone(from, "a frame from it was lost"));
  if (p.queue.size() >= rank_window)
    return fail(protocol_broken(from, "sends more than it has credit for"));
  // Nobody finishes a verb without us, so nobody is further than the verb after ours.
  const uint64_t ahead_max = plan_ ? 1 : 0;
  if (piece.sequence < sequence_ || piece.sequence - sequence_ > ahead_max)
    return fail(protocol_broken(from, "is at a verb where it cannot be"));
  ++p.received;
  p.queue.push_back(std::move(piece));
}

void rank_exchange::receive_credit(uint32_t from, uint64_t pieces) {
  auto& p = peers_[from];
  if (pieces < p.credit || pieces > p.sent)
    return fail(protocol_broken(from, "gives credit for what it was not sent"));
  p.credit = pieces;
}

void rank_exchange::link_down(uint32_t rank, std::string why) {
  if (rank < group_.ranks && rank != group_.rank && !failure_ && !peers_[rank].end)
    end_of(rank, rank_gone(rank, why));
}

void rank_exchange::stop_sending(uint32_t rank) {
  WEFT_ASSERT(rank < group_.ranks);
  peers_[rank].deaf = true;
}

void rank_exchange::end_of(uint32_t rank, failure reason) {
  peers_[rank].end = std::move(reason);
  gone_.push_back(rank);
}

/// Whether frames go to this rank.
bool rank_exchange::is_told(uint32_t rank) const {
  return rank != group_.rank && !peers_[rank].deaf && !peers_[rank].end;
}

void rank_exchange::expire(time_point now) {
  if (plan_ && now >= deadline_)
    fail(ranks_missing(missing(), plan_->key, limit_));
}

/// Those from whom nothing of this verb came; if there is none, those with whom it is not complete.
std::vector<uint32_t> rank_exchange::missing() const {
  std::vector<uint32_t> absent, slow;
  for (uint32_t r = 0; r < group_.ranks; ++r) {
    if (r == group_.rank)
      continue;
    if (!peers_[r].here)
      absent.push_back(r);
    else if (!complete_with(peers_[r]))
      slow.push_back(r);
  }
  return absent.empty() ? slow : absent;
}

void rank_exchange::abort(const failure& reason) {
  fail(rank_aborted(group_.rank, reason));
}

void rank_exchange::give_up() noexcept {
  plan_.reset();
  outgoing_.clear();
  for (auto& p : peers_)
    p.queue.clear();
  if (failure_)
    return;
  try {
    abort({errc::overloaded, "it has no memory for what it sends and is sent; make room there, then form the next "
                             "epoch"});
  } catch (const std::exception&) { // not even for these words
    if (!failure_)
      failure_.emplace().message = "out of memory"; // so short that it needs none
    failure_->code = errc::unavailable;
    outgoing_.clear();
  }
}

void rank_exchange::fail(failure reason) {
  if (failure_)
    return;
  failure_ = std::move(reason);
  plan_.reset();
  outgoing_.clear();
  const auto code = failure_->code;
  WEFT_ASSERT(code == errc::unavailable || code == errc::deadline_exceeded || code == errc::internal);
  for (uint32_t r = 0; r < group_.ranks; ++r) {
    peers_[r].queue.clear();
    if (is_told(r))
      put(r, rank_abort{code, failure_->message.substr(0, rank_message_bytes_max)});
  }
}

void rank_exchange::close() {
  WEFT_ASSERT(done());
  for (uint32_t r = 0; r < group_.ranks && !failure_; ++r)
    if (is_told(r))
      put(r, rank_leave{});
}

void rank_exchange::put(uint32_t to, decltype(rank_frame::body) body) {
  outgoing_.push_back({to, {group_.epoch, group_.rank, std::move(body), group_.formation}});
}

std::vector<rank_exchange::outgoing> rank_exchange::take_outgoing() {
  return std::exchange(outgoing_, {});
}

std::optional<failure> rank_exchange::ended() const {
  if (failure_ || gone_.empty())
    return failure_;
  return peers_[gone_.front()].end;
}

} // namespace weft
