#include "tests/tools/weft/compress_commands.hpp"
#include "tests/tools/weft/scratch_file.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <sstream>

using namespace weft;
using namespace weft::test;
using nlohmann::json;

namespace {

constexpr size_t window = 16 << 10;

ended stream(const std::string& endpoints, std::vector<std::string> more, const std::string& input) {
  more.insert(more.begin(), "--stream");
  return compress(endpoints, std::move(more), input);
}

std::string numbered_lines(size_t bytes) {
  std::string out;
  for (size_t i = 0; out.size() < bytes; ++i)
    out += "line number " + std::to_string(i) + " of a long text\n";
  return out;
}

/// Windows that follow each other, whose texts are where the kept spans say.
void check_windows(const std::string& out, const std::string& text) {
  std::istringstream in{out};
  uint64_t index = 0;
  uint64_t begin = 0;
  for (std::string line; std::getline(in, line);) {
    const auto object = json::parse(line);
    REQUIRE(object["index"] == index++);
    REQUIRE(object["window"][0] == begin);
    std::string kept;
    for (const auto& span : object["kept"])
      kept += text.substr(begin + span[0].get<size_t>(), span[1].get<size_t>() - span[0].get<size_t>());
    REQUIRE(object["text"] == kept);
    begin = object["window"][1];
  }
  CHECK(begin == text.size());
}

} // namespace

TEST_CASE("a stream of 5 MB comes in windows, in order, in bounded memory") {
  fake_compressor node;
  const std::string text = numbered_lines(5'000'000);
  const auto r = stream(node.endpoint(), {"-o", "json", "--window", std::to_string(window), "--ratio", "4"}, text);
  CHECK(r.exit == 0);
  CHECK(r.err.empty());
  check_windows(r.out, text);
  CHECK(node.windows() >= text.size() / window);
  CHECK(node.last_request().texts(0) == text);
  CHECK(node.last_request().options().ratio() == 4);
  CHECK(r.memory_peak < 64 << 20);
}

TEST_CASE("the text of windows is printed as it is, a heading a file") {
  fake_compressor node;
  const std::string text = numbered_lines(3 * window);
  const scratch_file one{text};
  const scratch_file other{"x\n" + text};
  const auto alone = stream(node.endpoint(), {"--window", "16384", "--ratio", "2", one.path()}, "");
  CHECK(alone.exit == 0);
  CHECK(alone.out.starts_with("line number 0 of a long text\nline number 1 "));
  CHECK(alone.out.size() > text.size() / 2 - 4 * 50);
  CHECK(alone.out.size() <= text.size() / 2);
  const auto both = stream(node.endpoint(), {"--window", "16384", "--ratio", "2", one.path(), other.path()}, "").out;
  CHECK(both.starts_with("==> " + one.path() + " <==\n" + alone.out + "\n==> " + other.path() +
                         " <==\nx\nline number 0 "));
}

TEST_CASE("a window that fails is named with its place, and the others go on") {
  fake_compressor node;
  std::string text = numbered_lines(4 * window);
  text.replace(window + 100, 5, "FAIL\n");
  const auto r = stream(node.endpoint(), {"--window", "16384"}, text);
  CHECK(r.exit == 1);
  CHECK(has(r.err, "weft: stdin bytes 16 3"));
  CHECK(has(r.err, "[BUDGET_UNREACHABLE]\n      Ask for more"));
  CHECK(has(r.out, "line number 0 "));
  CHECK(node.windows() >= 4);
}

TEST_CASE("a lost node is replaced by the next endpoint, and no window is lost or doubled") {
  fake_compressor first{{.lost_after = 3}};
  fake_compressor second;
  const std::string text = numbered_lines(40 * window);
  const auto r = stream(first.endpoint() + "," + second.endpoint(), {"-o", "json", "--window", "16384"}, text);
  CHECK(r.exit == 0);
  check_windows(r.out, text);
  CHECK(first.windows() == 3);
  CHECK(second.windows() >= 36);
}

TEST_CASE("no input asks no node, a silent node meets the timeout, and a reader may go away") {
  const auto nothing = stream(closed_endpoint(), {}, "");
  CHECK(nothing.exit == 0);
  CHECK(nothing.out.empty());
  fake_compressor silent{{.silent = true}};
  CHECK(stream(silent.endpoint(), {"--timeout", "300ms"}, numbered_lines(1'000'000)).exit == 6);
  fake_compressor node;
  const auto r = run_weft({.arguments = {"compress", "--stream", "--window", "16384", "--ratio", "2"},
                           .input = numbered_lines(5'000'000),
                           .environment = {"WEFT_ENDPOINT=" + node.endpoint()},
                           .out_bytes_max = 1'000});
  CHECK(r.exit == 0);
  CHECK(r.err.empty());
}
