#include "tests/support/fiber_ranks.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <vector>

using namespace weft;
using namespace weft::test;

namespace {

constexpr collective::patience patience{1};

std::vector<std::byte> bytes_of(const std::string& text) {
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

} // namespace

TEST_CASE("fibers as ranks: every verb gives what the port says, one after the other, in any group") {
  for (const uint32_t ranks : {1U, 2U, 3U, 7U}) {
    CAPTURE(ranks);
    fiber_ranks group(ranks, 4);
    for (int round = 0; round < 2; ++round) {
      std::vector<status> met;
      std::vector<std::vector<int64_t>> sums(ranks), parts(ranks);
      std::vector<std::array<int32_t, 2>> least(ranks);
      std::vector<std::vector<std::byte>> all(ranks), told(ranks);
      group.on_each([&](collective& end) {
        const auto rank = end.group().rank;
        CHECK(end.group().ranks == ranks);
        CHECK(end.group().epoch == 4);
        sums[rank] = {int64_t{rank}, 1, -5};
        met.push_back(end.all_reduce(sums[rank], reduce_op::sum, patience));
        least[rank] = {static_cast<int32_t>(rank) - 3, static_cast<int32_t>(rank)};
        met.push_back(end.all_reduce(least[rank], reduce_op::minimum, patience));
        const auto mine = bytes_of(std::to_string(rank));
        all[rank].resize(ranks);
        met.push_back(end.all_gather(mine, all[rank], patience));
        told[rank] = bytes_of(rank == ranks - 1 ? "last" : "....");
        met.push_back(end.broadcast(told[rank], ranks - 1, patience));
        std::vector<int64_t> values;
        for (uint32_t r = 0; r < ranks; ++r)
          values.push_back(int64_t{rank} * r);
        parts[rank].resize(1);
        met.push_back(end.reduce_scatter(values, parts[rank], reduce_op::maximum, patience));
        met.push_back(end.barrier(patience));
      });
      CHECK(met.size() == size_t{ranks} * 6);
      CHECK(std::all_of(met.begin(), met.end(), [](const status& each) { return bool{each}; }));
      std::string names;
      for (uint32_t r = 0; r < ranks; ++r)
        names += std::to_string(r);
      for (uint32_t r = 0; r < ranks; ++r) {
        CHECK(sums[r] == std::vector<int64_t>{int64_t{ranks} * (ranks - 1) / 2, ranks, -5 * int64_t{ranks}});
        CHECK(least[r] == std::array<int32_t, 2>{-3, 0});
        CHECK(all[r] == bytes_of(names));
        CHECK(told[r] == bytes_of("last"));
        CHECK(parts[r] == std::vector<int64_t>{int64_t{ranks - 1} * r});
      }
    }
  }
}

TEST_CASE("fibers as ranks: who does not come, calls another verb or aborts ends the group for all") {
  for (const auto& [does, why] :
       {std::pair{0, errc::deadline_exceeded}, {1, errc::internal}, {2, errc::engine_failed}}) {
    CAPTURE(does);
    fiber_ranks group(3);
    std::vector<status> met(3, ok);
    group.on_each([&, does = does](collective& end) {
      const auto rank = end.group().rank;
      std::array<int64_t, 1> value{1};
      if (rank != 1)
        met[rank] = end.all_reduce(value, reduce_op::sum, patience);
      else if (does == 1)
        met[rank] = end.barrier(patience);
      else if (does == 2)
        end.abort({errc::engine_failed, "the engine failed"});
    });
    for (const auto rank : {0U, 2U}) {
      REQUIRE(!met[rank]);
      CHECK(met[rank].error().code == why);
    }
    CHECK(bool{met[1]} == (does != 1));
    group.on_each([&, why = why](collective& end) {
      CHECK(end.async_error().has_value());
      const auto late = end.barrier(patience);
      CHECK(!late);
      CHECK(late.error().code == why);
    });
  }
}
