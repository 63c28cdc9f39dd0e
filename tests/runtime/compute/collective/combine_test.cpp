#include "runtime/compute/collective/combine.hpp"
#include "runtime/compute/collective/slice.hpp"

#include <doctest/doctest.h>

#include <cstring>
#include <vector>

namespace {

using namespace weft;

} // namespace

TEST_CASE("slices follow each other, cover all values and differ by one value at most") {
  for (const size_t width : {1, 4, 8})
    for (const size_t values : {0, 1, 2, 3, 7, 8, 9, 64, 1001})
      for (const uint32_t ranks : {1, 2, 3, 8, 64}) {
        CAPTURE(width);
        CAPTURE(values);
        CAPTURE(ranks);
        std::vector<std::byte> bytes(values * width);
        size_t next = 0;
        for (uint32_t rank = 0; rank < ranks; ++rank) {
          const auto s = slice_of(std::span<const std::byte>{bytes}, width, rank, ranks);
          CHECK(static_cast<size_t>(s.data() - bytes.data()) == next);
          CHECK(s.size() % width == 0);
          CHECK(s.size() / width >= values / ranks);
          CHECK(s.size() / width <= values / ranks + 1);
          next += s.size();
        }
        CHECK(next == bytes.size());
      }
}

TEST_CASE("values are combined wherever they lie in memory") {
  for (const size_t shift : {0, 1, 3}) {
    std::vector<std::byte> raw(64);
    const std::vector<int32_t> a{1, -5, 2'000'000'000}, b{2, 5, 2'000'000'000};
    std::memcpy(raw.data() + shift, b.data(), 12);
    auto into = a;
    combine(std::as_writable_bytes(std::span{into}), std::span{raw}.subspan(shift, 12), value_type::int32,
            reduce_op::sum);
    CHECK(into == std::vector<int32_t>{3, 0, -294'967'296});
    into = a;
    combine(std::as_writable_bytes(std::span{into}), std::span{raw}.subspan(shift, 12), value_type::int32,
            reduce_op::minimum);
    CHECK(into == std::vector<int32_t>{1, -5, 2'000'000'000});
    into = a;
    combine(std::as_writable_bytes(std::span{into}), std::span{raw}.subspan(shift, 12), value_type::int32,
            reduce_op::maximum);
    CHECK(into == std::vector<int32_t>{2, 5, 2'000'000'000});
  }
}
