#include "runtime/cache/single_flight_core.hpp"
#include "tests/runtime/cache/cache_world.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <map>
#include <random>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

using part = single_flight_core::part;
using waiters = std::vector<waiter_id>;
constexpr auto later = cache_start + 1h;
const identity a = what("a");
const cache_key a_key = key_of(a);

waiter_id w(uint64_t n) {
  return waiter_id{n};
}

/// Waiters 1 … n on "a"; 1 leads.
void join(single_flight_core& core, uint64_t n, time_point deadline = later) {
  for (uint64_t i = 1; i <= n; ++i) {
    auto joined = core.join(w(i), a, a_key, deadline);
    REQUIRE(joined);
    CHECK((*joined == part::leads) == (i == 1));
  }
}

} // namespace

TEST_CASE("a thousand calls for one text are one computation, and all get its result") {
  single_flight_core core;
  join(core, 1'000);
  CHECK(core.flights() == 1);
  CHECK(core.followed() == 999);
  CHECK(core.completed(a, a_key).size() == 1'000);
  CHECK(core.flights() == 0);
  CHECK(core.waiters() == 0);
  CHECK(core.completed(a, a_key).empty());
  CHECK(*core.join(w(2'000), a, a_key, later) == part::leads);
}

TEST_CASE("a cancelled leader hands over to the follower that has waited longest") {
  single_flight_core core;
  join(core, 3);
  CHECK(!core.cancelled(w(2)));
  const auto next = core.cancelled(w(1));
  REQUIRE(next);
  CHECK(next->leader == w(3));
  CHECK(next->key == a_key);
  CHECK(core.completed(a, a_key) == waiters{w(3)});
}

TEST_CASE("ten leaders in a row may cancel: it is not held against those who still wait") {
  single_flight_core core{{.attempts_max = 2}};
  join(core, 11);
  for (uint64_t i = 1; i <= 10; ++i) {
    const auto next = core.cancelled(w(i));
    REQUIRE(next);
    CHECK(next->leader == w(i + 1));
  }
  CHECK(core.completed(a, a_key) == waiters{w(11)});
}

TEST_CASE("a leader that throws or whose node dies is answered, and the next one computes") {
  for (auto why : {errc::internal, errc::unavailable, errc::engine_failed, errc::overloaded}) {
    CAPTURE(to_string(why));
    single_flight_core core;
    join(core, 3);
    const auto failed = core.failed(w(1), a, a_key, why);
    CHECK(failed.answer == waiters{w(1)});
    REQUIRE(failed.next);
    CHECK(failed.next->leader == w(2));
    CHECK(core.completed(a, a_key) == waiters{w(2), w(3)});
  }
}

TEST_CASE("a text that no leader can compute answers all at once") {
  for (auto why : {errc::invalid_utf8, errc::text_too_long, errc::text_too_large, errc::unknown_model}) {
    CAPTURE(to_string(why));
    single_flight_core core;
    join(core, 5);
    const auto failed = core.failed(w(1), a, a_key, why);
    CHECK(failed.answer.size() == 5);
    CHECK(!failed.next);
    CHECK(core.flights() == 0);
  }
}

TEST_CASE("after three failed leaders everybody is told") {
  single_flight_core core;
  join(core, 10);
  CHECK(core.failed(w(1), a, a_key, errc::engine_failed).next->leader == w(2));
  CHECK(core.failed(w(2), a, a_key, errc::engine_failed).next->leader == w(3));
  const auto last = core.failed(w(3), a, a_key, errc::engine_failed);
  CHECK(last.answer.size() == 8);
  CHECK(!last.next);
  CHECK(core.waiters() == 0);
}

TEST_CASE("a node that dies takes its own waiters with it and nobody else's") {
  single_flight_core core;
  join(core, 6); // 1, 3, 5 live on the node that dies, and 1 leads
  std::vector<single_flight_core::handover> started;
  for (uint64_t i : {1, 3, 5})
    if (auto next = core.cancelled(w(i)))
      started.push_back(*next);
  REQUIRE(started.size() == 1);
  CHECK(started[0].leader == w(2));
  CHECK(core.completed(a, a_key) == waiters{w(2), w(4), w(6)});
}

TEST_CASE("a late word of one who leads no longer is a result for all, but no failure for them") {
  single_flight_core core;
  join(core, 3);
  core.cancelled(w(1));
  CHECK(core.failed(w(1), a, a_key, errc::cancelled).answer.empty());
  CHECK(core.waiters() == 2);
  CHECK(core.completed(a, a_key) == waiters{w(2), w(3)}); // the first leader's computation got there after all
}

TEST_CASE("every follower has its own deadline") {
  single_flight_core core;
  REQUIRE(core.join(w(1), a, a_key, cache_start + 30s));
  REQUIRE(core.join(w(2), a, a_key, cache_start + 10s));
  REQUIRE(core.join(w(3), a, a_key, cache_start + 20s));
  CHECK(core.next_deadline() == cache_start + 10s);
  CHECK(core.tick(cache_start + 9s).answer.empty());
  CHECK(core.tick(cache_start + 10s).answer == waiters{w(2)});
  CHECK(core.tick(cache_start + 20s).answer == waiters{w(3)});
  CHECK(core.tick(cache_start + 30s).answer == waiters{w(1)});
  CHECK(core.flights() == 0);
  CHECK(core.next_deadline() == time_point::max());
}

TEST_CASE("an expired leader hands over, and one that expires in the same moment starts nothing") {
  single_flight_core core;
  REQUIRE(core.join(w(1), a, a_key, cache_start + 1s));
  REQUIRE(core.join(w(2), a, a_key, cache_start + 2s));
  REQUIRE(core.join(w(3), a, a_key, later));
  const auto expired = core.tick(cache_start + 2s);
  CHECK(expired.answer == waiters{w(1), w(2)});
  REQUIRE(expired.next.size() == 1);
  CHECK(expired.next[0].leader == w(3));
  CHECK(expired.next[0].deadline == later);
}

TEST_CASE("two texts with one key fly apart") {
  single_flight_core core;
  const auto b = what("b");
  CHECK(*core.join(w(1), a, a_key, later) == part::leads);
  CHECK(*core.join(w(2), b, a_key, later) == part::leads);
  CHECK(*core.join(w(3), b, a_key, later) == part::follows);
  CHECK(core.completed(a, a_key) == waiters{w(1)});
  CHECK(core.completed(b, a_key) == waiters{w(2), w(3)});
}

TEST_CASE("limits refuse who comes last and keep the others") {
  single_flight_core core{{.flights_max = 2, .followers_max = 2}};
  join(core, 3);
  const auto refused = core.join(w(4), a, a_key, later);
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::overloaded);
  CHECK(core.join(w(5), what("b"), key_of(what("b")), later));
  CHECK(!core.join(w(6), what("c"), key_of(what("c")), later));
  CHECK(core.completed(a, a_key).size() == 3);
  CHECK(core.take_all() == waiters{w(5)});
  CHECK(core.flights() == 0);
}

TEST_CASE(
    "whatever happens, every waiter is answered or cancelled exactly once and every flight has a leader at work") {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    CAPTURE(seed);
    std::mt19937_64 random{seed};
    single_flight_core core{{.flights_max = 8, .followers_max = 20, .attempts_max = 3}};
    auto now = cache_start;
    uint64_t last = 0;
    std::map<waiter_id, std::string> open;
    std::map<std::string, waiter_id> leading; // whose computation runs
    const auto ended = [&](const waiters& all) {
      for (auto id : all)
        REQUIRE(open.erase(id) == 1);
    };
    const auto starts = [&](const single_flight_core::handover& h) {
      REQUIRE(open.contains(h.leader));
      leading[h.what.text] = h.leader;
    };
    for (int step = 0; step < 3'000; ++step) {
      const auto text = std::string(1, static_cast<char>('a' + random() % 10));
      const auto asked = what(text);
      switch (random() % 8) {
      case 0:
        if (leading.contains(text)) {
          ended(core.completed(asked, key_of(asked)));
          leading.erase(text);
        }
        break;
      case 1:
        if (leading.contains(text)) {
          auto failed =
              core.failed(leading[text], asked, key_of(asked), random() % 4 ? errc::unavailable : errc::text_too_long);
          ended(failed.answer);
          leading.erase(text);
          if (failed.next)
            starts(*failed.next);
        }
        break;
      case 2:
        if (!open.empty()) {
          auto gone = std::next(open.begin(), static_cast<std::ptrdiff_t>(random() % open.size()));
          const auto of = gone->second;
          const bool led = leading[of] == gone->first;
          auto next = core.cancelled(gone->first);
          CHECK((!next || led));
          if (led)
            leading.erase(of);
          open.erase(gone);
          if (next)
            starts(*next);
        }
        break;
      case 3: {
        now += std::chrono::milliseconds{random() % 500};
        auto expired = core.tick(now);
        for (auto id : expired.answer)
          if (leading[open.at(id)] == id)
            leading.erase(open.at(id));
        ended(expired.answer);
        for (const auto& h : expired.next)
          starts(h);
        break;
      }
      default: {
        const waiter_id id{++last};
        auto joined = core.join(id, asked, key_of(asked), now + std::chrono::milliseconds{1 + random() % 3'000});
        if (!joined)
          break;
        open[id] = text;
        if (*joined == part::leads)
          leading[text] = id;
      }
      }
      REQUIRE(core.waiters() == open.size());
      for (const auto& [id, of] : open) {
        REQUIRE(leading.contains(of));
        REQUIRE(open.contains(leading[of]));
      }
    }
  }
}
