#include "runtime/compute/collective/verb_failure.hpp"

#include <array>

namespace weft {
namespace {

constexpr size_t ranks_named_max = 8;

std::string_view name_of(collective_verb verb) {
  static constexpr std::array<std::string_view, 5> names{"all_reduce", "all_gather", "broadcast", "reduce_scatter",
                                                         "barrier"};
  return names[static_cast<size_t>(verb)];
}

std::string_view name_of(reduce_op op) {
  static constexpr std::array<std::string_view, 3> names{"sum", "minimum", "maximum"};
  return names[static_cast<size_t>(op)];
}

} // namespace

std::string describe(const verb_key& key) {
  std::string out{name_of(key.verb)};
  if (key.verb != collective_verb::barrier)
    out += " of " + std::to_string(key.bytes) + " bytes";
  if (key.type != value_type::bytes) {
    out += key.type == value_type::int64 ? " (int64, " : " (int32, ";
    out += name_of(key.op);
    out += ')';
  }
  if (key.verb == collective_verb::broadcast)
    out += " from rank " + std::to_string(key.root);
  return out;
}

failure rank_gone(uint32_t rank, std::string_view why) {
  return {errc::unavailable,
          "rank " + std::to_string(rank) + " is gone: " + std::string(why) + "; form the next epoch without it",
          {{"rank", std::to_string(rank)}}};
}

failure rank_aborted(uint32_t rank, const failure& reason) {
  return {errc::unavailable,
          "rank " + std::to_string(rank) + " aborted: " + reason.message,
          {{"rank", std::to_string(rank)}, {"reason", std::string(to_string(reason.code))}}};
}

failure verbs_differ(uint32_t rank, const verb_key& key, uint32_t other_rank, const verb_key& other) {
  return {errc::internal, "rank " + std::to_string(rank) + " calls " + describe(key) + ", rank " +
                              std::to_string(other_rank) + " calls " + describe(other) +
                              ": all ranks must call the same verbs with the same sizes"};
}

failure formations_differ(uint32_t rank, uint64_t epoch) {
  return {errc::unavailable,
          "rank " + std::to_string(rank) + " of epoch " + std::to_string(epoch) +
              " belongs to another formation, with other ranks: form again, above this epoch",
          {{"epoch", std::to_string(epoch)}}};
}

failure ranks_missing(std::span<const uint32_t> ranks, const verb_key& key, std::chrono::milliseconds limit) {
  std::string who = ranks.size() == 1 ? "rank" : "ranks";
  for (size_t i = 0; i < ranks.size() && i < ranks_named_max; ++i)
    who += (i ? ", " : " ") + std::to_string(ranks[i]);
  if (ranks.size() > ranks_named_max)
    who += " and " + std::to_string(ranks.size() - ranks_named_max) + " more";
  return {errc::deadline_exceeded, who + " did not come to " + describe(key) + " within " +
                                       std::to_string(limit.count()) + " ms; form the next epoch without them"};
}

failure protocol_broken(uint32_t rank, std::string_view what) {
  return {errc::internal,
          "rank " + std::to_string(rank) + " " + std::string(what) +
              ": a fault of this program or of what lies between the ranks; form the next epoch",
          {{"rank", std::to_string(rank)}}};
}

} // namespace weft
