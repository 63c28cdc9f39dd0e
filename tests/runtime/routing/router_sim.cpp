#include "tests/runtime/routing/router_sim.hpp"

#include <algorithm>
#include <cmath>
#include <deque>
#include <queue>
#include <random>
#include <vector>

namespace weft::test {
namespace {

constexpr uint32_t engines = 4;
constexpr double network = 0.0005; ///< one way, seconds
constexpr double service = 0.05;   ///< mean on a fast replica, seconds
constexpr double antagonist_speed = 0.4;
constexpr double antagonist_on = 1.5; ///< mean seconds, as is antagonist_off
constexpr double antagonist_off = 8.5;

enum class what : uint8_t { request, arrives, computed, replied, antagonist };

struct event {
  double at;
  what kind;
  uint32_t subject; ///< of antagonist: the replica
  uint64_t request;
  uint64_t order; ///< breaks ties, so that the run does not depend on the heap
  bool operator<(const event& other) const { return at > other.at || (at == other.at && order > other.order); }
};

struct request_state {
  double since = 0;
  uint32_t router = 0;
  uint32_t replica = 0;
  bool error = false;
  route where{};
  node_load load{};
};

struct replica_state {
  double speed = 1;
  bool slowed = false;
  uint32_t busy = 0;
  uint32_t in_flight = 0; ///< sent to it and not computed: what the oracle sees
  std::deque<uint64_t> queue;
  double seconds_per_request = service;
  double seconds_told = service; ///< the same over two seconds of computing, as engine_speed has it
};

class simulation {
public:
  explicit simulation(const router_sim_options& options) : options_(options), random_(options.seed) {
    replicas_.resize(options.replicas);
    double capacity = 0;
    for (uint32_t i = 0; i < options.replicas; ++i) {
      replicas_[i].speed = i % 2 == 0 ? 1 / options.slowdown : 1;
      capacity += engines * replicas_[i].speed / service;
      push(uniform() * 8, what::antagonist, i);
    }
    const double share_on = antagonist_on / (antagonist_on + antagonist_off);
    rate_ = options.load * capacity * (1 - share_on * (1 - antagonist_speed));
    own_.assign(options.routers, std::vector<uint32_t>(options.replicas));
    for (uint32_t r = 0; r < options.routers; ++r) {
      turns_.push_back(static_cast<uint32_t>(random_() % options.replicas));
      auto core = options.core;
      core.seed = random_();
      cores_.emplace_back(core);
      std::vector<route_target> targets;
      for (uint32_t i = 0; i < options.replicas; ++i)
        targets.push_back({.node = node_id{i}});
      cores_.back().set_targets(targets);
    }
    push(0, what::request);
  }

  router_sim_result run() {
    while (events_.top().at < options_.seconds) {
      const event next = events_.top();
      events_.pop();
      now_ = next.at;
      switch (next.kind) {
      case what::request:
        send();
        push(now_ + exponential() / rate_, what::request);
        break;
      case what::arrives:
        arrive(next.request);
        break;
      case what::computed:
        compute(next.request);
        break;
      case what::replied:
        reply(next.request);
        break;
      case what::antagonist:
        toggle(next.subject);
        break;
      }
    }
    return sum_up();
  }

private:
  double uniform() { return static_cast<double>(random_() >> 11) * 0x1p-53; }
  double exponential() { return -std::log(1 - uniform()); }
  time_point clock() const {
    return time_point{} + std::chrono::duration_cast<duration>(std::chrono::duration<double>(now_));
  }
  void push(double at, what kind, uint32_t subject = 0, uint64_t request = 0) {
    events_.push({at, kind, subject, request, ++order_});
  }

  uint32_t choose(request_state& request) {
    const uint32_t n = options_.replicas;
    auto& own = own_[request.router];
    const auto least = [&](auto count) {
      const auto start = static_cast<uint32_t>(random_() % n);
      uint32_t best = start;
      for (uint32_t i = 1; i < n; ++i)
        if (const uint32_t at = (start + i) % n; count(at) < count(best))
          best = at;
      return best;
    };
    switch (options_.policy) {
    case route_policy::round_robin:
      return turns_[request.router]++ % n;
    case route_policy::least_connections:
      return least([&](uint32_t i) { return own[i]; });
    case route_policy::two_choices: {
      const auto a = static_cast<uint32_t>(random_() % n), b = static_cast<uint32_t>(random_() % n);
      return own[a] <= own[b] ? a : b;
    }
    case route_policy::oracle:
      return least([&](uint32_t i) { return replicas_[i].in_flight; });
    case route_policy::router:
      break;
    }
    auto got = cores_[request.router].pick({}, clock());
    request.where = *got; // the limit on outstanding requests is far away in every scenario
    return static_cast<uint32_t>(request.where.node);
  }

