#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace weft {

/// Appends fields to a record: numbers little-endian, strings and vectors with their length (4 bytes) before them.
class record_writer {
public:
  void put(std::string_view text) {
    put(static_cast<uint32_t>(text.size()));
    bytes_ += text;
  }
  void put(bool flag) { put(static_cast<uint8_t>(flag)); }
  void put(double number) { put(std::bit_cast<uint64_t>(number)); }
  template <class Number>
  requires std::is_unsigned_v<Number>
  void put(Number number) {
    for (size_t i = 0; i < sizeof(Number); ++i)
      bytes_ += static_cast<char>(number >> (8 * i) & 0xFF);
  }
  void put(const std::vector<float>& values) {
    put(static_cast<uint32_t>(values.size()));
    if constexpr (std::endian::native == std::endian::little)
      bytes_.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(float));
    else
      for (const float value : values)
        put(std::bit_cast<uint32_t>(value));
  }

  void reserve(size_t bytes) { bytes_.reserve(bytes); }
  std::string take() { return std::move(bytes_); }

private:
  std::string bytes_;
};

/// Takes fields off bytes that may be anything. The first thing that is wrong is kept; from then on everything is
/// zero and empty, so that a caller looks once, at the end. Memory is bounded by the bytes that are there: a length is
/// believed only as far as they go.
class record_reader {
public:
  explicit record_reader(std::string_view bytes) : rest_(bytes) {}

  template <class Number>
  requires std::is_unsigned_v<Number> Number number() {
    const auto bytes = raw(sizeof(Number));
    Number out = 0;
    for (size_t i = 0; i < bytes.size(); ++i)
      out = static_cast<Number>(out |
                                static_cast<Number>(static_cast<Number>(static_cast<uint8_t>(bytes[i])) << (8 * i)));
    return out;
  }
  bool flag() { return below<uint8_t>(2) != 0; }
  /// A number less than `end`.
  template <class Number> Number below(Number end) {
    const auto out = number<Number>();
    if (out < end)
      return out;
    refuse("a number is out of its range");
    return 0;
  }
  double real() { return std::bit_cast<double>(number<uint64_t>()); }
  std::string_view text() { return raw(number<uint32_t>()); }
  std::vector<float> floats() {
    const uint64_t count = number<uint32_t>();
    const auto bytes = raw(count * sizeof(float));
    std::vector<float> out(bytes.size() / sizeof(float));
    if constexpr (std::endian::native == std::endian::little) {
      if (!out.empty())
        std::memcpy(out.data(), bytes.data(), bytes.size());
    } else {
      record_reader each{bytes};
      for (auto& value : out)
        value = std::bit_cast<float>(each.number<uint32_t>());
    }
    return out;
  }

  /// REQUIRES: why outlives the reader.
  void refuse(std::string_view why) {
    if (why_.empty())
      why_ = why;
    rest_ = {};
  }
  /// Nothing may be left over.
  void finish() {
    if (!rest_.empty())
      refuse("something is left over");
  }
  bool has_more() const noexcept { return !rest_.empty(); }
  /// Why the bytes are no record; "": nothing was wrong so far.
  std::string_view why() const noexcept { return why_; }

private:
  std::string_view raw(uint64_t size) {
    if (size > rest_.size()) {
      refuse("it is cut short");
      return {};
    }
    const auto out = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return out;
  }

  std::string_view rest_;
  std::string_view why_;
};

} // namespace weft
