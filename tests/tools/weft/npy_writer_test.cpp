#include "tests/support/temporary_directory.hpp"
#include "tools/weft/npy_writer.hpp"

#include <doctest/doctest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

using namespace weft::cli;

namespace {

std::string bytes_of(const std::string& file) {
  std::ifstream in{file, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}

std::vector<float> floats_of(const std::string& file) {
  const auto all = bytes_of(file);
  std::vector<float> out((all.size() - npy_header_bytes) / sizeof(float));
  std::memcpy(out.data(), all.data() + npy_header_bytes, out.size() * sizeof(float));
  return out;
}

std::string header_text(uint64_t rows, uint64_t columns) {
  const auto header = npy_header(rows, columns);
  return {header.begin(), header.end()};
}

/// A name in a folder of its own, which goes with everything in it.
struct scratch_name {
  weft::test::temporary_directory folder;
  std::string file = folder.path() / "m.npy";
};

} // namespace

// numpy.lib.format, "Format Version 1.0": "\x93NUMPY", 1, 0, the length of the header in 2 bytes (little-endian), the
// header: a Python literal of a dictionary with descr, fortran_order and shape, padded with spaces and ended by \n so
// that all before the data is a multiple of 64 bytes.
TEST_CASE("the header is that of NumPy's format 1.0, to the byte") {
  std::string want{"\x93NUMPY\x01\x00\x76\x00", 10};
  want += "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 384), }";
  want.resize(127, ' ');
  want += '\n';
  CHECK(header_text(3, 384) == want);
  for (const uint64_t rows : {uint64_t{0}, uint64_t{1}, uint64_t{1'000'000}, UINT64_MAX}) {
    CAPTURE(rows);
    const auto text = header_text(rows, rows);
    CHECK(text.size() % 64 == 0);
    CHECK(text.back() == '\n');
    CHECK(text.find("(" + std::to_string(rows) + ", " + std::to_string(rows) + "), }") != std::string::npos);
    CHECK(text.find('\n') == text.size() - 1);
  }
}

TEST_CASE("rows follow in C order, and a missing one is NaN, also before the first vector") {
  const scratch_name name;
  npy_writer out{name.file};
  REQUIRE(out.open().empty());
  CHECK(out.add_missing().empty());
  CHECK(out.add(std::vector<float>{1, 2, 3}).empty());
  CHECK(out.add_missing().empty());
  CHECK(out.add(std::vector<float>{4, 5, 6}).empty());
  CHECK_FALSE(std::filesystem::exists(name.file)); // not before it is complete
  REQUIRE(out.finish().empty());
  CHECK(out.rows() == 4);
  CHECK(out.columns() == 3);
  CHECK(bytes_of(name.file).substr(0, npy_header_bytes) == header_text(4, 3));
  const auto all = floats_of(name.file);
  REQUIRE(all.size() == 12);
  for (const size_t i : {0, 1, 2, 6, 7, 8})
    CHECK(std::isnan(all[i]));
  CHECK(std::vector<float>(all.begin() + 3, all.begin() + 6) == std::vector<float>{1, 2, 3});
  CHECK(std::vector<float>(all.begin() + 9, all.end()) == std::vector<float>{4, 5, 6});
}

TEST_CASE("a matrix without rows, or of missing ones only, has no columns") {
  for (const int rows : {0, 2}) {
    const scratch_name name;
    npy_writer out{name.file};
    REQUIRE(out.open().empty());
    for (int i = 0; i < rows; ++i)
      out.add_missing();
    REQUIRE(out.finish().empty());
    CHECK(bytes_of(name.file) == header_text(static_cast<uint64_t>(rows), 0));
  }
}

TEST_CASE("vectors of another length are refused, and what is not finished leaves no file") {
  const scratch_name name;
  {
    npy_writer out{name.file};
    REQUIRE(out.open().empty());
    CHECK(out.add(std::vector<float>{1, 2}).empty());
    CHECK(out.add(std::vector<float>{1}) == "row 1 has 1 dimensions, those before 2");
  }
  CHECK(std::filesystem::is_empty(name.folder.path()));
  npy_writer nowhere{name.folder.path() / "none" / "m.npy"};
  CHECK(nowhere.open().find("No such file or directory") != std::string::npos);
}

TEST_CASE("a file that was there stays as it was until the new one is complete") {
  const scratch_name name;
  std::ofstream{name.file} << "before";
  npy_writer out{name.file};
  REQUIRE(out.open().empty());
  out.add(std::vector<float>{1});
  CHECK(bytes_of(name.file) == "before");
  REQUIRE(out.finish().empty());
  CHECK(bytes_of(name.file).size() == npy_header_bytes + sizeof(float));
}
