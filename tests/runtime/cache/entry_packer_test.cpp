#include "runtime/base/half.hpp"
#include "tests/runtime/cache/cache_world.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <random>

using namespace weft;
using namespace weft::test;

TEST_CASE("what is packed comes back as it was, by every method") {
  for (auto method : {packing::none, packing::lz4, packing::zstd}) {
    CAPTURE(static_cast<int>(method));
    entry_packer packer{{.method = method}};
    for (const std::string& text : {std::string{}, std::string{"a"}, std::string(5'000, 'x'), std::string("\0\1", 2)}) {
      const auto value = vector_value(1.5F, 384);
      const auto back = packer.unpack(packer.pack(text, value));
      REQUIRE(back);
      CHECK(back->text == text);
      CHECK(back->value.as_embedding()->values == value.as_embedding()->values);
      CHECK(back->value.as_embedding()->tokens == 3);
      CHECK(back->value.as_embedding()->truncated);
      CHECK(back->value.cost == value.cost);
      const auto bytes = packer.unpack(packer.pack(text, bytes_value("some result")));
      REQUIRE(bytes);
      CHECK(bytes->text == text);
      CHECK(*bytes->value.as_bytes() == "some result");
    }
  }
}

TEST_CASE("a document comes back as it was, whatever is asked for vectors") {
  for (const bool halves : {false, true}) {
    entry_packer packer{{.vectors_fp16 = halves}};
    const embedding made{
        .values = {}, .tokens = 12'345, .document = std::make_shared<const std::string>(std::string("short\0er", 8))};
    const auto back =
        packer.unpack(packer.pack("a long text", {.data = std::make_shared<const embedding>(made), .cost = {}}));
    REQUIRE(back);
    CHECK(back->text == "a long text");
    const auto value = back->value.as_embedding();
    REQUIRE(value->document);
    CHECK(*value->document == *made.document);
    CHECK(value->tokens == made.tokens);
    CHECK(value->values.empty());
  }
}

TEST_CASE("every bit of a float survives unless halves were asked for") {
  embedding odd{.values = {0.0F, -0.0F, 1e-42F, std::numeric_limits<float>::infinity(), 0.1F, -3.4e38F}};
  entry_packer packer;
  const auto back = packer.unpack(packer.pack("t", {.data = std::make_shared<const embedding>(odd), .cost = {}}));
  REQUIRE(back);
  for (size_t i = 0; i < odd.values.size(); ++i)
    CHECK(std::bit_cast<uint32_t>(back->value.as_embedding()->values[i]) == std::bit_cast<uint32_t>(odd.values[i]));
}

TEST_CASE("halves take half the bytes of a vector and keep its direction") {
  const uint64_t seed = 5;
  CAPTURE(seed);
  std::mt19937_64 random{seed};
  std::normal_distribution<float> noise{0, 0.05F};
  embedding vector;
  for (int i = 0; i < 384; ++i)
    vector.values.push_back(noise(random));
  const cached_value value{.data = std::make_shared<const embedding>(vector), .cost = {}};
  entry_packer whole, half{{.vectors_fp16 = true}};
  const auto packed = half.pack("t", value);
  CHECK(packed.size() < whole.pack("t", value).size() * 0.6);
  const auto back = whole.unpack(packed);
  REQUIRE(back);
  double dot = 0, a = 0, b = 0;
  for (size_t i = 0; i < 384; ++i) {
    const double x = vector.values[i], y = back->value.as_embedding()->values[i];
    dot += x * y;
    a += x * x;
    b += y * y;
  }
  CHECK(dot / std::sqrt(a * b) > 0.999999);
}

TEST_CASE("every half comes back as itself") {
  for (uint32_t half = 0; half < 0x10000; ++half) {
    const bool is_nan = (half & 0x7C00) == 0x7C00 && (half & 0x3FF) != 0;
    if (!is_nan)
      REQUIRE(to_half(from_half(static_cast<uint16_t>(half))) == half);
  }
  CHECK(to_half(65'519.0F) == 0x7BFF);
  CHECK(to_half(65'520.0F) == 0x7C00);
  CHECK(to_half(1.0F + 0x1p-11F) == to_half(1.0F)); // halfway: to even
}

TEST_CASE("damaged bytes are refused or give another value, and never more") {
  const uint64_t seed = 9;
  CAPTURE(seed);
  std::mt19937_64 random{seed};
  entry_packer packer;
  const auto good = packer.pack("a text of some length, a text of some length", vector_value(1, 64));
  for (size_t length = 0; length < good.size(); ++length)
    CHECK(!packer.unpack(std::string_view{good}.substr(0, length)));
  for (int i = 0; i < 20'000; ++i) {
    auto bad = good;
    for (uint64_t changes = 1 + random() % 3; changes > 0; --changes)
      bad[random() % std::min<size_t>(bad.size(), 120)] = static_cast<char>(random());
    (void)packer.unpack(bad);
  }
}
