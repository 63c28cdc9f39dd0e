#include "runtime/base/random_source.hpp"
#include "runtime/corpus_job/attachment.hpp"

#include <doctest/doctest.h>

#include <set>

using namespace weft;

namespace {

std::string some_bytes(uint64_t seed, size_t count) {
  random_source draw(seed);
  std::string out(count, '\0');
  for (auto& byte : out)
    byte = static_cast<char>(draw.next() >> 56);
  return out;
}

} // namespace

TEST_CASE("what is cut is joined again, whatever its size") {
  for (const size_t size : {size_t{0}, size_t{1}, attached_part_bytes - 1, attached_part_bytes, attached_part_bytes + 1,
                            3 * attached_part_bytes}) {
    CAPTURE(size);
    const auto bytes = some_bytes(size, size);
    const auto parts = cut_attachment(attached_kind::outcome, 77, bytes);
    REQUIRE(parts);
    CHECK(parts->size() == std::max<size_t>(1, (size + attached_part_bytes - 1) / attached_part_bytes));
    const auto whole = join_attachment(attached_kind::outcome, *parts);
    REQUIRE(whole);
    CHECK(whole->generation == 77);
    CHECK(whole->bytes == bytes);
  }
}

TEST_CASE("parts that are missing, doubled, changed, of another kind or of other bytes are no whole") {
  const auto bytes = some_bytes(3, 2 * attached_part_bytes + 5);
  const auto parts = cut_attachment(attached_kind::checkpoint_a, 9, bytes);
  const auto later = cut_attachment(attached_kind::checkpoint_a, 10, some_bytes(4, bytes.size()));
  REQUIRE(parts);
  REQUIRE(later);
  const auto check_damaged = [](const std::vector<std::string>& bodies, attached_kind kind) {
    const auto whole = join_attachment(kind, bodies);
    REQUIRE(!whole);
    CHECK(whole.error().code == errc::state_damaged);
    CHECK(!whole.error().message.empty());
  };
  const auto& p = *parts;
  check_damaged({}, attached_kind::checkpoint_a);
  check_damaged({p[0], p[1]}, attached_kind::checkpoint_a);
  check_damaged({p[0], p[0], p[2]}, attached_kind::checkpoint_a);
  check_damaged({p[0], (*later)[1], p[2]}, attached_kind::checkpoint_a);
  check_damaged(p, attached_kind::checkpoint_b);
  for (size_t at = 0; at < p[2].size(); ++at) {
    if (at == 2)
      at += sizeof(uint64_t); // its generation, which is not looked at here
    auto changed = p;
    changed[2][at] = static_cast<char>(changed[2][at] ^ 0x10);
    check_damaged(changed, attached_kind::checkpoint_a);
  }
  auto cut = p;
  cut[2].pop_back();
  check_damaged(cut, attached_kind::checkpoint_a);
}

TEST_CASE("parts of two generations with the same bytes are one whole: two nodes came to the same outcome") {
  const auto bytes = some_bytes(3, 2 * attached_part_bytes + 5);
  const auto first = cut_attachment(attached_kind::outcome, 9, bytes);
  const auto second = cut_attachment(attached_kind::outcome, 12, bytes);
  REQUIRE(first);
  REQUIRE(second);
  const std::vector<std::string> mixed{(*first)[0], (*second)[1], (*first)[2]};
  const auto whole = join_attachment(attached_kind::outcome, mixed);
  REQUIRE(whole);
  CHECK(whole->bytes == bytes);
  CHECK(whole->generation == 12);
}

TEST_CASE("more than a job keeps is refused") {
  const auto parts =
      cut_attachment(attached_kind::outcome, 1, std::string(attached_parts_max * attached_part_bytes + 1, 'x'));
  REQUIRE(!parts);
  CHECK(parts.error().code == errc::too_many_items);
}

TEST_CASE("every part has a segment of its own, beyond those of items") {
  std::set<uint32_t> seen;
  for (const auto kind : {attached_kind::outcome, attached_kind::checkpoint_a, attached_kind::checkpoint_b})
    for (uint32_t part = 0; part < attached_parts_max; ++part) {
      const auto index = attached_index(kind, part);
      CHECK(is_attached(index));
      CHECK(seen.insert(index).second);
      CHECK(attached_at(index) == attached_place{kind, part});
    }
  CHECK(!is_attached(65'535));
  CHECK(!attached_at(attached_first - 1));
  CHECK(!attached_at(attached_first + attached_kinds * attached_parts_max));
  CHECK(generation_of(5, 3) > generation_of(4, 1'000'000));
}
