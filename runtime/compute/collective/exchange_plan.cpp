#include "runtime/compute/collective/exchange_plan.hpp"

#include "runtime/compute/collective/combine.hpp"
#include "runtime/compute/collective/slice.hpp"

#include <cstring>

namespace weft {
namespace {

using in_bytes = std::span<const std::byte>;
using out_bytes = std::span<std::byte>;

void copy_bytes(out_bytes to, in_bytes from) {
  if (!from.empty() && to.data() != from.data())
    std::memcpy(to.data(), from.data(), from.size());
}

/// Everyone owns a slice: gets it from all, combines it, and gives it to all.
void plan_all_reduce(exchange_plan& plan, const collective_group& group, out_bytes values) {
  const auto slice = [&](uint32_t r) { return slice_of(values, bytes_of(plan.key.type), r, group.ranks); };
  for (uint32_t r = 0; r < group.ranks; ++r) {
    if (r == group.rank)
      continue;
    plan.halves[0].send[r] = slice(r);
    plan.halves[0].receive[r] = slice(group.rank);
    plan.halves[1].send[r] = slice(group.rank);
    plan.halves[1].receive[r] = slice(r);
  }
}

void plan_reduce_scatter(exchange_plan& plan, const collective_group& group, in_bytes values, out_bytes mine) {
  const auto part = [&](uint32_t r) { return values.subspan(r * mine.size(), mine.size()); };
  copy_bytes(mine, part(group.rank));
  for (uint32_t r = 0; r < group.ranks; ++r) {
    if (r == group.rank)
      continue;
    plan.halves[0].send[r] = part(r);
    plan.halves[0].receive[r] = mine;
  }
}

void plan_all_gather(exchange_plan& plan, const collective_group& group, in_bytes mine, out_bytes all) {
  const auto part = [&](uint32_t r) { return all.subspan(r * mine.size(), mine.size()); };
  copy_bytes(part(group.rank), mine);
  for (uint32_t r = 0; r < group.ranks; ++r) {
    if (r == group.rank)
      continue;
    plan.halves[1].send[r] = mine;
    plan.halves[1].receive[r] = part(r);
  }
}

/// The root gives everyone another slice, and they give theirs to each other: the root sends twice the bytes, however
/// many ranks there are. In the first half the others send nothing, but say that they are here.
void plan_broadcast(exchange_plan& plan, const collective_group& group, out_bytes bytes) {
  const auto slice = [&](uint32_t r) { return slice_of(bytes, 1, r, group.ranks); };
  const uint32_t root = plan.key.root;
  for (uint32_t r = 0; r < group.ranks; ++r) {
    if (r == group.rank)
      continue;
    plan.halves[0].send[r] = group.rank == root ? in_bytes{slice(r)} : in_bytes{};
    plan.halves[0].receive[r] = r == root ? slice(group.rank) : out_bytes{};
    if (r != root)
      plan.halves[1].send[r] = slice(group.rank);
    if (group.rank != root)
      plan.halves[1].receive[r] = slice(r);
  }
}

void plan_barrier(exchange_plan& plan, const collective_group& group) {
  for (uint32_t r = 0; r < group.ranks; ++r)
    if (r != group.rank) {
      plan.halves[1].send[r] = in_bytes{};
      plan.halves[1].receive[r] = out_bytes{};
    }
}

} // namespace

exchange_plan plan_exchange(const collective_group& group, const verb_call& call) {
  exchange_plan plan;
  plan.key = call.key;
  for (auto& half : plan.halves) {
    half.send.resize(group.ranks);
    half.receive.resize(group.ranks);
  }
  switch (call.key.verb) {
  case collective_verb::all_reduce:
    plan_all_reduce(plan, group, call.out);
    break;
  case collective_verb::reduce_scatter:
    plan_reduce_scatter(plan, group, call.in, call.out);
    break;
  case collective_verb::all_gather:
    plan_all_gather(plan, group, call.in, call.out);
    break;
  case collective_verb::broadcast:
    plan_broadcast(plan, group, call.out);
    break;
  case collective_verb::barrier:
    plan_barrier(plan, group);
    break;
  }
  return plan;
}

} // namespace weft
