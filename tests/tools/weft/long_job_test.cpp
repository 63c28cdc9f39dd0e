// A job of 50 000 short items through the command; of 1 000 000 with WEFT_LONG_TESTS=1 (tools/test --long).
#include "tests/support/temporary_directory.hpp"
#include "tests/tools/weft/run_weft.hpp"
#include "tests/tools/weft/running_weftd.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

using namespace weft::test;
using nlohmann::json;

namespace {

constexpr uint64_t mebibyte = 1 << 20;
constexpr uint64_t dimensions = 384;

std::string item(uint64_t number) {
  return "item " + std::to_string(number);
}

/// Vectors of a NumPy file of float32 [rows, 384], one read at a time.
class numpy_rows {
public:
  explicit numpy_rows(const std::filesystem::path& file) : in_(file, std::ios::binary) {
    std::array<char, 10> head{}; // magic, version, length of the description
    in_.read(head.data(), head.size());
    begin_ = head.size() + static_cast<uint8_t>(head[8]) + 256U * static_cast<uint8_t>(head[9]);
    rows_ = (std::filesystem::file_size(file) - begin_) / sizeof(row);
  }
  uint64_t size() const { return rows_; }
  using row = std::array<float, dimensions>;
  row operator[](uint64_t number) {
    row out{};
    in_.seekg(static_cast<std::streamoff>(begin_ + number * sizeof(row)));
    in_.read(reinterpret_cast<char*>(out.data()), sizeof(row));
    REQUIRE(in_);
    return out;
  }

private:
  std::ifstream in_;
  uint64_t begin_ = 0;
  uint64_t rows_ = 0;
};

struct finished_job {
  json job;
  uint64_t client_peak = 0;
};

/// Hands in these items, waits, and has the vectors written.
finished_job run_job(const running_weftd& node, const temporary_directory& folder, uint64_t first, uint64_t count) {
  const auto list = folder.path() / "items.txt";
  {
    std::ofstream out{list};
    for (uint64_t number = first; number < first + count; ++number)
      out << item(number) << '\n';
  }
  const auto r =
      run_weft({.arguments = {"job", "submit", "embed", list.string(), "--wait", "--out",
                              (folder.path() / "vectors.npy").string(), "-o", "json", "--endpoint", node.endpoint()}});
  REQUIRE_MESSAGE(r.exit == 0, r.err);
  const auto end = r.out.find('\n');
  const auto written = json::parse(r.out.substr(end)); // the second line
  CHECK(written["items"] == count);
  CHECK(written["without_result"] == 0);
  return {json::parse(r.out.substr(0, end)), r.memory_peak};
}

} // namespace

TEST_CASE("a job of very many short items is done, and neither the command nor the node needs more memory for it") {
  const bool is_long = std::getenv("WEFT_LONG_TESTS") != nullptr;
  const uint64_t small = 5'000;
  const uint64_t many = is_long ? 1'000'000 : 50'000;
  running_weftd node{{"--set", "cache.store=false", "--set", "cache.embed_memory_bytes_max=8388608", "--set",
                      "cache.embed_packed_bytes_max=8388608"}};
  REQUIRE(run_weft({.arguments = {"health", "--wait", "--timeout", "60s", "--endpoint", node.endpoint()}}).exit == 0);
  const temporary_directory folder;
  const auto few = run_job(node, folder, 0, small);
  const auto node_before = node.memory_peak();
  const auto all = run_job(node, folder, small, many);
  const auto node_after = node.memory_peak();
  CHECK(all.job["state"] == "done");
  CHECK(all.job["items_done"] == many);
  std::cout << many << " items; peak of the command " << few.client_peak / mebibyte << " MiB for " << small
            << " items, " << all.client_peak / mebibyte << " MiB for all; of the node " << node_before / mebibyte
            << " and " << node_after / mebibyte << " MiB\n";
  CHECK(all.client_peak < few.client_peak + 32 * mebibyte);
  // What is written waits in RocksDB's buffers: all of the 77 MB that the shorter job's results have, not a second copy
  // of them; of the 1.5 GB of the longer one's as much as buffers and block caches may have.
  CHECK(node_after < node_before + (is_long ? 320 : 128) * mebibyte);

  numpy_rows rows{folder.path() / "vectors.npy"};
  REQUIRE(rows.size() == many);
  for (const uint64_t row : {uint64_t{0}, uint64_t{255}, uint64_t{256}, many / 2, many - 1}) {
    const auto r =
        run_weft({.arguments = {"embed", "--text", item(small + row), "-o", "json", "--endpoint", node.endpoint()}});
    REQUIRE_MESSAGE(r.exit == 0, r.err);
    const auto wanted = json::parse(r.out)["embedding"].get<std::vector<float>>();
    const auto got = rows[row];
    REQUIRE(wanted.size() == got.size());
    double dot = 0;
    for (size_t i = 0; i < got.size(); ++i)
      dot += double{wanted[i]} * double{got[i]};
    CHECK(dot > 0.99999);
  }
}
