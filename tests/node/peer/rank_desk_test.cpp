#include "node/peer/rank_desk.hpp"
#include "tests/node/peer/scripted_stream.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace weft::test;

namespace {

struct fake_host final : rank_host {
  std::vector<std::pair<uint32_t, std::shared_ptr<rank_stream>>> taken;
  uint32_t ranks() const noexcept override { return 3; }
  void take(uint32_t from, std::shared_ptr<rank_stream> stream) override {
    taken.emplace_back(from, std::move(stream));
  }
};

constexpr job_id job{.high = 1, .low = 2};

rank_pair pair(uint64_t epoch, uint32_t from = 0, uint32_t to = 2, uint32_t ranks = 3) {
  return {.communicator = {job, epoch, 0}, .ranks = ranks, .from = from, .to = to};
}

rank_place place(uint64_t epoch, uint32_t rank = 2) {
  return {.communicator = {job, epoch, 0}, .rank = rank};
}

std::shared_ptr<scripted_stream> come(rank_desk& desk, const rank_pair& to) {
  auto stream = scripted_stream::called();
  stream->pair_read(true);
  desk.arrive(to, stream);
  return stream;
}

/// Why the stream was refused; errc::none: it was not.
failure refusal(const std::shared_ptr<scripted_stream>& stream) {
  return stream->answers.empty() ? failure{errc::none, {}} : stream->answers.at(0).error();
}

} // namespace

TEST_CASE("a stream finds its rank, before it or after") {
  rank_desk desk;
  const auto host = std::make_shared<fake_host>();
  const auto early = come(desk, pair(5, 0));
  const auto other = come(desk, pair(5, 0, 1)); // for a rank that does not come
  CHECK(desk.held() == 2);
  CHECK(desk.open(place(5), host));
  CHECK(desk.held() == 1);
  const auto late = come(desk, pair(5, 1));
  REQUIRE(host->taken.size() == 2);
  CHECK(host->taken[0] == std::pair<uint32_t, std::shared_ptr<rank_stream>>{0, early});
  CHECK(host->taken[1] == std::pair<uint32_t, std::shared_ptr<rank_stream>>{1, late});
  CHECK(refusal(other).code == errc::none);
}

TEST_CASE("an earlier epoch is refused at once and hears which one runs, a later one waits") {
  rank_desk desk;
  const auto held = come(desk, pair(4));
  const auto ahead = come(desk, pair(6));
  const auto stranger = come(desk, {.communicator = {{7, 7}, 1, 0}, .ranks = 3, .from = 0, .to = 2});
  CHECK(desk.open(place(5), std::make_shared<fake_host>()));
  const auto late = come(desk, pair(3));
  for (const auto& old : {held, late}) {
    const auto why = refusal(old);
    CHECK(why.code == errc::unavailable);
    CHECK(why.metadata == std::vector<std::pair<std::string, std::string>>{{"epoch", "5"}});
  }
  CHECK(refusal(ahead).code == errc::none);
  CHECK(refusal(stranger).code == errc::none);
  CHECK(desk.held() == 2);
}

TEST_CASE("another formation of the epoch is refused, before and after the rank is there; of another job it waits") {
  rank_desk desk;
  const auto formed = [](uint64_t formation, job_id of = job) {
    return rank_pair{.communicator = {of, 5, formation}, .ranks = 3, .from = 0, .to = 2};
  };
  const auto early = come(desk, formed(2));
  const auto right = come(desk, formed(1));
  const auto stranger = come(desk, formed(2, {7, 7}));
  const auto host = std::make_shared<fake_host>();
  CHECK(desk.open({.communicator = {job, 5, 1}, .rank = 2}, host));
  for (const auto& wrong : {early, come(desk, formed(3))}) {
    const auto why = refusal(wrong);
    CHECK(why.code == errc::unavailable);
    CHECK(why.metadata == std::vector<std::pair<std::string, std::string>>{{"epoch", "5"}});
  }
  REQUIRE(host->taken.size() == 1);
  CHECK(host->taken[0].second == right);
  CHECK(refusal(stranger).code == errc::none);
  CHECK(desk.held() == 1);
}

TEST_CASE("so many wait, and who gives up makes room") {
  rank_desk desk({.held_max = 2});
  const auto first = come(desk, pair(1));
  const auto second = come(desk, pair(1, 1));
  CHECK(refusal(come(desk, pair(2))).code == errc::overloaded);
  CHECK(desk.forget(first.get()));
  CHECK_FALSE(desk.forget(first.get()));
  CHECK(refusal(come(desk, pair(2))).code == errc::none);
  CHECK(desk.held() == 2);
}

TEST_CASE("who comes when the rank has closed hears so at once; of ends that are long past nothing is remembered") {
  rank_desk desk({.ended_max = 2});
  for (uint64_t epoch = 1; epoch <= 3; ++epoch) {
    CHECK(desk.open(place(epoch), std::make_shared<fake_host>()));
    desk.close(place(epoch));
  }
  CHECK(refusal(come(desk, pair(3))).code == errc::unavailable);
  CHECK(refusal(come(desk, pair(2))).code == errc::unavailable);
  CHECK(refusal(come(desk, pair(1))).code == errc::none);
  desk.close(place(9)); // that never was
}

TEST_CASE("a place is taken once") {
  rank_desk desk;
  CHECK(desk.open(place(1), std::make_shared<fake_host>()));
  CHECK(desk.open(place(1, 1), std::make_shared<fake_host>())); // another rank of the same node
  CHECK(desk.open(place(1), std::make_shared<fake_host>()).error().code == errc::invalid_argument);
  desk.close(place(1));
  CHECK(desk.open(place(1), std::make_shared<fake_host>()).error().code == errc::invalid_argument);
}

TEST_CASE("who counts other ranks is refused, before and after the rank is there") {
  rank_desk desk;
  const auto early = come(desk, pair(1, 0, 2, 4));
  const auto host = std::make_shared<fake_host>();
  CHECK(desk.open(place(1), host));
  for (const auto& stream : {early, come(desk, pair(1, 0, 2, 5))})
    CHECK(refusal(stream).code == errc::invalid_argument);
  CHECK(host->taken.empty());
}
