// What the actors cost: an engine that answers at once, so that nothing but the path remains.
// Usage: actor_path_bench [CALLS] [SCHEDULER_THREADS]. Prints JSON: the time of one call with one in flight (submit to
// reply, p50 and p99), calls a second with 64 in flight with and without batching, and the cost of a refusal at the
// door beside them.
#include "actors/actor_tree.hpp"
#include "tests/support/fake_model.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <semaphore>
#include <string>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

/// Tells when it has its answer.
class timed_call final : public weft::call {
public:
  timed_call(weft::embed_request request, std::counting_semaphore<>& done)
      : call({}, std::move(request)), done_(done) {}

private:
  void on_reply(weft::embed_result&&) noexcept override { done_.release(); }
  void on_fail(weft::failure&& reason) noexcept override {
    if (reason.code != weft::errc::overloaded)
      std::fprintf(stderr, "%s\n", reason.message.c_str());
    done_.release();
  }

  std::counting_semaphore<>& done_;
};

weft::call_ptr make_call(std::counting_semaphore<>& done) {
  return std::make_shared<timed_call>(weft::embed_request{.texts = {"the weft crosses the warp"}}, done);
}

double micro(clock_type::duration time) {
  return std::chrono::duration<double, std::micro>(time).count();
}

std::vector<double> one_in_flight(weft::ingress& door, int calls) {
  std::counting_semaphore<> done{0};
  std::vector<double> times;
  for (int i = 0; i < calls; ++i) {
    auto call = make_call(done);
    auto start = clock_type::now();
    door.submit(std::move(call));
    done.acquire();
    times.push_back(micro(clock_type::now() - start));
  }
  std::ranges::sort(times);
  return times;
}

double calls_a_second(weft::ingress& door, int calls, int in_flight) {
  std::counting_semaphore<> done{in_flight};
  auto start = clock_type::now();
  for (int i = 0; i < calls; ++i) {
    done.acquire();
    door.submit(make_call(done));
  }
  for (int i = 0; i < in_flight; ++i)
    done.acquire();
  return calls / (micro(clock_type::now() - start) * 1e-6);
}

} // namespace

int main(int argc, char** argv) {
  const int calls = argc > 1 ? std::max(std::atoi(argv[1]), 100) : 20'000;
  auto device = std::make_shared<weft::test::fake_device>(weft::test::fake_device::mode::instant);
  weft::tree_options options{.node_name = "bench"};
  if (argc > 2)
    options.scheduler_threads = static_cast<uint32_t>(std::max(std::atoi(argv[2]), 1));
  options.models.push_back({"m", weft::model_load::kept, [device]() -> weft::result<weft::model_ptr> {
                              return weft::model_ptr{std::make_shared<weft::test::fake_model>(device)};
                            }});
  options.pools.push_back({.model = "m"});
  options.cache.enabled = false;
  weft::actor_tree tree{options};
  one_in_flight(tree.entrance(), 100);
  auto times = one_in_flight(tree.entrance(), calls);
  auto throughput = calls_a_second(tree.entrance(), calls, 64);

  auto plain = options;
  plain.plain = true;
  double unbatched = 0;
  {
    weft::actor_tree one_by_one{plain};
    unbatched = calls_a_second(one_by_one.entrance(), calls, 64);
  }

  auto closed = options;
  closed.limits.calls_max = 0;
  weft::actor_tree full{closed};
  auto refusals = one_in_flight(full.entrance(), calls);
  std::printf("{\"calls\": %d, \"one_in_flight_p50_us\": %.1f, \"one_in_flight_p99_us\": %.1f, "
              "\"calls_per_second_64_in_flight\": %.0f, \"calls_per_second_64_in_flight_plain\": %.0f, "
              "\"refusal_p50_us\": %.2f}\n",
              calls, times[times.size() / 2], times[times.size() * 99 / 100], throughput, unbatched,
              refusals[refusals.size() / 2]);
}
