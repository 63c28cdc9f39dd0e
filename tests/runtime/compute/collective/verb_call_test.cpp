#include "runtime/compute/collective/verb_call.hpp"

#include <doctest/doctest.h>

#include <array>

using namespace weft;

TEST_CASE("two ranges overlap where they have a byte in common, and not where they only touch") {
  std::array<std::byte, 16> memory{};
  struct row {
    size_t a, a_size, b, b_size;
    bool want;
  };
  for (const auto& [a, a_size, b, b_size, want] :
       {row{0, 8, 8, 8, false}, row{0, 9, 8, 8, true}, row{4, 4, 0, 16, true}, row{0, 0, 0, 16, false},
        row{3, 5, 3, 5, true}, row{3, 0, 3, 0, false}}) {
    CAPTURE(a);
    CAPTURE(b);
    const std::span<const std::byte> all(memory);
    CHECK(overlap(all.subspan(a, a_size), all.subspan(b, b_size)) == want);
    CHECK(overlap(all.subspan(b, b_size), all.subspan(a, a_size)) == want);
  }
}

TEST_CASE("what ranks must call alike is in a verb's key") {
  std::array<int64_t, 6> values{};
  std::array<int64_t, 2> mine{};
  std::array<std::byte, 12> all{};
  const auto reduced = reduce_scatter_call(values, mine, reduce_op::maximum, 3);
  CHECK(reduced.key == verb_key{collective_verb::reduce_scatter, value_type::int64, reduce_op::maximum, 0, 48});
  CHECK(reduced.in.size() == 48);
  CHECK(reduced.out.size() == 16);
  // A rank's part may lie in its place already.
  const auto gathered = all_gather_call(std::span(all).subspan(4, 4), all, 3);
  CHECK(gathered.key == verb_key{collective_verb::all_gather, value_type::bytes, reduce_op::sum, 0, 4});
  CHECK(gathered.in.data() == gathered.out.data() + 4);
  CHECK(broadcast_call(all, 2, 3).key ==
        verb_key{collective_verb::broadcast, value_type::bytes, reduce_op::sum, 2, 12});
  CHECK(barrier_call().key == verb_key{});
}
