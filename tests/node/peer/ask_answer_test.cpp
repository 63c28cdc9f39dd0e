#include "node/peer/ask_answer.hpp"
#include "runtime/ports/peer_link.hpp"

#include <doctest/doctest.h>

using namespace weft;
using kind = ask_answer::step::kind;

namespace {

embed_result whole(size_t items, size_t dimensions = 4) {
  embed_result out;
  for (size_t i = 0; i < items; ++i)
    out.items.push_back({.values = std::vector<float>(dimensions, static_cast<float>(i)), .tokens = 3});
  out.usage.tokens = 3 * items;
  return out;
}

peer_item item(uint32_t index) {
  return {.index = index, .value = std::make_shared<const embedding>(whole(index + 1).items[index])};
}

} // namespace

TEST_CASE("items go out as they come, each once, and the rest with the end") {
  ask_answer answer(3);
  CHECK(answer.next().what == kind::nothing);
  answer.add({item(2)});
  const auto first = answer.next();
  CHECK(first.what == kind::write);
  REQUIRE(first.message.items_size() == 1);
  CHECK(first.message.items(0).index() == 2);
  answer.add({item(2)});
  CHECK(answer.next().what == kind::nothing);
  answer.end(whole(3));
  const auto last = answer.next();
  CHECK(last.what == kind::write_and_finish);
  REQUIRE(last.message.items_size() == 2);
  CHECK(last.message.items(0).index() == 0);
  CHECK(last.message.items(1).index() == 1);
  CHECK(last.message.summary().usage_tokens() == 9);
}

TEST_CASE("what was computed before a failure goes out before it") {
  ask_answer answer(2);
  answer.add({item(0)});
  answer.fail({errc::engine_failed, "broken"});
  CHECK(answer.next().what == kind::write);
  const auto last = answer.next();
  CHECK(last.what == kind::finish);
  REQUIRE(last.reason);
  CHECK(last.reason->code == errc::engine_failed);
}

TEST_CASE("a large answer goes out in messages of about a MiB") {
  constexpr size_t items = 3'000;
  ask_answer answer(items);
  answer.end(whole(items, 384));
  int seen = 0;
  int messages = 0;
  auto step = answer.next();
  for (;; step = answer.next(), ++messages) {
    CHECK(step.message.ByteSizeLong() <= ask_answer::message_bytes + 4'096);
    seen += step.message.items_size();
    if (step.what != kind::write)
      break;
  }
  CHECK(step.what == kind::write_and_finish);
  CHECK(seen == items);
  CHECK(messages == 4);
}
