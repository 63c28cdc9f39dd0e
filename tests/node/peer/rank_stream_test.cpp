#include "tests/node/grpc/test_node.hpp"
#include "tests/node/peer/scripted_stream.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

/// A called stream whose pair has been read, started for rank 0.
struct running {
  std::shared_ptr<scripted_stream> stream = scripted_stream::called();
  std::shared_ptr<recording_sink> sink = std::make_shared<recording_sink>();
  running() {
    stream->pair_read(true);
    stream->start(0, sink);
  }
};

uint64_t number_in(const std::string& bytes) {
  const auto frame = decode_rank_frame(bytes);
  REQUIRE(frame);
  return number_of(*frame);
}

} // namespace

TEST_CASE("a called stream reads nothing before it is started, then one frame after the other") {
  const auto stream = scripted_stream::called();
  const auto sink = std::make_shared<recording_sink>();
  stream->pair_read(true);
  CHECK(stream->reads == 0);
  stream->start(0, sink);
  CHECK(stream->reads == 1);
  stream->read_done(true, encode(piece_frame(7)));
  stream->read_done(true, encode(piece_frame(8)));
  CHECK(stream->reads == 3);
  REQUIRE(sink->frames.size() == 2);
  CHECK(number_of(sink->frames[0]) == 7);
  CHECK(number_of(sink->frames[1]) == 8);
  CHECK(sink->ends.empty());
}

TEST_CASE("frames are written in order, one at a time, what waited for the stream first") {
  const auto stream = scripted_stream::calling(); // which writes its pair now
  rank_outbox early;
  CHECK(early.push(piece_frame(0)));
  stream->put_first(std::move(early));
  stream->start(1, std::make_shared<recording_sink>());
  CHECK(stream->send(piece_frame(1)));
  CHECK(stream->writes.empty());
  for (uint64_t i = 0; i < 2; ++i) {
    stream->write_done(true);
    REQUIRE(stream->writes.size() == i + 1);
    CHECK(number_in(stream->writes[i]) == i);
  }
  stream->write_done(true);
  CHECK(stream->writes.size() == 2);
}

TEST_CASE("beyond the window a stream is overloaded, and ends") {
  const running r;
  CHECK(r.stream->send(piece_frame(0))); // being written
  for (uint64_t i = 0; i < rank_window; ++i)
    CHECK(r.stream->send(piece_frame(1 + i)));
  CHECK(r.stream->send({.epoch = 1, .from = 0, .body = rank_credit{1}}));
  CHECK(r.stream->cancels == 0);
  const auto refused = r.stream->send(piece_frame(9));
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::overloaded);
  CHECK(r.stream->cancels == 1);
  CHECK(r.stream->send(piece_frame(9)).error().code == errc::unavailable);
}

TEST_CASE("even frames without values are bounded") {
  rank_outbox outbox;
  uint64_t taken = 0;
  while (outbox.push({.epoch = 1, .from = 0, .body = rank_credit{taken}}))
    REQUIRE(++taken < 100);
  CHECK(taken == 3 * rank_window);
  static_cast<void>(outbox.pop());
  CHECK(outbox.push({.epoch = 1, .from = 0, .body = rank_leave{}}));
}

TEST_CASE("who leaves writes what waits, then ends its side: the caller half, the called one all") {
  const running called;
  CHECK(called.stream->send(piece_frame(0)));
  CHECK(called.stream->send(piece_frame(1)));
  called.stream->leave(1min);
  CHECK(called.stream->send(piece_frame(2)).error().code == errc::unavailable);
  called.stream->write_done(true);
  CHECK(called.stream->answers.empty());
  called.stream->write_done(true);
  REQUIRE(called.stream->answers.size() == 1);
  CHECK(called.stream->answers[0]);
  CHECK(called.stream->writes.size() == 2);

  const auto calling = scripted_stream::calling();
  const auto sink = std::make_shared<recording_sink>();
  calling->start(1, sink);
  CHECK(calling->send(piece_frame(0)));
  calling->leave(1min);
  calling->write_done(true); // the pair
  CHECK(calling->half_closes == 0);
  calling->write_done(true);
  CHECK(calling->half_closes == 1);
  calling->read_done(true, encode(piece_frame(3, 1))); // the other's last words are heard
  CHECK(sink->frames.size() == 1);
  calling->read_done(false, {});
  CHECK(calling->answers.empty()); // its half-close is under way
  calling->write_done(true);
  CHECK(calling->answers.size() == 1);
}

