#include "runtime/compress/text/characters.hpp"
#include "runtime/compress/text/window_cutter.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>
#include <vector>

using namespace weft;

namespace {

std::vector<std::string> windows_of(std::string_view stream, uint32_t window_bytes, size_t piece_bytes) {
  window_cutter cutter{window_bytes};
  std::vector<std::string> windows;
  for (size_t at = 0; at < stream.size(); at += piece_bytes) {
    cutter.add(stream.substr(at, piece_bytes));
    CHECK(cutter.held_bytes() <= window_bytes + piece_bytes);
    while (auto window = cutter.next())
      windows.push_back(*std::move(window));
  }
  while (auto window = cutter.finish())
    windows.push_back(*std::move(window));
  return windows;
}

} // namespace

TEST_CASE("a window ends at the best place in its second half") {
  using row = std::pair<std::string_view, std::string_view>; // a stream, and its first window of at most 20 bytes
  for (const auto& [stream, first] : {
           row{"One. Two.\nThree.\n\nFour. Five", "One. Two.\nThree.\n\n"},
           row{"One two three.\nFour. Five six", "One two three.\n"},
           row{"One two three. Four five six", "One two three."},
           row{"one two three four five six", "one two three four "},
           row{"onetwothreefourfivesixseven", "onetwothreefourfives"},
           row{"a\n\nbcdefghijklmnopqrstuvwx", "a\n\nbcdefghijklmnopqr"}, // the paragraph ends too early
           row{"aaaaaaaaaaaaaaaaaa\u20AC\u20AC\u20AC", "aaaaaaaaaaaaaaaaaa"},
           row{"一二三。四五六七八", "一二三。"},
       }) {
    CAPTURE(stream);
    CHECK(windows_of(stream, 20, 7).front() == first);
  }
}

TEST_CASE("a stream that fits in one window is one window, and an empty one is none") {
  CHECK(windows_of("short", 16, 2) == std::vector<std::string>{"short"});
  CHECK(windows_of("", 16, 2).empty());
}

TEST_CASE("windows together are the stream, whatever the pieces, and do not depend on them") {
  constexpr uint32_t seed = 11;
  CAPTURE(seed);
  std::mt19937 random{seed};
  constexpr std::string_view alphabet[] = {"a",      "b",      " ",      "\n",   "\n\n", ". ",
                                           "\u00E9", "\u20AC", "\u3002", "\xFF", "\x80", "word"};
  for (int round = 0; round < 40; ++round) {
    std::string stream;
    const auto rare = random() % 12 + 1;
    while (stream.size() < 2'000)
      stream += alphabet[random() % 4 == 0 ? random() % 12 : random() % rare];
    const auto window_bytes = static_cast<uint32_t>(16 + random() % 200);
    const auto whole = windows_of(stream, window_bytes, stream.size());
    CHECK(windows_of(stream, window_bytes, 1 + random() % 300) == whole);
    std::string together;
    for (size_t i = 0; i < whole.size(); ++i) {
      CHECK(whole[i].size() <= window_bytes);
      CHECK((i + 1 == whole.size() || whole[i].size() * 2 + 8 > window_bytes));
      together += whole[i];
    }
    CHECK(together == stream);
  }
}

TEST_CASE("a large piece is cut into windows in linear time, each at a character") {
  std::string stream;
  while (stream.size() < (4U << 20))
    stream += "\u20AC";
  size_t bytes = 0;
  for (const auto& window : windows_of(stream, 4'096, stream.size())) {
    bytes += window.size();
    CHECK(valid_utf8_bytes(window) == window.size());
  }
  CHECK(bytes == stream.size());
}
