#include "tests/cluster/steady_load.hpp"

#include "tools/weft/client.hpp"
#include "weft/v1/embed.grpc.pb.h"

#include <algorithm>

namespace weft::test {

using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

namespace {

constexpr uint32_t calls_per_endpoint = 8; // then it is the next one's turn
constexpr size_t texts_max = 4;
constexpr auto call_time_max = 60s;

} // namespace

steady_load::steady_load(options o) : options_(std::move(o)) {
  for (uint32_t i = 0; i < options_.clients; ++i)
    threads_.emplace_back([this, i] { run(i); });
}

steady_load::~steady_load() {
  (void)stop();
}

steady_load::outcome steady_load::stop() {
  {
    const std::lock_guard hold(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (auto& thread : threads_)
    thread.join();
  threads_.clear();
  return outcome_;
}

bool steady_load::goes_on(uint64_t calls) {
  std::unique_lock hold(mutex_);
  const auto wanted = outcome_.calls + calls;
  return changed_.wait_for(hold, call_time_max, [&] { return outcome_.calls >= wanted; });
}

/// False when it is time to stop.
bool steady_load::pause() {
  std::unique_lock hold(mutex_);
  return !changed_.wait_for(hold, options_.pace, [&] { return stopping_; });
}

void steady_load::run(uint32_t number) {
  auto endpoints = options_.endpoints;
  std::rotate(endpoints.begin(), endpoints.begin() + number % endpoints.size(), endpoints.end());
  cli::client to{{.endpoints = endpoints}};
  std::mt19937_64 random{options_.seed * 1'000 + number};
  for (uint32_t calls = 1; pause(); ++calls) {
    call(to, random);
    if (calls % calls_per_endpoint == 0)
      to.next();
  }
}

void steady_load::call(cli::client& to, std::mt19937_64& random) {
  std::vector<size_t> indices(1 + random() % texts_max);
  for (auto& index : indices)
    index = random() % options_.answers->size();
  const auto request = options_.answers->request(indices);
  v1::EmbedResponse reply;
  uint64_t attempts = 0;
  const auto began = clock_type::now();
  const auto problem = to.call([&](const auto& channel, grpc::ClientContext& context) {
    ++attempts;
    reply.Clear();
    context.set_deadline(std::chrono::system_clock::now() + call_time_max);
    return v1::EmbedService::NewStub(channel)->Embed(&context, request, &reply);
  });
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(clock_type::now() - began);
  const auto wrong = problem ? std::string{} : options_.answers->differs(indices, reply);
  {
    const std::lock_guard hold(mutex_);
    ++outcome_.calls;
    outcome_.attempts += attempts;
    outcome_.failed += problem ? 1 : 0;
    outcome_.wrong += wrong.empty() ? 0 : 1;
    outcome_.slowest = std::max(outcome_.slowest, took);
    if (outcome_.first_problem.empty())
      outcome_.first_problem = problem ? problem->what : wrong;
  }
  changed_.notify_all();
}

} // namespace weft::test