TEST_CASE("who does not end within the patience of one that leaves is cut off") {
  const running r;
  CHECK(r.stream->send(piece_frame(0))); // never written
  r.stream->leave(0ms);
  CHECK(eventually(
      [&] { return r.stream->send(piece_frame(1)).error().message == "it did not end its stream in time"; }));
}

TEST_CASE("the end is told once, after the frames, and with this side's reason if it has one") {
  const running r;
  r.stream->read_done(true, encode(piece_frame(0)));
  r.stream->read_done(false, {});
  CHECK(r.sink->ends.empty()); // the RPC has not ended yet
  CHECK(r.stream->answers.size() == 1);
  r.stream->tell_down("it ended its stream");
  r.stream->tell_down("again");
  CHECK(r.sink->ends == std::vector<std::string>{"it ended its stream"});

  const running cut;
  cut.stream->cancel("a reason");
  cut.stream->gone();
  CHECK(cut.stream->cancels == 1);
  CHECK(cut.stream->answers.size() == 1);
  cut.stream->tell_down("it ended its stream");
  CHECK(cut.sink->ends == std::vector<std::string>{"a reason"});
}

TEST_CASE("what the other side said last is heard, although nothing can be written to it any more") {
  const auto stream = scripted_stream::calling();
  const auto sink = std::make_shared<recording_sink>();
  stream->start(1, sink);
  stream->write_done(false);
  for (uint64_t i = 0; i < 10 * rank_window; ++i)
    CHECK(stream->send({.epoch = 1, .from = 0, .body = rank_credit{i}}));
  stream->read_done(true, encode(piece_frame(5, 1)));
  CHECK(sink->frames.size() == 1);
  CHECK(sink->ends.empty());
  CHECK(stream->answers.empty());
  stream->read_done(false, {});
  CHECK(stream->answers.size() == 1);
  CHECK(stream->writes.empty());
}

TEST_CASE("a stream that breaks while a write is under way finishes when that has failed") {
  const running r;
  CHECK(r.stream->send(piece_frame(0)));
  CHECK(r.stream->send(piece_frame(1)));
  r.stream->gone();
  CHECK(r.stream->answers.empty());
  CHECK(r.stream->send(piece_frame(2))); // into the void: the end is told when it is time
  r.stream->write_done(false);
  CHECK(r.stream->answers.size() == 1);
  r.stream->read_done(false, {});
  CHECK(r.stream->answers.size() == 1);
  CHECK(r.stream->writes.size() == 1);
}

TEST_CASE("bytes that are no frame, and words in another's name, end the stream") {
  for (const auto& [bytes, why] : {std::pair<std::string, std::string>{"GET / HTTP/1.1", "not a frame"},
                                   {"", "not a frame"},
                                   {encode(piece_frame(0, 5)), "in another rank's name"}}) {
    CAPTURE(why);
    const running r;
    r.stream->read_done(true, bytes);
    CHECK(r.sink->frames.empty());
    CHECK(r.stream->cancels == 1);
    r.stream->tell_down("it ended its stream");
    REQUIRE(r.sink->ends.size() == 1);
    CHECK(r.sink->ends[0].find(why) != std::string::npos);
  }
}

TEST_CASE("a refusal is the answer, but not to a stream that has started") {
  const auto stream = scripted_stream::called();
  stream->pair_read(true);
  stream->refuse({errc::overloaded, "full"});
  REQUIRE(stream->answers.size() == 1);
  REQUIRE_FALSE(stream->answers[0]);
  CHECK(stream->answers[0].error().code == errc::overloaded);
  const running r;
  r.stream->refuse({errc::overloaded, "full"});
  CHECK(r.stream->answers.empty());
}

TEST_CASE("a stream that ended before it was started says so at once") {
  const auto stream = scripted_stream::called();
  const auto sink = std::make_shared<recording_sink>();
  stream->pair_read(true);
  stream->gone();
  CHECK(stream->answers.size() == 1);
  stream->start(0, sink);
  CHECK(stream->reads == 0);
  CHECK(sink->ends.size() == 1);
}
