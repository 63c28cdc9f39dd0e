#include "runtime/admission/admission.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <thread>
#include <vector>

using namespace weft;

namespace {

embed_request request_of(std::vector<size_t> sizes) {
  embed_request request;
  for (auto size : sizes)
    request.texts.emplace_back(size, 'x');
  return request;
}

std::shared_ptr<admission> make_gate(const call_limits& limits) {
  return std::make_shared<admission>(limits);
}

} // namespace

TEST_CASE("a call is measured against each limit, and the message names what broke it") {
  const call_limits limits{.bytes_max = 60, .items_max = 3, .text_bytes_max = 20, .call_bytes_max = 40};
  struct row {
    std::vector<size_t> sizes;
    errc want;
    std::vector<std::pair<std::string, std::string>> metadata;
  };
  const std::vector<row> rows{
      {{}, errc::empty_call, {}},
      {{0}, errc::none, {}},
      {{20, 20}, errc::none, {}},
      {{1, 1, 1, 1}, errc::too_many_items, {{"items", "4"}, {"limit", "3"}}},
      {{1, 21}, errc::text_too_large, {{"item", "1"}, {"bytes", "21"}, {"limit", "20"}}},
      {{20, 20, 1}, errc::call_too_large, {{"bytes", "41"}, {"limit", "40"}}},
  };
  for (const auto& [sizes, want, metadata] : rows) {
    CAPTURE(sizes.size());
    auto permit = make_gate(limits)->admit(request_of(sizes));
    REQUIRE(static_cast<bool>(permit) == (want == errc::none));
    if (permit)
      continue;
    CHECK(permit.error().code == want);
    CHECK(permit.error().metadata == metadata);
  }
}

TEST_CASE("a call that is larger than all credit is told so, not to come back") {
  auto permit = make_gate({.bytes_max = 10, .call_bytes_max = 100})->admit(request_of({11}));
  REQUIRE(!permit);
  CHECK(permit.error().code == errc::call_too_large);
}

TEST_CASE("calls and bytes in flight have a limit, and come back when the permit goes") {
  struct row {
    call_limits limits;
    size_t size;
    size_t fit; ///< calls of that size
  };
  for (const auto& [limits, size, fit] : {row{{.calls_max = 2, .bytes_max = 100}, 10, 2},
                                          row{{.calls_max = 9, .bytes_max = 35}, 10, 3}, row{{.calls_max = 0}, 1, 0}}) {
    CAPTURE(limits.calls_max);
    auto gate = make_gate(limits);
    std::vector<permit_ptr> permits;
    for (size_t i = 0; i < fit; ++i) {
      auto permit = gate->admit(request_of({size}));
      REQUIRE(permit);
      permits.push_back(*permit);
    }
    CHECK(gate->calls_in_flight() == fit);
    CHECK(gate->bytes_in_flight() == fit * size);
    auto refused = gate->admit(request_of({size}));
    REQUIRE(!refused);
    CHECK(refused.error().code == errc::overloaded);
    CHECK(refused.error().retry_after == overload_retry_after);
    CHECK(gate->calls_refused() == 1);
    permits.clear();
    CHECK(gate->calls_in_flight() == 0);
    CHECK(gate->bytes_in_flight() == 0);
    CHECK(gate->calls_done() == fit);
  }
}

TEST_CASE("new limits hold from the next call on") {
  auto gate = make_gate({.calls_max = 1});
  auto first = gate->admit(request_of({1}));
  CHECK(!gate->admit(request_of({1})));
  gate->set_limits({.calls_max = 2});
  auto second = gate->admit(request_of({1}));
  CHECK(second);
  CHECK(gate->limits().calls_max == 2);
}

TEST_CASE("a closed gate refuses with errc::draining and tells once when the last call has gone") {
  auto gate = make_gate({});
  int told = 0;
  auto permit = gate->admit(request_of({1}));
  gate->close([&] { ++told; });
  CHECK(told == 0);
  auto refused = gate->admit(request_of({1}));
  REQUIRE(!refused);
  CHECK(refused.error().code == errc::draining);
  CHECK(told == 0);
  *permit = nullptr;
  CHECK(told == 1);
  CHECK(!gate->admit(request_of({1})));
  CHECK(told == 1);
}

TEST_CASE("closing an idle gate tells at once, and a second close tells as well") {
  auto gate = make_gate({});
  int told = 0;
  gate->close([&] { ++told; });
  gate->close([&] { told += 10; });
  CHECK(told == 11);
}

TEST_CASE("two closes while a call is in flight both hear of its end") {
  auto gate = make_gate({});
  int told = 0;
  auto permit = gate->admit(request_of({1}));
  gate->close([&] { ++told; });
  gate->close([&] { told += 10; });
  *permit = nullptr;
  CHECK(told == 11);
}

TEST_CASE("a permit may outlive the gate's owner") {
  auto gate = make_gate({});
  auto permit = gate->admit(request_of({1}));
  std::weak_ptr<admission> seen = gate;
  gate.reset();
  CHECK(!seen.expired());
  *permit = nullptr;
  CHECK(seen.expired());
}

TEST_CASE("threads that come and go never pass the limit, lose credit, or miss the end") {
  constexpr uint32_t limit = 3;
  auto gate = make_gate({.calls_max = limit});
  std::atomic<uint32_t> inside{0}, most{0}, told{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&] {
      for (int i = 0; i < 5'000; ++i) {
        auto permit = gate->admit(request_of({1}));
        if (!permit)
          continue;
        auto now = ++inside;
        auto seen = most.load();
        while (seen < now && !most.compare_exchange_weak(seen, now)) {
        }
        --inside;
      }
    });
  gate->close([&] { ++told; });
  for (auto& thread : threads)
    thread.join();
  CHECK(most <= limit);
  CHECK(gate->calls_in_flight() == 0);
  CHECK(gate->bytes_in_flight() == 0);
  CHECK(told == 1);
}
