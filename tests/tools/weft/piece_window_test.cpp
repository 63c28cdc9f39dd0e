#include "tools/weft/piece_window.hpp"

#include <doctest/doctest.h>

#include <thread>

using namespace weft::cli;

namespace {

std::string take(piece_window& window, uint64_t generation) {
  std::string piece;
  return window.take(generation, piece) ? piece : "-";
}

} // namespace

TEST_CASE("bytes stay until they are answered, and are sent again after a rewind") {
  piece_window window{100};
  const auto first = window.rewind();
  CHECK(window.push("abcdef"));
  CHECK(take(window, first) == "abcdef");
  CHECK(window.outstanding() == 6);
  CHECK(window.answer(4));
  CHECK(window.begin() == 4);
  const auto second = window.rewind();
  CHECK(take(window, first) == "-");
  CHECK(window.push("gh"));
  CHECK(take(window, second) == "efgh");
  CHECK_FALSE(window.all_sent());
  window.finish();
  CHECK(window.all_sent());
  CHECK(take(window, second) == "-");
  CHECK(window.wait_for_work());
  CHECK(window.answer(8));
  CHECK_FALSE(window.wait_for_work());
}

TEST_CASE("an answer about what is answered already, or was not sent, is none") {
  piece_window window{100};
  const auto generation = window.rewind();
  window.push("abcdef");
  CHECK_FALSE(window.answer(1));
  take(window, generation);
  CHECK(window.answer(3));
  for (const uint64_t end : {0, 3, 7}) {
    CAPTURE(end);
    CHECK_FALSE(window.answer(end));
  }
}

TEST_CASE("the source waits for room, and pieces are of a bounded size") {
  piece_window window{piece_window::piece_bytes_max + 10};
  const auto generation = window.rewind();
  const std::string text(3 * piece_window::piece_bytes_max, 'x');
  std::thread source{[&] {
    window.push(text);
    window.finish();
  }};
  uint64_t taken = 0;
  for (std::string piece; window.take(generation, piece);) {
    CHECK(piece.size() <= piece_window::piece_bytes_max);
    taken += piece.size();
    CHECK(window.answer(taken));
  }
  source.join();
  CHECK(taken == text.size());
}

TEST_CASE("closing wakes whoever waits") {
  piece_window window{1};
  const auto generation = window.rewind();
  CHECK(window.push("a"));
  std::thread source{[&] { CHECK_FALSE(window.push("b")); }};
  CHECK(take(window, generation) == "a");
  window.close();
  source.join();
  CHECK(take(window, generation) == "-");
  CHECK_FALSE(window.wait_for_work());
}
