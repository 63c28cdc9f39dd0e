#include "runtime/compute/model/float_tensor.hpp"
#include "runtime/compute/model/safetensors.hpp"

#include <doctest/doctest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <limits>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using namespace weft;

/// The bytes of a file with this header and `data_bytes` bytes 0, 1, 2, … of data.
std::vector<std::byte> file_of(const std::string& header, size_t data_bytes) {
  std::vector<std::byte> out;
  for (size_t i = 0; i < 8; ++i)
    out.push_back(static_cast<std::byte>(header.size() >> (8 * i)));
  for (const char c : header)
    out.push_back(static_cast<std::byte>(c));
  for (size_t i = 0; i < data_bytes; ++i)
    out.push_back(static_cast<std::byte>(i));
  return out;
}

std::string tensor(const std::string& name, const std::string& dtype, const std::string& shape, uint64_t begin,
                   uint64_t end) {
  return "\"" + name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":" + shape + ",\"data_offsets\":[" +
         std::to_string(begin) + "," + std::to_string(end) + "]}";
}

} // namespace

TEST_CASE("tensors come out with type, shape and bytes") {
  const auto file = file_of("{\"__metadata__\":{\"format\":\"pt\"}," + tensor("b", "F32", "[2,1]", 4, 12) + "," +
                                tensor("a", "U8", "[4]", 0, 4) + "," + tensor("none", "I64", "[0,7]", 12, 12) + "}  ",
                            12);
  const auto tensors = parse_safetensors(file);
  REQUIRE_MESSAGE(tensors, (tensors ? "" : tensors.error().message));
  REQUIRE(tensors->size() == 3);
  CHECK(tensors->at("a").type == tensor_type::u8);
  CHECK(tensors->at("a").bytes[3] == std::byte{3});
  CHECK(tensors->at("b").shape == std::vector<uint64_t>{2, 1});
  CHECK(tensors->at("b").bytes.size() == 8);
  CHECK(tensors->at("b").bytes[0] == std::byte{4});
  CHECK(tensors->at("none").bytes.empty());
}

TEST_CASE("a scalar has an empty shape and one element") {
  const auto tensors = parse_safetensors(file_of("{" + tensor("s", "F64", "[]", 0, 8) + "}", 8));
  REQUIRE(tensors);
  CHECK(tensors->at("s").bytes.size() == 8);
}

TEST_CASE("a file without tensors is well formed") {
  CHECK(parse_safetensors(file_of("{}", 0)));
}

TEST_CASE("malformed files are refused and the message says why") {
  struct row {
    std::string header;
    size_t data_bytes;
    std::string says;
  };
  const std::string a = tensor("a", "F32", "[2]", 0, 8);
  const std::vector<row> rows{
      {"", 0, "does not begin with '{'"},
      {" {}", 0, "does not begin with '{'"},
      {"[]", 0, "does not begin with '{'"},
      {"{", 0, "no valid JSON"},
      {"{} {}", 0, "no valid JSON"},
      {"{" + a + "," + a + "}", 8, "duplicate key"},
      {"{\"__metadata__\":{\"n\":1}}", 0, "__metadata__"},
      {"{\"__metadata__\":[]}", 0, "__metadata__"},
      {"{\"a\":1}", 0, "'a'"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2]}}", 8, "'a'"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8],\"x\":1}}", 8, "'a'"},
      {"{" + tensor("a", "F31", "[2]", 0, 8) + "}", 8, "unknown dtype"},
      {"{" + tensor("a", "F32", "2", 0, 8) + "}", 8, "shape"},
      {"{" + tensor("a", "F32", "[-2]", 0, 8) + "}", 8, "shape"},
      {"{" + tensor("a", "F32", "[2.0]", 0, 8) + "}", 8, "shape"},
      {"{" + tensor("a", "F32", "[1,1,1,1,1,1,1,1,2]", 0, 8) + "}", 8, "shape"},
      {"{" + tensor("a", "F32", "[2]", 8, 0) + "}", 8, "data_offsets"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0]}}", 8, "data_offsets"},
      {"{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8,8]}}", 8, "data_offsets"},
      {"{" + a + "}", 7, "beyond the end"},
      {"{" + tensor("a", "F32", "[18446744073709551615]", 0, 8) + "}", 8, "do not fit"},
      {"{" + tensor("a", "F32", "[4611686018427387906]", 0, 8) + "}", 8, "do not fit"},
      {"{" + tensor("a", "F32", "[4294967296,4294967296]", 0, 0) + "}", 0, "do not fit"},
      {"{" + tensor("a", "F32", "[3]", 0, 8) + "}", 8, "do not fit"},
      {"{" + tensor("a", "F16", "[2]", 0, 8) + "}", 8, "do not fit"},
      {"{" + a + "," + tensor("b", "F32", "[2]", 4, 12) + "}", 12, "overlap"},
      {"{" + a + "," + tensor("b", "F32", "[2]", 0, 8) + "}", 8, "overlap"},
      {"{" + a + "," + tensor("b", "F32", "[1]", 12, 16) + "}", 16, "gap"},
      {"{" + tensor("a", "F32", "[1]", 4, 8) + "}", 8, "gap"},
      {"{" + a + "}", 9, "the last 1 bytes"},
      {"{}", 1, "the last 1 bytes"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.header);
    const auto tensors = parse_safetensors(file_of(r.header, r.data_bytes));
    REQUIRE_FALSE(tensors);
    CAPTURE(tensors.error().message);
    CHECK(tensors.error().code == errc::model_unusable);
    CHECK(tensors.error().message.find(r.says) != std::string::npos);
  }
}

