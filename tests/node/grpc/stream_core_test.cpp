#include "node/grpc/stream_core.hpp"

#include <doctest/doctest.h>

using weft::errc;
using weft::stream_core;

namespace {

grpc::ByteBuffer message(const std::string& text) {
  const grpc::Slice slice(text);
  return {&slice, 1};
}

std::string text_of(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  return buffer.TrySingleSlice(&slice).ok() ? std::string(slice.begin(), slice.end()) : "?";
}

weft::embed_request texts(size_t count, size_t bytes = 1) {
  return {"", std::vector<std::string>(count, std::string(bytes, 'x')), {}};
}

/// Answers a group with the positions of its texts.
void answer(stream_core& core, const weft::stream_group& group) {
  std::vector<grpc::ByteBuffer> messages;
  for (size_t i = 0; i < group.request.texts.size(); ++i)
    messages.push_back(message(std::to_string(group.first + i)));
  core.done(group.first, std::move(messages));
}

/// Everything that can be written now.
std::vector<std::string> drain(stream_core& core) {
  std::vector<std::string> out;
  while (auto next = core.next_message()) {
    out.push_back(text_of(*next));
    core.written();
  }
  return out;
}

} // namespace

TEST_CASE("a message is cut into groups by texts and by bytes") {
  struct row {
    weft::embed_request in;
    std::vector<size_t> groups;
  };
  for (const auto& [in, groups] : {
           row{texts(0), {}},
           {texts(1), {1}},
           {texts(4), {4}},
           {texts(5), {4, 1}},
           {texts(9), {4, 4, 1}},
           {texts(3, 60), {1, 1, 1}}, // 60 + 60 > 100
           {texts(4, 50), {2, 2}},
           {texts(2, 500), {1, 1}}, // each alone is over the bound, and goes alone
       }) {
    stream_core core({.items_max = 100, .bytes_max = 10'000, .group_items_max = 4, .group_bytes_max = 100});
    core.add(in);
    std::vector<size_t> got;
    uint64_t next = 0;
    while (auto group = core.next_group()) {
      CHECK(group->first == next);
      next += group->request.texts.size();
      got.push_back(group->request.texts.size());
    }
    CHECK(got == groups);
  }
}

TEST_CASE("answers leave in the order of the texts, whatever the order they come in") {
  stream_core core({.group_items_max = 2});
  core.add(texts(6));
  const auto a = core.next_group(), b = core.next_group(), c = core.next_group();
  answer(core, *c);
  CHECK(drain(core).empty());
  answer(core, *a);
  CHECK(drain(core) == std::vector<std::string>{"0", "1"});
  CHECK_FALSE(core.finished());
  answer(core, *b);
  core.close();
  CHECK_FALSE(core.finished()); // four answers have not left
  CHECK(drain(core) == std::vector<std::string>{"2", "3", "4", "5"});
  REQUIRE(core.finished());
  CHECK(core.finished()->code == errc::none);
}

TEST_CASE("one message is written at a time") {
  stream_core core({});
  core.add(texts(2));
  answer(core, *core.next_group());
  CHECK(core.next_message());
  CHECK(core.more_messages());
  CHECK_FALSE(core.next_message());
  core.written();
  CHECK(core.next_message());
  CHECK_FALSE(core.more_messages());
}

TEST_CASE("reading stops at the window and goes on when answers have left") {
  SUBCASE("texts") {
    stream_core core({.items_max = 4, .group_items_max = 2});
    CHECK(core.may_read());
    core.add(texts(3));
    CHECK(core.may_read());
    const auto a = core.next_group(), b = core.next_group();
    CHECK(core.may_read());
    core.add(texts(2));
    CHECK(core.items_held() == 5);
    CHECK_FALSE(core.next_group()); // 3 texts are computed, 2 more would be 5
    answer(core, *a);
    CHECK(core.next_group());
    CHECK_FALSE(core.may_read()); // 5 texts are held until their answers leave
    CHECK(drain(core).size() == 2);
    CHECK(core.may_read());
  }
  SUBCASE("bytes") {
    stream_core core({.items_max = 100, .bytes_max = 100});
    core.add(texts(1, 100));
    const auto group = core.next_group();
    CHECK_FALSE(core.may_read());
    answer(core, *group);
    CHECK_FALSE(core.may_read());
    drain(core);
    CHECK(core.may_read());
  }
}

TEST_CASE("a message that is larger than the window passes piece by piece") {
  stream_core core({.items_max = 8, .group_items_max = 4});
  core.add(texts(100));
  core.close();
  size_t most = 0;
  std::vector<std::string> out;
  while (!core.finished()) {
    while (auto group = core.next_group()) {
      most = std::max<size_t>(most, core.items_computing());
      answer(core, *group);
    }
    for (auto& one : drain(core))
      out.push_back(std::move(one));
  }
  CHECK(most <= 8);
  REQUIRE(out.size() == 100);
  for (size_t i = 0; i < out.size(); ++i)
    CHECK(out[i] == std::to_string(i));
}

TEST_CASE("a group that fails for one text's sake goes again, text by text, before all others") {
  stream_core core({.group_items_max = 3});
  core.add(texts(5));
  auto first = core.next_group();
  core.split(*std::move(first));
  for (uint64_t want = 0; want < 3; ++want) {
    const auto one = core.next_group();
    CHECK(one->first == want);
    CHECK(one->request.texts.size() == 1);
    answer(core, *one);
  }
  answer(core, *core.next_group());
  core.close();
  CHECK(drain(core) == std::vector<std::string>{"0", "1", "2", "3", "4"});
  CHECK(core.finished());
}

TEST_CASE("texts that wait go together, whatever messages they came in, and no more groups are out than may be") {
  stream_core core({.items_max = 100, .group_items_max = 8, .groups_max = 2});
  for (int i = 0; i < 20; ++i)
    core.add(texts(1));
  std::vector<weft::stream_group> out;
  out.push_back(*core.next_group());
  out.push_back(*core.next_group());
  CHECK_FALSE(core.next_group()); // two are out
  std::vector<size_t> sizes;
  uint64_t next = 0;
  while (!out.empty()) {
    CHECK(out.front().first == next);
    next += out.front().request.texts.size();
    sizes.push_back(out.front().request.texts.size());
    answer(core, out.front());
    out.erase(out.begin());
    if (auto group = core.next_group())
      out.push_back(*std::move(group));
  }
  CHECK(sizes == std::vector<size_t>{8, 8, 4});
  CHECK(drain(core).size() == 20);
}

TEST_CASE("texts go together only where model and options agree") {
  stream_core core({.group_items_max = 8});
  auto other = texts(2);
  other.options.normalize = false;
  auto named = other;
  named.model = "m";
  for (const auto& message : {texts(1), texts(2), other, other, named, texts(1)})
    core.add(message);
  std::vector<size_t> sizes;
  while (auto group = core.next_group())
    sizes.push_back(group->request.texts.size());
  CHECK(sizes == std::vector<size_t>{3, 4, 2, 1});
}

TEST_CASE("texts that go alone do not meet others again, also when they are refused") {
  stream_core core({.group_items_max = 4});
  core.add(texts(2));
  core.add(texts(3));
  auto first = core.next_group();
  CHECK(first->request.texts.size() == 4);
  core.split(*std::move(first));
  auto alone = core.next_group();
  CHECK(alone->request.texts.size() == 1);
  core.retry(*std::move(alone));
  std::vector<size_t> sizes;
  while (auto group = core.next_group())
    sizes.push_back(group->request.texts.size());
  CHECK(sizes == std::vector<size_t>{1, 1, 1, 1, 1});
}

TEST_CASE("where streams crowd the node, one of them has a small group out at most") {
  stream_core core({});
  core.add(texts(100));
  const auto one = core.next_group(true);
  CHECK(one->request.texts.size() == weft::crowded_group_items);
  CHECK_FALSE(core.next_group(true));
  CHECK(core.next_group(false)->request.texts.size() == 64);
}

TEST_CASE("memory is held for texts and answers until the answers have left") {
  stream_core core({});
  core.add(texts(2, 100));
  CHECK(core.bytes_held() == 2 * (100 + weft::item_bytes));
  answer(core, *core.next_group());
  CHECK(core.bytes_held() == 2 * (100 + weft::item_bytes));
  drain(core);
  CHECK(core.bytes_held() == 0);
}

TEST_CASE("an answer that has more bytes than its text is held for what it has") {
  stream_core core({.bytes_max = 10'000});
  core.add(texts(2, 100));
  const auto group = *core.next_group();
  CHECK(core.may_read());
  std::vector<grpc::ByteBuffer> messages;
  messages.push_back(message(std::string(50'000, 'x')));
  messages.push_back(message("small"));
  core.done(group.first, std::move(messages));
  CHECK(core.bytes_held() == 50'000 + 100 + weft::item_bytes);
  CHECK_FALSE(core.may_read());
  REQUIRE(core.next_message());
  core.written();
  CHECK(core.bytes_held() == 100 + weft::item_bytes);
  CHECK(core.may_read());
  drain(core);
  CHECK(core.bytes_held() == 0);
}

TEST_CASE("while the client leaves answers unread, no text goes out but the one that they wait for") {
  stream_core core({.items_max = 8, .bytes_max = 10'000, .group_items_max = 1, .groups_max = 2});
  const auto large = [&](const weft::stream_group& group) {
    std::vector<grpc::ByteBuffer> messages;
    messages.push_back(message(std::string(20'000, 'x')));
    core.done(group.first, std::move(messages));
  };
  core.add(texts(6, 1'000));
  const auto a = *core.next_group(), b = *core.next_group();
  SUBCASE("all in order") {
    large(a);
    CHECK_FALSE(core.next_group()); // 4 texts wait, and nobody has read a byte
    large(b);
    CHECK_FALSE(core.next_group());
    REQUIRE(core.next_message());
    CHECK_FALSE(core.next_group()); // it has not left
    core.written();
    CHECK_FALSE(core.next_group());
    drain(core);
    CHECK(core.next_group()->first == 2);
    CHECK(core.next_group()->first == 3);
  }
  SUBCASE("the first one goes again") {
    large(b);
    CHECK_FALSE(core.next_group());
    core.retry(a);
    REQUIRE(core.next_group()->first == 0);
    CHECK_FALSE(core.next_group());
    large(a);
    drain(core);
    CHECK(core.next_group()->first == 2);
  }
}

TEST_CASE("groups that were refused go again in order") {
  stream_core core({.group_items_max = 1});
  core.add(texts(4));
  auto a = core.next_group(), b = core.next_group(), c = core.next_group();
  core.retry(*std::move(b));
  core.retry(*std::move(a));
  core.retry(*std::move(c));
  for (uint64_t want = 0; want < 4; ++want)
    CHECK(core.next_group()->first == want);
}

TEST_CASE("an end at a text comes after the answers before it, and nothing after") {
  stream_core core({.group_items_max = 1});
  core.add(texts(5));
  const auto a = core.next_group(), b = core.next_group(), c = core.next_group();
  core.end(c->first, 1, {errc::draining, "late"});
  core.end(b->first, 1, {errc::unknown_model, "early"});
  CHECK_FALSE(core.may_read());
  CHECK_FALSE(core.next_group()); // the rest would be computed for nobody
  CHECK_FALSE(core.finished());
  answer(core, *a);
  CHECK(drain(core) == std::vector<std::string>{"0"});
  REQUIRE(core.finished());
  CHECK(core.finished()->code == errc::unknown_model);
}

TEST_CASE("closing with a reason answers what was read and ends with it; a client that had finished ends well") {
  for (const bool half_closed : {false, true}) {
    CAPTURE(half_closed);
    stream_core core({});
    core.add(texts(1));
    if (half_closed)
      core.close();
    core.close({errc::draining, "stopping"});
    CHECK_FALSE(core.may_read());
    core.add(texts(1)); // was on its way
    answer(core, *core.next_group());
    CHECK(drain(core) == std::vector<std::string>{"0"});
    REQUIRE(core.finished());
    CHECK(core.finished()->code == (half_closed ? errc::none : errc::draining));
  }
}

TEST_CASE("when the client has gone, nothing more is computed or written, and the end waits for the write under way") {
  stream_core core({.group_items_max = 1});
  core.add(texts(3));
  const auto a = core.next_group();
  const auto b = core.next_group();
  answer(core, *a);
  REQUIRE(core.next_message());
  core.abandon();
  CHECK_FALSE(core.next_group());
  CHECK_FALSE(core.may_read());
  CHECK_FALSE(core.finished());
  core.written();
  REQUIRE(core.finished());
  CHECK(core.finished()->code == errc::cancelled);
  answer(core, *b); // late answers do no harm
  CHECK_FALSE(core.next_message());
}

TEST_CASE("a stream that is over holds nothing, and what comes back late does nothing") {
  stream_core core({.group_items_max = 2});
  core.add(texts(10, 100));
  const auto a = core.next_group(), b = core.next_group(), c = core.next_group(), d = core.next_group();
  answer(core, *a);
  core.discard();
  CHECK(core.items_held() == 0);
  answer(core, *b);
  core.retry(*c);
  core.split(*d);
  CHECK(core.items_computing() == 0);
  CHECK_FALSE(core.next_group());
  CHECK_FALSE(core.next_message());
  CHECK_FALSE(core.may_read());
}
