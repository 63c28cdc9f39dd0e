// What the port promises, on every implementation that needs no device.

#include "runtime/base/random_source.hpp"
#include "tests/runtime/compute/collective/collective_worlds.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <chrono>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace weft;
using namespace std::chrono_literals;

constexpr auto patient = 20s;
constexpr uint32_t rank_counts[] = {1, 2, 3, 8};
// Empty, fewer than ranks, uneven, and more than one piece of a linked communicator (32 768 values).
constexpr size_t value_counts[] = {0, 1, 2, 7, 64, 1000, 100'003};
constexpr reduce_op ops[] = {reduce_op::sum, reduce_op::minimum, reduce_op::maximum};

template <class T> std::vector<T> random_values(uint64_t seed, size_t count) {
  random_source chance(seed);
  std::vector<T> out(count);
  for (auto& v : out)
    v = static_cast<T>(chance.next()); // the whole range, so that sums wrap
  return out;
}

template <class T> T plain(reduce_op op, T a, T b) {
  switch (op) {
  case reduce_op::sum:
    return static_cast<T>(static_cast<std::make_unsigned_t<T>>(a) + static_cast<std::make_unsigned_t<T>>(b));
  case reduce_op::minimum:
    return std::min(a, b);
  case reduce_op::maximum:
    return std::max(a, b);
  }
  return {};
}

/// What all ranks should hold in the end.
template <class T> std::vector<T> plain_reduce(const std::vector<std::vector<T>>& of_ranks, reduce_op op) {
  auto out = of_ranks[0];
  for (size_t rank = 1; rank < of_ranks.size(); ++rank)
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = plain(op, out[i], of_ranks[rank][i]);
  return out;
}

template <class T> std::vector<std::vector<T>> random_ranks(uint32_t ranks, size_t count, uint64_t seed) {
  std::vector<std::vector<T>> out;
  for (uint32_t rank = 0; rank < ranks; ++rank)
    out.push_back(random_values<T>(seed * 1000 + rank, count));
  return out;
}

struct outcome {
  status said = ok;
  bool right = false;
};

/// True if all ranks said ok and hold what they should.
bool all_right(const std::vector<outcome>& outcomes, size_t ranks) {
  for (const auto& o : outcomes) {
    if (!o.said)
      MESSAGE(o.said.error().message);
    if (!o.said || !o.right)
      return false;
  }
  return outcomes.size() == ranks;
}

template <class T> void check_all_reduce(rank_ends& ends, size_t count, reduce_op op) {
  CAPTURE(count);
  CAPTURE(static_cast<int>(op));
  const auto ranks = static_cast<uint32_t>(ends.size());
  const auto values = random_ranks<T>(ranks, count, count + 1);
  const auto want = plain_reduce(values, op);
  CHECK(all_right(on_each_rank<outcome>(ends,
                                        [&](collective& c) {
                                          auto mine = values[c.group().rank];
                                          auto said = c.all_reduce(std::span<T>{mine}, op, patient);
                                          return outcome{said, mine == want};
                                        }),
                  ranks));
}

std::vector<std::byte> bytes_of_values(const std::vector<int32_t>& values) {
  const auto bytes = std::as_bytes(std::span{values});
  return {bytes.begin(), bytes.end()};
}

status reduce_some(collective& c, collective::patience limit = patient, size_t count = 1000) {
  std::vector<int64_t> values(count, 1);
  return c.all_reduce(std::span<int64_t>{values}, reduce_op::sum, limit);
}

bool says(const failure& f, std::string_view words) {
  return f.message.find(words) != std::string::npos;
}

} // namespace

TEST_CASE_TEMPLATE("all_reduce leaves on every rank what a plain loop finds", World, WEFT_WORLDS) {
  for (const auto ranks : rank_counts) {
    CAPTURE(ranks);
    auto ends = World::make(ranks);
    for (const auto count : value_counts)
      for (const auto op : ops) {
        check_all_reduce<int64_t>(ends, count, op);
        check_all_reduce<int32_t>(ends, count, op);
      }
  }
}

