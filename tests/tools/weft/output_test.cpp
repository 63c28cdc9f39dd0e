#include "tools/weft/output.hpp"

#include <doctest/doctest.h>

#include <array>
#include <csignal>
#include <fcntl.h>
#include <limits>
#include <unistd.h>

using namespace weft::cli;

TEST_CASE("columns line up, numbers to the right") {
  table t{{{"NAME"}, {"TEXTS", true}, {"MODEL"}}};
  t.add({{"n1"}, {"12"}, {"mini"}});
  t.add({{"long-name", tone::bold}, {"1 234"}, {"a model with a long name"}});
  CHECK(t.str(false) == "NAME       TEXTS  MODEL\n"
                        "n1            12  mini\n"
                        "long-name  1 234  a model with a long name\n");
  CHECK(t.str(false, 30) == "NAME       TEXTS  MODEL\n"
                            "n1            12  mini\n"
                            "long-name  1 234  a model wit…\n");
  CHECK(t.str(true).find("\x1b[1mlong-name\x1b[0m  1 234") != std::string::npos);
}

TEST_CASE("vectors are printed with the digits that read back to the same floats") {
  std::string text;
  append_vector(text, std::array{0.1F, -0.25F, 1e-9F, std::numeric_limits<float>::quiet_NaN()});
  CHECK(text == "[0.1,-0.25,1e-09,null]");
}

TEST_CASE("JSON survives texts that are not UTF-8") {
  CHECK(to_line({{"text", "a\xff\n"}}) == "{\"text\":\"a\uFFFD\\n\"}");
}

TEST_CASE("YAML quotes what could be read as something else") {
  const json value = {{"name", "n1"},
                      {"version", "0.1"},
                      {"answer", "no"},
                      {"empty", ""},
                      {"text", "a: b #c"},
                      {"load", {{"calls", 3}, {"share", 0.5}}},
                      {"pools", json::array({{{"name", "cpu"}, {"workers", 2}}, {{"name", "gpu"}, {"workers", 0}}})},
                      {"numbers", {1, 2}},
                      {"none", json::array()},
                      {"nothing", nullptr}};
  CHECK(to_yaml(value) == "name: n1\n"
                          "version: \"0.1\"\n"
                          "answer: \"no\"\n"
                          "empty: \"\"\n"
                          "text: \"a: b #c\"\n"
                          "load:\n"
                          "  calls: 3\n"
                          "  share: 0.5\n"
                          "pools:\n"
                          "  - name: cpu\n"
                          "    workers: 2\n"
                          "  - name: gpu\n"
                          "    workers: 0\n"
                          "numbers: [1,2]\n"
                          "none: []\n"
                          "nothing: null\n");
  CHECK(to_yaml(json::array({{{"a", 1}, {"b", {{"c", 2}}}}})) == "- a: 1\n  b:\n    c: 2\n");
}

TEST_CASE("numbers read well") {
  for (auto [number, want] : {std::pair{uint64_t{0}, "0"}, {999, "999"}, {1000, "1 000"}, {1234567, "1 234 567"}})
    CHECK(with_spaces(number) == want);
  for (auto [bytes, want] :
       {std::pair{uint64_t{0}, "0 B"}, {1536, "1.54 kB"}, {90868376, "90.9 MB"}, {999999, "1.00 MB"}})
    CHECK(in_bytes(bytes) == want);
  for (auto [number, want] :
       {std::pair{0.0, "0"}, {0.1234, "0.123"}, {0.9996, "1.00"}, {9.996, "10.0"}, {99.96, "100"}, {1234.4, "1 234"}})
    CHECK(in_figures(number) == want);
  for (auto [seconds, want] : {std::pair{uint64_t{59}, "59s"}, {60, "1m00s"}, {3725, "1h02m"}, {90000, "1d01h"}})
    CHECK(in_time(seconds) == want);
  CHECK(counted(1, "text") == "1 text");
  CHECK(counted(0, "text") == "0 texts");
}

TEST_CASE("a reader that went away ends the output without an error") {
  std::signal(SIGPIPE, SIG_IGN); // as main() does
  std::array<int, 2> ends{};
  REQUIRE(pipe2(ends.data(), O_CLOEXEC) == 0);
  close(ends[0]);
  out_file out{ends[1]};
  CHECK(out.write("small"));
  CHECK_FALSE(out.flush());
  CHECK(out.closed());
  CHECK(out.error() == 0);
  CHECK_FALSE(out.write("more"));
  close(ends[1]);
}

TEST_CASE("a full disk is an error") {
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  out_file out{full};
  out.write("x");
  CHECK_FALSE(out.flush());
  CHECK_FALSE(out.closed());
  CHECK(out.error() == ENOSPC);
  close(full);
}
