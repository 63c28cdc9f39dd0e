// The carrier that tests of others stand on: ranks of several nodes in one process.

#include "tests/support/memory_rank_carrier.hpp"
#include "tests/support/rank_threads.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace std::chrono_literals;

namespace {

constexpr auto patient = 60s;
const std::vector<std::string> addresses{"a:1", "b:1", "c:1"};

rank_seat seat(uint64_t epoch, uint32_t rank, std::vector<std::string> nodes = addresses) {
  const auto ranks = static_cast<uint32_t>(nodes.size());
  return {.job = {1, 2}, .group = {epoch, rank, ranks, epoch * 100 + ranks}, .addresses = std::move(nodes)};
}

rank_ends join_all(memory_rank_hub& hub, uint64_t epoch, const std::vector<std::string>& nodes = addresses) {
  rank_ends out;
  for (uint32_t rank = 0; rank < nodes.size(); ++rank) {
    auto end = hub.carrier(nodes[rank])->join(seat(epoch, rank, nodes));
    REQUIRE(end);
    out.push_back(*std::move(end));
  }
  return out;
}

status add_ranks(collective& c) {
  std::vector<int64_t> values(1'000, c.group().rank + 1);
  auto said = c.all_reduce(std::span{values}, reduce_op::sum, patient);
  const int64_t want = c.group().ranks * (c.group().ranks + 1) / 2;
  if (said && values != std::vector<int64_t>(1'000, want))
    return failure{errc::internal, "another sum"};
  return said;
}

} // namespace

TEST_CASE("ranks that join at the nodes of one hub work together, two epochs and two jobs beside each other") {
  const auto hub = memory_rank_hub::make();
  auto first = join_all(*hub, 1);
  auto second = join_all(*hub, 2);
  for (auto* ends : {&first, &second})
    for (const auto& said : on_each_rank<status>(*ends, add_ranks))
      CHECK_MESSAGE(said, (said ? "" : said.error().message));
  CHECK(hub->joined() == 6);
}

TEST_CASE("a node that is killed ends its communicators; the others go on in the next epoch without it") {
  const auto hub = memory_rank_hub::make(3);
  auto ends = join_all(*hub, 1);
  const auto said = on_each_rank<status>(ends, [&](collective& c) {
    if (c.group().rank == 1)
      hub->kill("b:1");
    return add_ranks(c);
  });
  for (const auto& s : said) {
    REQUIRE_FALSE(s);
    CHECK(s.error().code == errc::unavailable);
  }
  auto again = hub->carrier("b:1")->join(seat(2, 1));
  CHECK((!again && again.error().code == errc::unavailable));
  auto survivors = join_all(*hub, 2, {"a:1", "c:1"});
  for (const auto& s : on_each_rank<status>(survivors, add_ranks))
    CHECK_MESSAGE(s, (s ? "" : s.error().message));
  hub->revive("b:1");
  auto whole = join_all(*hub, 3);
  for (const auto& s : on_each_rank<status>(whole, add_ranks))
    CHECK_MESSAGE(s, (s ? "" : s.error().message));
}

TEST_CASE("a seat is taken once, and only at its own node") {
  const auto hub = memory_rank_hub::make();
  auto end = hub->carrier("a:1")->join(seat(1, 0));
  REQUIRE(end);
  end->reset();
  for (const uint32_t rank : {0u, 1u, 3u}) {
    CAPTURE(rank);
    const auto wrong = hub->carrier("a:1")->join(seat(1, rank));
    REQUIRE_FALSE(wrong);
    CHECK(wrong.error().code == errc::invalid_argument);
  }
}
