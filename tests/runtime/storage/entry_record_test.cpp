#include "runtime/storage/entry_record.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace weft;

TEST_CASE("keys are ordered as their bytes are") {
  const cache_key keys[] = {{0, 0}, {0, 1}, {0, 256}, {1, 0}, {255, UINT64_MAX}, {256, 0}, {UINT64_MAX, 0}};
  for (const auto& a : keys)
    for (const auto& b : keys)
      CHECK((a < b) == (std::string_view{bytes_of(a).data(), 16} < std::string_view{bytes_of(b).data(), 16}));
  for (const auto& key : keys) {
    const auto bytes = bytes_of(key);
    CHECK(key_from({bytes.data(), 16}) == key);
  }
}

TEST_CASE("a record comes back, and any flipped bit or missing byte is noticed") {
  const cache_key key{3, 4};
  const entry_record record{"kind", "body of the entry", 7, 1'234, 99};
  const auto bytes = encode(key, record);
  const auto back = decode(key, bytes);
  REQUIRE(back);
  CHECK(back->kind == record.kind);
  CHECK(back->body == record.body);
  CHECK(back->generation == 7);
  CHECK(back->expires == 1'234);
  CHECK(back->batch == 99);
  CHECK(age_of(bytes)->expires == 1'234);
  CHECK(age_of(bytes)->generation == 7);
  for (size_t bit = 0; bit < bytes.size() * 8; ++bit) {
    auto damaged = bytes;
    damaged[bit / 8] ^= static_cast<char>(1 << bit % 8);
    CAPTURE(bit);
    CHECK(!decode(key, damaged));
  }
  for (size_t size = 0; size < bytes.size(); ++size)
    CHECK(!decode(key, std::string_view{bytes}.substr(0, size)));
  CHECK(!decode({3, 5}, bytes)); // a record that lies under another key
}

TEST_CASE("a batch comes back, and none is made of other bytes") {
  const batch_record batch{.bytes = 5'000, .expires = 77, .generation = 3, .keys = {{1, 2}, {3, 4}}};
  const auto bytes = encode(batch);
  const auto back = decode_batch(bytes);
  REQUIRE(back);
  CHECK(back->bytes == 5'000);
  CHECK(back->expires == 77);
  CHECK(back->generation == 3);
  CHECK(back->keys == batch.keys);
  CHECK(!decode_batch(std::string_view{bytes}.substr(1)));
  CHECK(!decode_batch(""));
}
