#include "node/grpc/convert.hpp"
#include "node/grpc/submit_core.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace weft;

namespace {

submit_message texts(std::vector<std::string> all, std::optional<uint64_t> first = std::nullopt) {
  submit_message out;
  out.texts = std::move(all);
  out.first_item = first;
  return out;
}

} // namespace

TEST_CASE("texts that are there already are left out, and a gap is refused") {
  struct row {
    std::optional<uint64_t> first;
    std::vector<std::string> sent;
    std::vector<std::string> want;
  };
  for (const auto& [first, sent, want] :
       {row{std::nullopt, {"a", "b"}, {"a", "b"}}, row{10, {"a", "b"}, {"a", "b"}}, row{9, {"a", "b"}, {"b"}},
        row{8, {"a", "b"}, {}}, row{0, {"a", "b"}, {}}, row{5, {}, {}}}) {
    CAPTURE(first.value_or(999));
    submit_core core;
    core.opened(10);
    const auto step = core.take(texts(sent, first));
    REQUIRE(step);
    CHECK(step->texts == want);
    CHECK_FALSE(step->complete);
    CHECK(core.items_taken() == 10 + want.size());
    CHECK(core.bytes_waiting() == want.size() * (1 + submitted_text_bytes));
  }
  submit_core core;
  core.opened(10);
  const auto gap = core.take(texts({"x"}, 11));
  REQUIRE_FALSE(gap);
  CHECK(gap.error().code == errc::invalid_argument);
  CHECK(gap.error().metadata ==
        std::vector<std::pair<std::string, std::string>>{{"field", "first_item"}, {"item", "10"}});
}

TEST_CASE("no more is read while a window of texts is not durable") {
  submit_core core;
  CHECK_FALSE(core.may_read()); // not open yet
  core.opened(0);
  CHECK(core.may_read());
  const uint64_t first = submission_window - 3 * submitted_text_bytes - 2;
  REQUIRE(core.take(texts({std::string(first, 'x'), "b"})));
  CHECK(core.may_read());
  REQUIRE(core.take(texts({"c", "dd"})));
  CHECK_FALSE(core.may_read());
  CHECK(core.bytes_waiting() == submission_window + submitted_text_bytes + 2);
  core.durable(1); // a part of the first message: a segment ended there
  CHECK(core.bytes_waiting() == 3 * submitted_text_bytes + 4);
  CHECK(core.may_read());
  core.durable(3);
  CHECK(core.bytes_waiting() == submitted_text_bytes + 2);
  core.durable(1);
  CHECK(core.bytes_waiting() == submitted_text_bytes + 2);
  core.durable(4);
  CHECK(core.bytes_waiting() == 0);
}

TEST_CASE("the rest of a segment at the end of a message larger than the window leaves room for the next one") {
  submit_core core;
  core.opened(7);
  REQUIRE(core.take(texts(std::vector<std::string>(100, std::string(100'000, 'x'))))); // 9.6 segments
  CHECK_FALSE(core.may_read());
  core.durable(7 + 90); // nine segments of ten texts; the rest waits for more texts
  CHECK(core.bytes_waiting() < segment_rest_bytes);
  CHECK(core.may_read());
}

TEST_CASE("empty texts take room, too") {
  submit_core core;
  core.opened(0);
  size_t messages = 0;
  for (; core.may_read(); ++messages)
    REQUIRE(core.take(texts(std::vector<std::string>(message_items_max))));
  CHECK(messages == submission_window / (message_items_max * submitted_text_bytes));
}

TEST_CASE("after the last text nothing is read, and a job is opened once") {
  submit_core core;
  core.opened(0);
  submit_message again;
  again.opening = job_opening{};
  CHECK(core.take(std::move(again)).error().code == errc::invalid_argument);
  auto last = texts({"a"});
  last.complete = true;
  const auto step = core.take(std::move(last));
  REQUIRE(step);
  CHECK(step->complete);
  CHECK(core.complete());
  CHECK_FALSE(core.may_read());
}