TEST_CASE("a header length that lies is refused before anything is read") {
  for (const auto& [bytes, says] : std::vector<std::pair<std::vector<uint8_t>, std::string>>{
           {{}, "shorter than"},
           {{2, 0, 0, 0, 0, 0, 0}, "shorter than"},
           {{3, 0, 0, 0, 0, 0, 0, 0, '{', '}'}, "ends inside its header"},
           {{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, '{', '}'}, "at most 100000000"},
           {{0x01, 0xe1, 0xf5, 0x05, 0, 0, 0, 0, '{', '}'}, "at most 100000000"},
           {{0x00, 0xe1, 0xf5, 0x05, 0, 0, 0, 0, '{', '}'}, "ends inside its header"}}) {
    const auto tensors = parse_safetensors(std::as_bytes(std::span(bytes)));
    REQUIRE_FALSE(tensors);
    CAPTURE(tensors.error().message);
    CHECK(tensors.error().message.find(says) != std::string::npos);
  }
}

TEST_CASE("every cut of a good file is refused") {
  const auto file = file_of("{" + tensor("a", "F32", "[2]", 0, 8) + "}", 8);
  REQUIRE(parse_safetensors(file));
  for (size_t size = 0; size < file.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse_safetensors(std::span(file).first(size)));
  }
}

TEST_CASE("opening names the file in every error, and keeps the mapping alive") {
  const auto path = std::filesystem::temp_directory_path() / ("weft-" + std::to_string(::getpid()) + ".safetensors");
  const auto missing = open_safetensors(path);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().message.starts_with(path.string() + ": "));

  const auto directory = open_safetensors(path.parent_path());
  REQUIRE_FALSE(directory);
  CHECK(directory.error().message == path.parent_path().string() + ": not a regular file");

  const auto bytes = file_of("{" + tensor("a", "U8", "[4]", 0, 4) + "}", 4);
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(bytes.data()), static_cast<std::streamsize>(bytes.size()));
  const auto opened = open_safetensors(path);
  std::filesystem::remove(path);
  REQUIRE(opened);
  CHECK(opened->tensors.at("a").bytes[2] == std::byte{2});
}

TEST_CASE("16-bit floats become the fp32 of the same value") {
  struct row {
    tensor_type type;
    uint16_t bits;
    float want;
  };
  for (const auto& r :
       {row{tensor_type::f16, 0x0000, 0.0f}, row{tensor_type::f16, 0x3c00, 1.0f}, row{tensor_type::f16, 0xc000, -2.0f},
        row{tensor_type::f16, 0x3555, 0x1.554p-2f}, row{tensor_type::f16, 0x0001, 0x1p-24f},
        row{tensor_type::f16, 0x83ff, -0x1.ff8p-15f}, row{tensor_type::f16, 0x0400, 0x1p-14f},
        row{tensor_type::f16, 0x7bff, 65504.0f}, row{tensor_type::f16, 0xfc00, -std::numeric_limits<float>::infinity()},
        row{tensor_type::bf16, 0x3f80, 1.0f}, row{tensor_type::bf16, 0xc049, -3.140625f},
        row{tensor_type::bf16, 0x0001, 0x1p-133f}}) {
    CAPTURE(r.bits);
    const std::array<uint8_t, 2> bytes{static_cast<uint8_t>(r.bits & 0xff), static_cast<uint8_t>(r.bits >> 8)};
    std::array<float, 1> out{};
    const tensor_view view{r.type, {1}, std::as_bytes(std::span(bytes))};
    CHECK_FALSE(is_float_view(view));
    REQUIRE(copy_as_float(view, out));
    CHECK(out[0] == r.want);
  }
}

TEST_CASE("an fp32 tensor that is not aligned is copied, other types are not read as floats") {
  alignas(8) std::array<std::byte, 9> bytes{};
  const float value = 1.5f;
  std::memcpy(bytes.data() + 1, &value, sizeof value);
  const tensor_view odd{tensor_type::f32, {1}, std::span(bytes).subspan(1, 4)};
  CHECK_FALSE(is_float_view(odd));
  CHECK(is_float_view({tensor_type::f32, {1}, std::span(bytes).subspan(0, 4)}));
  std::array<float, 1> out{};
  CHECK(copy_as_float(odd, out));
  CHECK(out[0] == 1.5f);
  CHECK_FALSE(copy_as_float({tensor_type::i32, {1}, std::span(bytes).subspan(0, 4)}, out));
}
