#include "runtime/base/random_source.hpp"
#include "runtime/corpus_job/search_codec.hpp"

#include <doctest/doctest.h>

#include <limits>

using namespace weft;

namespace {

corpus_share_search random_search(random_source& draw) {
  corpus_share_search out;
  out.job = {draw.next(), draw.next()};
  out.scale_exponent = static_cast<int32_t>(draw.below(20)) - 10;
  out.roster = draw.next();
  uint32_t segment = 0, number = 0;
  for (uint32_t i = draw.below(20); i > 0; --i) {
    segment += 1 + draw.below(3);
    out.share.push_back({segment, number, 1 + draw.below(256), draw.next()});
    number += out.share.back().items + draw.below(5);
  }
  out.items = number + draw.below(10);
  out.job_items = out.items + draw.below(10);
  for (uint32_t i = draw.below(30); i > 0; --i)
    out.queries.push_back(static_cast<float>(draw.unit() - 0.5));
  out.options = {1 + draw.below(50)};
  return out;
}

share_hits random_hits(random_source& draw) {
  share_hits out(draw.below(5));
  for (auto& of_query : out)
    for (uint32_t i = draw.below(9); i > 0; --i)
      of_query.push_back({draw.below(1'000), draw.unit() - 0.5});
  return out;
}

/// Any byte changed, any end cut off: refused, or a message with exactly these bytes.
template <class Decode> void check_damage(const std::string& bytes, Decode decode) {
  const auto check_one = [&](const std::string& changed) {
    const auto read = decode(changed);
    if (read)
      CHECK(encode(*read) == changed);
    else
      CHECK(read.error().code == errc::invalid_argument);
  };
  for (size_t at = 0; at < bytes.size(); ++at) {
    for (const uint8_t flip : {0x01, 0x80}) {
      auto changed = bytes;
      changed[at] = static_cast<char>(changed[at] ^ flip);
      check_one(changed);
    }
    CHECK(!decode(bytes.substr(0, at)));
  }
  CHECK(!decode(bytes + 'x'));
}

} // namespace

TEST_CASE("searches of a share and their hits are read as they were written") {
  random_source draw(1);
  for (int i = 0; i < 200; ++i) {
    const auto search = random_search(draw);
    const auto read = decode_share_search(encode(search));
    REQUIRE(read);
    CHECK(read->job == search.job);
    CHECK(read->scale_exponent == search.scale_exponent);
    CHECK(read->roster == search.roster);
    CHECK(read->items == search.items);
    CHECK(read->job_items == search.job_items);
    CHECK(read->share == search.share);
    CHECK(read->queries == search.queries);
    CHECK(read->options.count == search.options.count);
    const auto hits = random_hits(draw);
    const auto read_hits = decode_share_hits(encode(hits));
    REQUIRE(read_hits);
    CHECK(*read_hits == hits);
  }
}

TEST_CASE("changed and cut searches are refused, or are others with exactly these bytes") {
  random_source draw(2);
  for (int i = 0; i < 20; ++i) {
    check_damage(encode(random_search(draw)), decode_share_search);
    check_damage(encode(random_hits(draw)), decode_share_hits);
  }
  auto search = random_search(draw);
  search.queries = {std::numeric_limits<float>::infinity()};
  CHECK(!decode_share_search(encode(search)));
}

TEST_CASE("a search of another kind or of another version is refused, and says why") {
  random_source draw(3);
  auto bytes = encode(random_search(draw));
  CHECK(!decode_share_hits(bytes));
  for (const char version : {1, 9}) { // the one before this one's, and a later one
    bytes[0] = version;
    const auto read = decode_share_search(bytes);
    REQUIRE(!read);
    CHECK(read.error().message.find("has version " + std::to_string(version)) != std::string::npos);
  }
}
