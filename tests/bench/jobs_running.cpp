#include "tests/bench/echo_node.hpp"
#include "tests/bench/job_stream.hpp"
#include "tests/bench/jobs_measures.hpp"
#include "tests/bench/raw_client.hpp"

#include <algorithm>
#include <atomic>

namespace weft::bench {
namespace {

using clock_type = std::chrono::steady_clock;

constexpr uint32_t document_words = 118; // with the number 128 tokens, about

std::atomic<uint64_t> next_text{1};

std::string next_request(uint32_t words) {
  return embed_request_of(numbered_text(next_text++, words));
}

raw_client new_texts(const node_process& node, uint32_t words) {
  return {node.connect(), embed_method, [words] { return message_of(next_request(words)); }};
}

job_texts documents(uint64_t count, uint32_t words) {
  const auto first = next_text.fetch_add(count);
  return {.request_id = "job " + std::to_string(first), .count = count, .text = [=](uint64_t at) {
            return numbered_text(first + at, words);
          }};
}

/// Calls of one text each, 256 in flight over all nodes: what keeps their engines busy.
double interactive_texts_per_second(std::vector<raw_client>& clients, std::chrono::nanoseconds time) {
  std::vector<load_result> results(clients.size());
  std::vector<std::thread> threads;
  const auto began = clock_type::now();
  for (size_t i = 0; i < clients.size(); ++i)
    threads.emplace_back([&, i] { results[i] = clients[i].run(static_cast<uint32_t>(256 / clients.size()), time); });
  for (auto& thread : threads)
    thread.join();
  const double seconds = std::chrono::duration<double>(clock_type::now() - began).count();
  double answered = 0;
  for (auto& result : results) {
    if (result.codes[grpc::StatusCode::OK] != result.latencies.size())
      give_up("interactive calls failed");
    answered += static_cast<double>(result.latencies.size());
  }
  return answered / seconds;
}

double job_texts_per_second(const std::shared_ptr<grpc::Channel>& node, uint64_t count, uint32_t words) {
  const auto began = clock_type::now();
  const auto job = submit_job(node, documents(count, words));
  wait_until_done(node, job.id);
  return static_cast<double>(count) / std::chrono::duration<double>(clock_type::now() - began).count();
}

json whole_job(const cluster_bench_options& options, const cluster_processes& nodes, uint32_t words) {
  std::vector<raw_client> clients;
  for (const auto& node : nodes)
    clients.push_back(new_texts(*node, words));
  const auto channel = nodes[0]->connect();
  const std::chrono::seconds slice(options.quick ? 3 : 10);
  const int rounds = options.quick ? 1 : 5;
  std::vector<double> jobs, interactive;
  // About as long as the other side's slice; at first a guess.
  uint64_t count = 1'000;
  for (int round = 0; round <= rounds; ++round) {
    const double a = job_texts_per_second(channel, count, words);
    const double b = interactive_texts_per_second(clients, slice);
    count = std::max<uint64_t>(1'000, static_cast<uint64_t>(b * static_cast<double>(slice.count())));
    if (round == 0)
      continue;
    jobs.push_back(a);
    interactive.push_back(b);
  }
  return {{"part", "whole_job"},
          {"nodes", nodes.size()},
          {"words", words},
          {"items", count},
          {"job_texts_per_second", median(jobs)},
          {"interactive_texts_per_second", median(interactive)},
          {"ratio", to_json(paired_ratio(jobs, interactive))},
          {"ratio_target", 0.9},
          {"texts_per_hour", median(jobs) * 3'600}};
}

double percentile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1))];
}

} // namespace

std::vector<json> measure_whole_job(const cluster_bench_options& options) {
  std::vector<json> out;
  {
    const auto one = start_cluster(options.programs, {{"cluster.single_node=true", "pool.workers_max=2"}});
    for (const uint32_t words : {20u, document_words})
      out.push_back(whole_job(options, one, words));
  }
  const std::vector<std::string> shared{"pool.workers_max=1"};
  const auto three = start_cluster(options.programs, {shared, shared, shared});
  for (const uint32_t words : {20u, document_words})
    out.push_back(whole_job(options, three, words));
  return out;
}

std::vector<json> measure_latency(const cluster_bench_options& options) {
  std::vector<json> out;
  const auto nodes = start_cluster(options.programs, {{"cluster.single_node=true", "pool.workers_max=2"}});
  const auto channel = nodes[0]->connect();
  const int rounds = options.quick ? 1 : 5;
  const std::chrono::seconds slice(options.quick ? 3 : 8);
  for (const uint32_t in_flight : {1u, 8u}) {
    auto client = new_texts(*nodes[0], document_words);
    std::vector<double> alone, beside, ratio_p50, ratio_p99;
    double done = 0, seconds = 0;
    for (int round = 0; round < rounds; ++round) {
      const auto job = submit_job(channel, documents(200'000, document_words));
      // From the moment when it has the engines for itself.
      const auto before = wait_for_job(channel, job.id, [](const auto& it) { return it.items_done() > 0; });
      const auto began = clock_type::now();
      const auto with = client.run(in_flight, slice).latencies;
      seconds += std::chrono::duration<double>(clock_type::now() - began).count();
      done += static_cast<double>(wait_for_job(channel, job.id, [](const auto&) { return true; }).items_done() -
                                  before.items_done());
      cancel_job(channel, job.id);
      client.run(in_flight, std::chrono::seconds(1)); // what runs of it ends
      const auto without = client.run(in_flight, slice).latencies;
      alone.push_back(percentile(without, 0.99));
      beside.push_back(percentile(with, 0.99));
      ratio_p50.push_back(percentile(with, 0.5) / percentile(without, 0.5));
      ratio_p99.push_back(beside.back() / alone.back());
    }
    out.push_back({{"part", "latency"},
                   {"in_flight", in_flight},
                   {"words", document_words},
                   {"p99_alone_microseconds", median(alone)},
                   {"p99_with_job_microseconds", median(beside)},
                   {"ratio_p50", to_json(quartiles_of(ratio_p50))},
                   {"ratio_p99", to_json(quartiles_of(ratio_p99))},
                   {"ratio_p99_target", 3},
                   {"job_texts_per_second", done / seconds}});
  }
  return out;
}

} // namespace weft::bench