  void send() {
    request_state request{.since = now_, .router = static_cast<uint32_t>(random_() % options_.routers)};
    request.replica = choose(request);
    ++own_[request.router][request.replica];
    ++replicas_[request.replica].in_flight;
    requests_.push_back(request);
    push(now_ + network, what::arrives, 0, requests_.size() - 1);
  }

  void arrive(uint64_t id) {
    auto& at = replicas_[requests_[id].replica];
    if (static_cast<int>(requests_[id].replica) == options_.failing && now_ >= options_.fails_from) {
      requests_[id].error = true;
      --at.in_flight;
      push(now_ + network, what::replied, 0, id);
    } else if (at.busy < engines) {
      start(id);
    } else {
      at.queue.push_back(id);
    }
  }

  void start(uint64_t id) {
    auto& at = replicas_[requests_[id].replica];
    ++at.busy;
    const double takes = service * (0.2 + 0.8 * exponential()) / (at.speed * (at.slowed ? antagonist_speed : 1));
    at.seconds_per_request += 0.1 * (takes - at.seconds_per_request);
    at.seconds_told += takes / (takes + 2) * (takes - at.seconds_told);
    push(now_ + takes, what::computed, 0, id);
  }

  void compute(uint64_t id) {
    auto& at = replicas_[requests_[id].replica];
    --at.busy;
    --at.in_flight;
    if (!at.queue.empty()) {
      const auto next = at.queue.front();
      at.queue.pop_front();
      start(next);
    }
    requests_[id].load = {.queued_tokens = at.queue.size(),
                          .calls_in_flight = at.in_flight,
                          .workers = engines,
                          .tokens_per_second = engines / at.seconds_per_request};
    if (options_.tells_speeds)
      requests_[id].load.groups[0] = {.engines = engines, .tokens_per_second = 1 / at.seconds_told};
    push(now_ + network, what::replied, 0, id);
  }

  void reply(uint64_t id) {
    auto& request = requests_[id];
    --own_[request.router][request.replica];
    if (options_.policy == route_policy::router) {
      auto& core = cores_[request.router];
      request.error ? core.failed(request.where, clock()) : core.answered(request.where, clock(), request.load);
    }
    if (request.since < options_.warm_up)
      return;
    errors_ += request.error ? 1 : 0;
    latencies_.push_back(now_ - request.since);
  }

  void toggle(uint32_t replica) {
    auto& at = replicas_[replica];
    at.slowed = !at.slowed;
    push(now_ + exponential() * (at.slowed ? antagonist_on : antagonist_off), what::antagonist, replica);
  }

  router_sim_result sum_up() {
    std::sort(latencies_.begin(), latencies_.end());
    const auto at = [&](double share) {
      return latencies_.empty() ? 0 : latencies_[static_cast<size_t>(share * static_cast<double>(latencies_.size()))];
    };
    return {latencies_.size(), errors_, at(0.5), at(0.99), at(0.999)};
  }

  router_sim_options options_;
  std::mt19937_64 random_;
  double now_ = 0;
  double rate_ = 0;
  uint64_t order_ = 0;
  uint64_t errors_ = 0;
  std::priority_queue<event> events_;
  std::vector<request_state> requests_;
  std::vector<replica_state> replicas_;
  std::vector<std::vector<uint32_t>> own_; ///< in flight, by router and replica
  std::vector<uint32_t> turns_;
  std::vector<router_core> cores_;
  std::vector<double> latencies_;
};

} // namespace

std::string_view to_string(route_policy policy) {
  switch (policy) {
  case route_policy::round_robin:
    return "round robin";
  case route_policy::least_connections:
    return "least connections";
  case route_policy::two_choices:
    return "two choices";
  case route_policy::router:
    return "router";
  case route_policy::oracle:
    return "oracle";
  }
  return "?";
}

router_sim_result simulate_router(const router_sim_options& options) {
  return simulation{options}.run();
}

} // namespace weft::test
