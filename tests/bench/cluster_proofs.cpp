#include "tests/bench/cluster_measures.hpp"
#include "tests/bench/echo_node.hpp"
#include "tests/bench/raw_client.hpp"

#include <algorithm>
#include <atomic>
#include <latch>

namespace weft::bench {
namespace {

using clock_type = std::chrono::steady_clock;

std::atomic<uint64_t> next_new{1};

raw_client::request_source new_texts(uint32_t words) {
  return [words] { return message_of(embed_request_of(numbered_text(next_new++, words))); };
}

uint64_t computed_by(const cluster_processes& nodes) {
  uint64_t sum = 0;
  for (const auto& node : nodes)
    sum += node->computed();
  return sum;
}

/// Each client keeps its share of `in_flight` at its node; calls answered a second, all together.
double distinct_texts_per_second(std::vector<raw_client>& clients, uint32_t in_flight, std::chrono::nanoseconds time) {
  std::vector<load_result> results(clients.size());
  std::vector<std::thread> threads;
  const auto began = clock_type::now();
  for (size_t i = 0; i < clients.size(); ++i)
    threads.emplace_back([&, i] {
      const auto share = static_cast<uint32_t>(in_flight * (i + 1) / clients.size() - in_flight * i / clients.size());
      results[i] = clients[i].run(share, time);
    });
  for (auto& thread : threads)
    thread.join();
  const double seconds = std::chrono::duration<double>(clock_type::now() - began).count();
  double answered = 0;
  for (auto& result : results) {
    if (result.codes[grpc::StatusCode::OK] != result.latencies.size())
      give_up("calls for distinct texts failed");
    answered += static_cast<double>(result.latencies.size());
  }
  return answered / seconds;
}

} // namespace

std::vector<json> measure_identical_calls(const cluster_bench_options& options) {
  constexpr uint32_t calls = 1'000;
  const auto nodes = start_cluster(options.programs, {{}, {}, {}});
  uint64_t least = UINT64_MAX, most = 0, answered = 0;
  const int rounds = options.quick ? 3 : 10;
  std::vector<double> seconds;
  for (int round = 0; round < rounds; ++round) {
    const auto request = embed_request_of(numbered_text(next_new++, 250));
    const uint64_t before = computed_by(nodes);
    std::latch together(static_cast<std::ptrdiff_t>(nodes.size()));
    std::vector<load_result> results(nodes.size());
    std::vector<std::thread> threads;
    for (size_t i = 0; i < nodes.size(); ++i)
      threads.emplace_back([&, i] {
        raw_client client(nodes[i]->connect(), embed_method, request);
        together.arrive_and_wait();
        results[i] = client.flood(calls / 3 + (i == 0 ? calls % 3 : 0), [] {});
      });
    for (auto& thread : threads)
      thread.join();
    for (auto& result : results)
      answered += result.codes[grpc::StatusCode::OK];
    seconds.push_back(std::max({results[0].seconds, results[1].seconds, results[2].seconds}));
    const uint64_t inferences = computed_by(nodes) - before;
    least = std::min(least, inferences);
    most = std::max(most, inferences);
  }
  return {{{"part", "identical_calls"},
           {"calls", calls},
           {"nodes", nodes.size()},
           {"rounds", rounds},
           {"answered", answered},
           {"inferences_least", least},
           {"inferences_most", most},
           {"inferences_target", 1},
           {"seconds", to_json(quartiles_of(seconds))}}};
}

std::vector<json> measure_three_processes(const cluster_bench_options& options) {
  constexpr uint32_t in_flight = 256;
  const auto one = start_cluster(options.programs, {{"pool.workers_max=2"}});
  const std::vector<std::string> shared{"pool.workers_max=1"};
  const auto three = start_cluster(options.programs, {shared, shared, shared});
  const auto clients_of = [](const cluster_processes& nodes, uint32_t words) {
    std::vector<raw_client> out;
    for (const auto& node : nodes)
      out.emplace_back(node->connect(), embed_method, new_texts(words));
    return out;
  };
  std::vector<json> out;
  for (const uint32_t words : {20u, 118u}) { // with the number 32 and 128 tokens, about
    auto alone = clients_of(one, words), together = clients_of(three, words);
    std::vector<double> rates_one, rates_three;
    const int rounds = options.quick ? 2 : 7;
    const std::chrono::milliseconds slice(options.quick ? 1'000 : 2'500);
    for (int round = 0; round <= rounds; ++round) {
      const double a = distinct_texts_per_second(together, in_flight, slice);
      const double b = distinct_texts_per_second(alone, in_flight, slice);
      if (round == 0)
        continue;
      rates_three.push_back(a);
      rates_one.push_back(b);
    }
    out.push_back({{"part", "three_processes"},
                   {"words", words},
                   {"in_flight", in_flight},
                   {"three_texts_per_second", median(rates_three)},
                   {"one_texts_per_second", median(rates_one)},
                   {"ratio", to_json(paired_ratio(rates_three, rates_one))},
                   {"ratio_target", 0.85}});
  }
  return out;
}

std::vector<json> measure_kills(const cluster_bench_options& options) {
  auto nodes = start_cluster(options.programs, {{}, {}, {}});
  std::vector<double> seconds;
  const int kills = options.quick ? 3 : 12;
  for (int i = 0; i < kills; ++i) {
    auto& victim = *nodes[static_cast<size_t>(i) % nodes.size()];
    std::vector<const node_process*> others;
    for (const auto& node : nodes)
      if (node.get() != &victim)
        others.push_back(node.get());
    const auto began = clock_type::now();
    victim.kill();
    wait_until_seen(others, {victim.name()}, v1::NODE_STATE_DEAD);
    seconds.push_back(std::chrono::duration<double>(clock_type::now() - began).count());
    victim.start();
    wait_until_seen({nodes[0].get(), nodes[1].get(), nodes[2].get()}, {"n1", "n2", "n3"}, v1::NODE_STATE_SERVING);
  }
  return {{{"part", "kills"},
           {"kills", kills},
           {"known_by_all_seconds", to_json(quartiles_of(seconds))},
           {"worst_seconds", *std::max_element(seconds.begin(), seconds.end())},
           {"worst_target", 2}}};
}

} // namespace weft::bench
