#include "runtime/corpus/corpus_group.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"

#include <atomic>

using namespace weft;
using namespace weft::test;

namespace {

template <class Result> std::vector<Result> on_group(uint32_t ranks, std::function<Result(corpus_group&)> work) {
  auto ends = make_thread_group(ranks);
  return on_each_rank<Result>(ends, [&](collective& end) {
    corpus_group group(end, patient);
    return work(group);
  });
}

/// A rank's own bytes.
std::string bytes_of(uint32_t rank, size_t size) {
  std::string bytes(size, '\0');
  for (size_t i = 0; i < size; ++i)
    bytes[i] = static_cast<char>(mix_bits(rank * 1'000'003 + i) & 0xFF);
  return bytes;
}

} // namespace

TEST_CASE("bytes of all ranks are gathered, of any sizes") {
  for (const std::vector<size_t>& sizes : std::vector<std::vector<size_t>>{{5},
                                                                           {0},
                                                                           {0, 0, 0},
                                                                           {3, 0, 9},
                                                                           {0, 1},
                                                                           {1'000, 2'000, 3'000},
                                                                           {700'000, 0, 0, 3},
                                                                           {0, 0, 0, 3'000'000, 1}}) {
    const auto gathered =
        on_group<result<std::vector<std::string>>>(static_cast<uint32_t>(sizes.size()), [&](corpus_group& group) {
          return group.gather(bytes_of(group.rank(), sizes[group.rank()]), 1 << 24);
        });
    for (const auto& blocks : gathered) {
      REQUIRE(blocks);
      REQUIRE(blocks->size() == sizes.size());
      for (uint32_t r = 0; r < sizes.size(); ++r)
        CHECK((*blocks)[r] == bytes_of(r, sizes[r]));
    }
  }
}

TEST_CASE("what is too much to be gathered is refused on every rank, and the group goes on") {
  const auto outcomes = on_group<std::pair<status, status>>(3, [](corpus_group& group) {
    const auto refused = group.gather(bytes_of(group.rank(), 10), 29);
    const auto taken = group.gather(bytes_of(group.rank(), 10), 30);
    return std::pair<status, status>{refused ? ok : status{refused.error()}, taken ? ok : status{taken.error()}};
  });
  for (const auto& [refused, taken] : outcomes) {
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::invalid_argument);
    CHECK(taken);
  }
}

TEST_CASE("one rank's bytes are shared with all") {
  for (const size_t size : {size_t{0}, size_t{1}, size_t{100'000}}) {
    const auto shared = on_group<result<std::string>>(
        3, [&](corpus_group& group) { return group.share(bytes_of(group.rank(), group.rank() == 1 ? size : 7), 1); });
    for (const auto& bytes : shared) {
      REQUIRE(bytes);
      CHECK(*bytes == bytes_of(1, size));
    }
  }
}

TEST_CASE("ranks that were given different things all learn of it") {
  for (const auto& [first, second, equal] :
       std::vector<std::tuple<uint64_t, uint64_t, bool>>{{5, 5, true},
                                                         {5, 6, false},
                                                         {0, ~uint64_t{0}, false},
                                                         {~uint64_t{0}, ~uint64_t{0}, true},
                                                         {uint64_t{1} << 63, 0, false}}) {
    const auto outcomes = on_group<status>(3, [first = first, second = second](corpus_group& group) {
      return group.same(group.rank() == 2 ? second : first, "seeds");
    });
    for (const auto& outcome : outcomes) {
      CHECK(bool(outcome) == equal);
      if (!outcome) {
        CHECK(outcome.error().code == errc::internal);
        CHECK(outcome.error().message.find("seeds") != std::string::npos);
      }
    }
  }
}

TEST_CASE("one rank that is asked to stop stops all, and the group can still be used") {
  auto ends = make_thread_group(3);
  std::atomic<bool> stop{false};
  const auto outcomes = on_each_rank<std::vector<status>>(ends, [&](collective& end) {
    corpus_group group(end, patient, [&, rank = end.group().rank] { return rank == 1 && stop.load(); });
    std::vector<status> said{group.go_on()};
    if (group.rank() == 1)
      stop = true;
    said.push_back(group.go_on());
    if (group.rank() == 1)
      stop = false;
    said.push_back(group.go_on());
    return said;
  });
  for (const auto& said : outcomes) {
    CHECK(said[0]);
    REQUIRE(!said[1]);
    CHECK(said[1].error().code == errc::cancelled);
    CHECK(said[2]);
  }
}

TEST_CASE("a rank that leaves ends the group for all") {
  const auto outcomes = on_group<errc>(3, [](corpus_group& group) {
    if (group.rank() == 2)
      return group.leave({errc::engine_failed, "no device"}).code;
    const auto outcome = group.go_on();
    return outcome ? errc::none : outcome.error().code;
  });
  CHECK(outcomes == std::vector<errc>{errc::unavailable, errc::unavailable, errc::engine_failed});
}
