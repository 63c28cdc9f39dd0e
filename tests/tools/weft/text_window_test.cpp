#include "tools/weft/text_window.hpp"
#include "weft/v1/embed.pb.h"

#include <doctest/doctest.h>

#include <thread>

using namespace weft::cli;
using weft::v1::EmbedStreamResponse;

namespace {

using strings = std::vector<std::string>;

struct fixture {
  strings delivered;
  bool go_on = true;
  text_window window;

  explicit fixture(text_window::limits l = {})
      : window(l, [this](const text_item& item, const EmbedStreamResponse* answer) {
          delivered.push_back((answer != nullptr ? "" : "!") + item.text);
          return go_on;
        }) {}

  void push(const std::string& text) { CHECK(window.push({.text = text})); }
  void push_bad(const std::string& text) {
    CHECK(window.push({.text = text, .trouble = text_problem{3, "INVALID_UTF8", "m"}}));
  }

  strings take(uint64_t generation) {
    strings taken;
    taken_last = window.take(generation, [&](const std::string& text) { taken.push_back(text); });
    return taken;
  }
  bool taken_last = false;
};

} // namespace

TEST_CASE("texts are sent in batches and delivered in order") {
  fixture f{{.batch_items_max = 2}};
  const uint64_t now = f.window.rewind();
  for (const char* text : {"a", "b", "c"})
    f.push(text);
  f.window.finish();
  CHECK(f.take(now) == strings{"a", "b"});
  CHECK(f.take(now) == strings{"c"});
  CHECK(f.take(now).empty());
  CHECK_FALSE(f.taken_last);
  CHECK(f.window.outstanding() == 3);
  for (int i = 0; i < 3; ++i)
    CHECK(f.window.answer({}));
  CHECK_FALSE(f.window.answer({})); // nothing was asked
  CHECK(f.delivered == strings{"a", "b", "c"});
  CHECK(f.window.done());
}

TEST_CASE("a batch ends at its bytes, and a larger text goes alone") {
  fixture f{{.batch_bytes_max = 4}};
  const uint64_t now = f.window.rewind();
  for (const char* text : {"aaa", "b", "c", "a large one", "d"})
    f.push(text);
  CHECK(f.take(now) == strings{"aaa", "b"});
  CHECK(f.take(now) == strings{"c"});
  CHECK(f.take(now) == strings{"a large one"});
  CHECK(f.take(now) == strings{"d"});
}

TEST_CASE("troubled texts are never sent and keep their place") {
  fixture f;
  const uint64_t now = f.window.rewind();
  f.push_bad("x"); // nothing in front of it: due at once
  CHECK(f.delivered == strings{"!x"});
  f.push("a");
  f.push_bad("y");
  f.push_bad("z");
  f.push("b");
  CHECK(f.take(now) == strings{"a", "b"});
  CHECK(f.delivered.size() == 1);
  CHECK(f.window.answer({}));
  CHECK(f.delivered == strings{"!x", "a", "!y", "!z"});
  CHECK(f.window.answer({}));
  CHECK(f.delivered.back() == "b");
}

TEST_CASE("after a loss all that is unanswered is sent again, and the old writer ends") {
  fixture f;
  const uint64_t first = f.window.rewind();
  for (const char* text : {"a", "b", "c"})
    f.push(text);
  CHECK(f.take(first) == strings{"a", "b", "c"});
  CHECK(f.window.answer({}));
  const uint64_t second = f.window.rewind();
  CHECK(f.window.outstanding() == 0);
  CHECK(f.take(first).empty());
  CHECK_FALSE(f.taken_last);
  CHECK(f.take(second) == strings{"b", "c"});
}

TEST_CASE("a full window holds the source back until an answer comes") {
  fixture f{{.items_max = 2}};
  const uint64_t now = f.window.rewind();
  f.push("a");
  f.push("b");
  std::thread source{[&] { f.push("c"); }};
  CHECK(f.take(now) == strings{"a", "b"});
  CHECK(f.window.answer({}));
  source.join();
  CHECK(f.take(now) == strings{"c"});
}

TEST_CASE("closing wakes everybody") {
  fixture f{{.items_max = 1}};
  const uint64_t now = f.window.rewind();
  f.push("a");
  bool pushed = true;
  std::thread source{[&] { pushed = f.window.push({.text = "b"}); }};
  f.window.close();
  source.join();
  CHECK_FALSE(pushed);
  CHECK(f.take(now).empty());
  CHECK_FALSE(f.window.wait_for_work());
  CHECK(f.window.done());
}

TEST_CASE("a delivery that wants no more closes the window") {
  fixture f;
  const uint64_t now = f.window.rewind();
  f.push("a");
  f.take(now);
  f.go_on = false;
  CHECK(f.window.answer({}));
  CHECK(f.window.closed());
}
