#include "node/events.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <thread>
#include <unistd.h>

using namespace std::chrono_literals;

TEST_CASE("signals and posted events are given one by one") {
  weft::event_source events;
  CHECK_FALSE(events.wait(0ms));
  for (const auto& [signal, wanted, name] : {std::tuple{SIGHUP, weft::node_event::reload, "SIGHUP"},
                                             {SIGTERM, weft::node_event::terminate, "SIGTERM"},
                                             {SIGINT, weft::node_event::terminate, "SIGINT"}}) {
    ::kill(::getpid(), signal);
    const auto event = events.wait(60s);
    REQUIRE(event);
    CHECK(event->event == wanted);
    CHECK(event->detail == name);
  }
  std::thread{[&] { events.post(weft::node_event::unhealthy, "why"); }}.join();
  events.post(weft::node_event::drained);
  const auto first = events.wait(60s);
  REQUIRE(first);
  CHECK(first->event == weft::node_event::unhealthy);
  CHECK(first->detail == "why");
  const auto second = events.wait(60s);
  REQUIRE(second);
  CHECK(second->event == weft::node_event::drained);
  CHECK_FALSE(events.wait(0ms));
}

TEST_CASE("an event posted later wakes the waiter") {
  weft::event_source events;
  std::thread poster{[&] { events.post(weft::node_event::drained); }};
  const auto event = events.wait(60s);
  poster.join();
  REQUIRE(event);
  CHECK(event->event == weft::node_event::drained);
}