TEST_CASE_TEMPLATE("all_gather puts everyone's bytes in the order of the ranks", World, WEFT_WORLDS) {
  for (const auto ranks : rank_counts) {
    CAPTURE(ranks);
    auto ends = World::make(ranks);
    for (const size_t count : {0, 1, 3, 1000, 70'001}) {
      CAPTURE(count);
      const auto parts = random_ranks<int32_t>(ranks, count, count + 2);
      std::vector<int32_t> joined;
      for (const auto& p : parts)
        joined.insert(joined.end(), p.begin(), p.end());
      const auto want = bytes_of_values(joined);
      CHECK(all_right(on_each_rank<outcome>(ends,
                                            [&](collective& c) {
                                              const auto mine = bytes_of_values(parts[c.group().rank]);
                                              std::vector<std::byte> all(want.size());
                                              auto said = c.all_gather(mine, all, patient);
                                              return outcome{said, all == want};
                                            }),
                      ranks));
    }
  }
}

TEST_CASE_TEMPLATE("all_gather takes a part that lies in its place already", World, WEFT_WORLDS) {
  auto ends = World::make(3);
  const auto outcomes = on_each_rank<outcome>(ends, [](collective& c) {
    std::vector<std::byte> all(9);
    const auto mine = std::span{all}.subspan(c.group().rank * 3ULL, 3);
    std::fill(mine.begin(), mine.end(), static_cast<std::byte>(c.group().rank + 1));
    auto said = c.all_gather(mine, all, patient);
    bool right = true;
    for (size_t i = 0; i < 9; ++i)
      right = right && all[i] == static_cast<std::byte>(i / 3 + 1);
    return outcome{said, right};
  });
  CHECK(all_right(outcomes, 3));
}

TEST_CASE_TEMPLATE("broadcast gives everyone the root's bytes, whoever is root", World, WEFT_WORLDS) {
  for (const auto ranks : rank_counts) {
    auto ends = World::make(ranks);
    for (uint32_t root = 0; root < ranks; ++root)
      for (const size_t count : {0, 1, 5, 1000, 300'007}) {
        CAPTURE(ranks);
        CAPTURE(root);
        CAPTURE(count);
        const auto values = random_ranks<int8_t>(ranks, count, root + count);
        CHECK(all_right(on_each_rank<outcome>(ends,
                                              [&](collective& c) {
                                                auto mine = values[c.group().rank];
                                                auto said =
                                                    c.broadcast(std::as_writable_bytes(std::span{mine}), root, patient);
                                                return outcome{said, mine == values[root]};
                                              }),
                        ranks));
      }
  }
}

TEST_CASE_TEMPLATE("reduce_scatter leaves each rank its part of the whole", World, WEFT_WORLDS) {
  for (const auto ranks : rank_counts) {
    auto ends = World::make(ranks);
    for (const size_t each : {0, 1, 7, 40'001})
      for (const auto op : ops) {
        CAPTURE(ranks);
        CAPTURE(each);
        const auto values = random_ranks<int64_t>(ranks, each * ranks, each + 3);
        const auto want = plain_reduce(values, op);
        CHECK(all_right(on_each_rank<outcome>(
                            ends,
                            [&](collective& c) {
                              const auto rank = c.group().rank;
                              std::vector<int64_t> mine(each, 77);
                              auto said = c.reduce_scatter(values[rank], mine, op, patient);
                              return outcome{said, std::equal(mine.begin(), mine.end(), want.begin() + rank * each)};
                            }),
                        ranks));
      }
  }
}

TEST_CASE_TEMPLATE("nobody leaves a barrier before the last has come", World, WEFT_WORLDS) {
  auto ends = World::make(8);
  std::atomic<uint32_t> came = 0;
  const auto outcomes = on_each_rank<outcome>(ends, [&](collective& c) {
    for (uint32_t round = 1; round <= 50; ++round) {
      ++came;
      if (auto said = c.barrier(patient); !said)
        return outcome{said, false};
      if (came < 8 * round)
        return outcome{ok, false};
    }
    return outcome{ok, true};
  });
  CHECK(all_right(outcomes, 8));
}

TEST_CASE_TEMPLATE("a sum beyond the range wraps", World, WEFT_WORLDS) {
  auto ends = World::make(3);
  const auto outcomes = on_each_rank<outcome>(ends, [](collective& c) {
    std::vector<int64_t> wide{std::numeric_limits<int64_t>::max(), std::numeric_limits<int64_t>::min()};
    std::vector<int32_t> narrow{std::numeric_limits<int32_t>::max()};
    auto said = c.all_reduce(std::span<int64_t>{wide}, reduce_op::sum, patient);
    if (said)
      said = c.all_reduce(std::span<int32_t>{narrow}, reduce_op::sum, patient);
    // 3 · (2^63 - 1) = 2^63 + 2^64 - 3; 3 · -2^63 = -2^63 - 2^64
    return outcome{said, wide == std::vector<int64_t>{std::numeric_limits<int64_t>::max() - 2,
                                                      std::numeric_limits<int64_t>::min()} &&
                             narrow == std::vector<int32_t>{std::numeric_limits<int32_t>::max() - 2}};
  });
  CHECK(all_right(outcomes, 3));
}

TEST_CASE_TEMPLATE("the group is what was asked for", World, WEFT_WORLDS) {
  auto ends = World::make(3, 41);
  for (uint32_t rank = 0; rank < 3; ++rank) {
    CHECK(ends[rank]->group().epoch == 41);
    CHECK(ends[rank]->group().rank == rank);
    CHECK(ends[rank]->group().ranks == 3);
    CHECK_FALSE(ends[rank]->async_error());
  }
}

TEST_CASE_TEMPLATE("a rank that does not come ends the verb at its deadline, on all ranks, for good", World,
                   WEFT_WORLDS) {
  auto ends = World::make(3);
  const auto absent = std::move(ends[2]); // alive, but busy with something else
  std::barrier together(2);               // a thread that starts late would be named, too
  const auto started = std::chrono::steady_clock::now();
  const auto said = on_each_rank<status>(ends, [&together](collective& c) {
    together.arrive_and_wait();
    return reduce_some(c, 1s);
  });
  CHECK(std::chrono::steady_clock::now() - started >= 1s);
  REQUIRE(said.size() == 2);
  for (const auto& s : said) {
    REQUIRE_FALSE(s);
    CHECK(s.error().code == errc::deadline_exceeded);
    CHECK(says(s.error(), "rank 2 did not come to all_reduce of 8000 bytes (int64, sum) within 1000 ms"));
  }
  const auto again = ends[0]->barrier(patient);
  REQUIRE_FALSE(again);
  CHECK(again.error().message == said[0].error().message);
  // Who comes late hears it too.
  const auto late = absent->barrier(patient);
  REQUIRE_FALSE(late);
  CHECK(late.error().code == errc::deadline_exceeded);
}

TEST_CASE_TEMPLATE("ranks that call different verbs all fail as internal", World, WEFT_WORLDS) {
  auto ends = World::make(3);
  const auto said = on_each_rank<status>(
      ends, [](collective& c) { return c.group().rank == 1 ? c.barrier(patient) : reduce_some(c); });
  for (const auto& s : said) {
    REQUIRE_FALSE(s);
    CHECK(s.error().code == errc::internal);
    CHECK(says(s.error(), "rank 1 calls barrier"));
  }
}

TEST_CASE_TEMPLATE("ranks that call with different sizes, operations or roots all fail as internal", World,
                   WEFT_WORLDS) {
  const std::vector<std::function<status(collective&)>> wrong{
      [](collective& c) { return reduce_some(c, patient, c.group().rank == 1 ? 999 : 1000); },
      [](collective& c) { return reduce_some(c, patient, c.group().rank == 2 ? 0 : 1); },
      [](collective& c) {
        std::vector<int64_t> values(8);
        return c.all_reduce(std::span<int64_t>{values}, c.group().rank ? reduce_op::minimum : reduce_op::maximum,
                            patient);
      },
      [](collective& c) {
        std::vector<std::byte> bytes(100);
        return c.broadcast(bytes, c.group().rank == 0 ? 1 : 0, patient);
      }};
  for (const auto& call : wrong) {
    auto ends = World::make(3);
    const auto said = on_each_rank<status>(ends, call);
    for (const auto& s : said) {
      REQUIRE_FALSE(s);
      CHECK(s.error().code == errc::internal);
    }
  }
}

TEST_CASE_TEMPLATE("an abort from another thread ends the verb in progress everywhere", World, WEFT_WORLDS) {
  auto ends = World::make(3);
  const auto absent = std::move(ends[1]);
  std::atomic<uint32_t> inside = 0;
  std::thread watch([&] {
    while (inside < 2)
      std::this_thread::yield();
    ends[2]->abort({errc::cancelled, "the job was cancelled"});
    ends[2]->abort({errc::internal, "a second reason"});
  });
  const auto said = on_each_rank<status>(ends, [&](collective& c) {
    ++inside;
    return reduce_some(c);
  });
  watch.join();
  for (const auto& s : said) {
    REQUIRE_FALSE(s);
    CHECK(s.error().code == errc::unavailable);
    CHECK(says(s.error(), "rank 2 aborted: the job was cancelled"));
  }
  const auto late = reduce_some(*absent);
  REQUIRE_FALSE(late);
  CHECK(says(late.error(), "rank 2 aborted: the job was cancelled"));
  CHECK(says(absent->async_error().value(), "rank 2 aborted: the job was cancelled"));
}

TEST_CASE_TEMPLATE("a rank that dies while the others are in a verb is named by all survivors", World, WEFT_WORLDS) {
  auto ends = World::make(8);
  auto victim = std::move(ends[5]);
  std::atomic<uint32_t> inside = 0;
  std::thread death([&] {
    while (inside < 7)
      std::this_thread::yield();
    victim.reset();
  });
  const auto said = on_each_rank<status>(ends, [&](collective& c) {
    ++inside;
    return reduce_some(c, patient, 300'000);
  });
  death.join();
  CHECK(said.size() == 7);
  for (const auto& s : said) {
    REQUIRE_FALSE(s);
    CHECK(s.error().code == errc::unavailable);
    CHECK(says(s.error(), "rank 5 is gone"));
  }
}

TEST_CASE_TEMPLATE("a death is noticed without a verb in progress", World, WEFT_WORLDS) {
  auto ends = World::make(3);
  ends[0].reset();
  CHECK(says(ends[1]->async_error().value(), "rank 0 is gone"));
  CHECK(says(ends[2]->async_error().value(), "rank 0 is gone"));
  const auto said = reduce_some(*ends[1]);
  REQUIRE_FALSE(said);
  CHECK(says(said.error(), "rank 0 is gone"));
}

TEST_CASE_TEMPLATE("ranks that have done their last verb may close while others are still in it", World, WEFT_WORLDS) {
  for (int round = 0; round < 50; ++round) {
    auto ends = World::make(3);
    std::vector<std::thread> threads;
    std::vector<std::optional<status>> said(3);
    for (size_t rank = 0; rank < 3; ++rank)
      threads.emplace_back([end = std::move(ends[rank]), out = &said[rank]]() mutable {
        *out = reduce_some(*end);
        end.reset();
      });
    for (auto& t : threads)
      t.join();
    for (const auto& s : said)
      CHECK(static_cast<bool>(s.value()));
  }
}
