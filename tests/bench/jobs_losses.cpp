#include "tests/bench/job_stream.hpp"
#include "tests/bench/jobs_measures.hpp"
#include "tests/support/page_cache.hpp"

#include <algorithm>

namespace weft::bench {
namespace {

using clock_type = std::chrono::steady_clock;

double since(clock_type::time_point began) {
  return std::chrono::duration<double>(clock_type::now() - began).count();
}

/// Looks every 5 ms, for a minute at most.
void wait_until(const char* what, const std::function<bool()>& is_so) {
  for (const auto began = clock_type::now(); !is_so();) {
    if (since(began) > 60)
      give_up(std::string{"in vain waited for: "} + what);
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

job_texts short_items(uint64_t job, uint64_t count) {
  return {.request_id = "job " + std::to_string(job), .count = count, .text = [=](uint64_t at) {
            return numbered_text(job * count + at, 20);
          }};
}

double sum(const cluster_processes& nodes, std::string_view series) {
  double out = 0;
  for (const auto& node : nodes)
    out += node->counted(series);
  return out;
}

double kept(const node_process& node) {
  return node.counted("weft_job_segments{state=\"kept\"}");
}

json measure_bytes(cluster_processes& nodes) {
  constexpr uint64_t items = 12'800;
  const auto channel = nodes[0]->connect();
  wait_until_done(channel, submit_job(channel, short_items(1'000, items)).id);
  const double segments = items / 256;
  const auto all_kept = [&] {
    return std::ranges::all_of(nodes, [&](const auto& node) { return kept(*node) >= segments; });
  };
  wait_until("three copies", all_kept);
  const double replicated = sum(nodes, "weft_job_sent_bytes_total{reason=\"replication\"}");
  const double written = sum(nodes, "weft_job_log_written_bytes_total");
  const double repaired_before = nodes[0]->counted("weft_job_sent_bytes_total{reason=\"repair\"}") +
                                 nodes[1]->counted("weft_job_sent_bytes_total{reason=\"repair\"}");
  nodes[2]->kill();
  std::filesystem::remove_all(nodes[2]->data() / "jobs");
  const auto began = clock_type::now();
  nodes[2]->start();
  wait_until("the copies on a new disk", all_kept);
  const double seconds = since(began);
  const double repaired = sum(nodes, "weft_job_sent_bytes_total{reason=\"repair\"}") - repaired_before;
  const double lost = nodes[2]->counted("weft_job_log_written_bytes_total");
  return {{"part", "bytes"},
          {"items", items},
          {"replicated_bytes", replicated},
          {"written_bytes", written},
          {"replicated_per_written", replicated / written},
          {"repaired_bytes", repaired},
          {"written_anew_bytes", lost},
          {"repaired_per_written", repaired / lost},
          {"repair_seconds", seconds}};
}

} // namespace

std::vector<json> measure_takeover(const cluster_bench_options& options) {
  const std::vector<std::string> settings{"pool.workers_max=1"};
  auto nodes = start_cluster(options.programs, {settings, settings, settings});
  auto bytes = measure_bytes(nodes);
  std::vector<double> taken, ended;
  const int kills = options.quick ? 2 : 9;
  for (int i = 0; i < kills; ++i) {
    auto& victim = *nodes[static_cast<size_t>(i) % nodes.size()];
    std::vector<const node_process*> others;
    for (const auto& node : nodes)
      if (node.get() != &victim)
        others.push_back(node.get());
    const auto takeovers = [&] {
      return others[0]->counted("weft_job_takeovers_total") + others[1]->counted("weft_job_takeovers_total");
    };
    const auto channel = others[0]->connect();
    const auto job = submit_job(channel, short_items(static_cast<uint64_t>(i), 8'000));
    wait_for_job(channel, job.id, [](const auto& it) { return it.items_done() > 0; });
    const double before = takeovers();
    const auto began = clock_type::now();
    victim.kill();
    wait_until("a takeover", [&] { return takeovers() > before; });
    taken.push_back(since(began));
    wait_until_done(channel, job.id);
    ended.push_back(since(began));
    victim.start();
    wait_until_seen({nodes[0].get(), nodes[1].get(), nodes[2].get()}, {"n1", "n2", "n3"}, v1::NODE_STATE_SERVING);
  }
  return {std::move(bytes),
          {{"part", "takeover"},
           {"kills", kills},
           {"seconds", to_json(quartiles_of(taken))},
           {"worst_seconds", *std::ranges::max_element(taken)},
           {"worst_target", 3},
           {"job_done_seconds", to_json(quartiles_of(ended))}}};
}

std::vector<json> measure_recovery(const cluster_bench_options& options) {
  constexpr uint64_t text_bytes = 4'000;
  const uint64_t items = (options.quick ? 100'000'000 : 1'000'000'000) / text_bytes;
  const auto nodes = start_cluster(options.programs, {{"cluster.single_node=true"}});
  auto& node = *nodes[0];
  const auto channel = node.connect();
  const auto job = submit_job(channel, {.request_id = "large",
                                        .count = items,
                                        .text =
                                            [](uint64_t at) {
                                              auto text = numbered_text(at, 800);
                                              text.resize(text_bytes, '.');
                                              return text;
                                            },
                                        .texts_a_message = 256});
  const double segments = kept(node), bytes = node.counted("weft_job_log_bytes");
  node.kill();
  test::drop_from_page_cache(node.data());
  const auto began = clock_type::now();
  node.start();
  const double serving = since(began);
  wait_until("all records", [&] { return kept(node) >= segments; });
  return {{{"part", "recovery"},
           {"items", items},
           {"segments", segments},
           {"log_bytes", bytes},
           {"serving_seconds", serving},
           {"all_known_seconds", since(began)},
           {"ingested_items_per_second", static_cast<double>(items) / job.seconds}}};
}

} // namespace weft::bench
