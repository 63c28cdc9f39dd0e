#include "runtime/points/encoding.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

namespace {

using namespace weft;

constexpr std::initializer_list<vector_encoding> all_encodings{vector_encoding::float32, vector_encoding::float16,
                                                               vector_encoding::int8, vector_encoding::binary};

double product(const std::vector<float>& a, const std::vector<float>& b) {
  double sum = 0;
  for (size_t d = 0; d < a.size(); ++d)
    sum += double{a[d]} * b[d];
  return sum;
}

} // namespace

TEST_CASE("an encoding writes these bytes on every machine") {
  using namespace std::string_literals;
  const std::vector<float> values{1, -2, 0.5F};
  struct row {
    vector_encoding encoding;
    std::string bytes;
    float scale;
  };
  for (const auto& [encoding, bytes, scale] : {row{vector_encoding::float32, "\0\0\x80\x3f\0\0\0\xc0\0\0\0\x3f"s, 1},
                                               {vector_encoding::float16, "\0\x3c\0\xc0\0\x38"s, 1},
                                               {vector_encoding::int8, "\x40\x81\x20"s, 2.0F / 127},
                                               {vector_encoding::binary, "\x05"s, 1}}) {
    CAPTURE(std::string(to_string(encoding)));
    const auto packed = encode(values, encoding);
    CHECK(packed.bytes == bytes);
    CHECK(packed.scale == scale);
    CHECK(packed.dimensions == 3);
    CHECK(check(packed));
  }
}

TEST_CASE("binary: the first dimension is the lowest bit, zero is not positive, unused bits are 0") {
  std::vector<float> values(10, -1);
  values[0] = values[9] = 1;
  values[1] = 0;
  CHECK(encode(values, vector_encoding::binary).bytes == "\x01\x02");
}

TEST_CASE("what is decoded is as near as the encoding can be") {
  random_source draw(11);
  for (const uint32_t dimensions : {1u, 7u, 8u, 384u, 1'000u}) {
    const auto row = clustered_rows(draw, 1, dimensions, 1, 0.5F);
    const float largest = std::fabs(
        *std::max_element(row.begin(), row.end(), [](float a, float b) { return std::fabs(a) < std::fabs(b); }));
    struct limit {
      vector_encoding encoding;
      float error;
    };
    for (auto [encoding, error] : {limit{vector_encoding::float32, 0},
                                   {vector_encoding::float16, largest / 2'048},
                                   {vector_encoding::int8, largest / 253}}) {
      CAPTURE(dimensions);
      CAPTURE(std::string(to_string(encoding)));
      const auto back = decode(encode(row, encoding));
      REQUIRE(back.size() == dimensions);
      for (size_t d = 0; d < dimensions; ++d)
        CHECK(std::fabs(back[d] - row[d]) <= error);
    }
    const auto signs = decode(encode(row, vector_encoding::binary));
    CHECK(product(signs, signs) == doctest::Approx(1));
    for (size_t d = 0; d < dimensions; ++d)
      CHECK((signs[d] > 0) == (row[d] > 0));
  }
}

TEST_CASE("scores of codes are the products of what they decode to") {
  random_source draw(12);
  const auto rows = clustered_rows(draw, 2, 100, 1, 1);
  const std::vector<float> a(rows.begin(), rows.begin() + 100), b(rows.begin() + 100, rows.end());
  for (const auto encoding : all_encodings) {
    CAPTURE(std::string(to_string(encoding)));
    const auto left = encode(a, encoding), right = encode(b, encoding);
    CHECK(score(a, right) == doctest::Approx(product(a, decode(right))).epsilon(1e-6));
    CHECK(score(left, right) == doctest::Approx(product(decode(left), decode(right))).epsilon(1e-6));
  }
  CHECK(hamming_distance(encode(a, vector_encoding::binary), encode(a, vector_encoding::binary)) == 0);
}

TEST_CASE("hamming distances count every bit once") {
  for (const size_t dimensions : {1, 8, 9, 63, 64, 65, 384, 1'001}) {
    CAPTURE(dimensions);
    std::vector<float> ones(dimensions, 1), none(dimensions, -1);
    CHECK(hamming_distance(encode(ones, vector_encoding::binary), encode(none, vector_encoding::binary)) == dimensions);
    none.back() = 1;
    CHECK(hamming_distance(encode(ones, vector_encoding::binary), encode(none, vector_encoding::binary)) ==
          dimensions - 1);
  }
}

TEST_CASE("rows of zeros, empty rows, tiny values and what is no number are encoded too") {
  const float infinity = std::numeric_limits<float>::infinity();
  for (const auto encoding : all_encodings) {
    CHECK(decode(encode({}, encoding)).empty());
    const std::vector<float> zeros(5, 0);
    const auto back = decode(encode(zeros, encoding));
    if (encoding != vector_encoding::binary)
      CHECK(back == zeros);
  }
  CHECK(encode(std::vector<float>{1e-45F, -1e-45F}, vector_encoding::int8).bytes == std::string(2, '\0'));
  CHECK(encode(std::vector<float>{infinity, 1, std::nanf(""), -infinity}, vector_encoding::int8).bytes ==
        std::string("\x7f\x7f\0\x81", 4));
}

TEST_CASE("bytes that do not fit the dimensions are named") {
  const auto wrong = check({vector_encoding::binary, 9, 1, "a"});
  REQUIRE_FALSE(wrong);
  CHECK(wrong.error().message == "malformed vector: 1 bytes of binary for 9 dimensions");
}
