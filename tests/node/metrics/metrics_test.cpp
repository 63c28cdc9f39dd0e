#include "node/metrics/corpora_collector.hpp"
#include "node/metrics/device_collector.hpp"
#include "node/metrics/exposition.hpp"
#include "node/metrics/membership_collector.hpp"
#include "node/metrics/node_meter.hpp"
#include "node/metrics/process_collector.hpp"
#include "node/metrics/view_collector.hpp"
#include "tests/support/fake_node_view.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>
#include <prometheus/registry.h>

#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

using namespace std::chrono_literals;

namespace {

struct fixture {
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  weft::node_meter meter{registry};
  std::shared_ptr<weft::membership_collector> membership = std::make_shared<weft::membership_collector>();
  std::shared_ptr<weft::test::fake_node_view> view = std::make_shared<weft::test::fake_node_view>();

  std::string page() const {
    return weft::expose({registry, std::make_shared<weft::view_collector>(view),
                         std::make_shared<weft::process_collector>(), membership,
                         std::make_shared<weft::device_collector>([this] { return devices; }),
                         std::make_shared<weft::corpora_collector>([this] { return corpora; })});
  }
  std::vector<weft::device_report> devices;
  weft::corpora_counters corpora;
};

bool has_line(const std::string& page, const std::string& line) {
  return ('\n' + page).find('\n' + line + '\n') != std::string::npos;
}

} // namespace

TEST_CASE("calls are counted by canonical code, failures by reason, and latencies split into phases") {
  fixture f;
  f.meter.call_ended("embed", weft::errc::none, 20ms, {.queue = 1ms, .tokenize = 2ms, .infer = 15ms});
  f.meter.call_ended("embed", weft::errc::text_too_large, 1ms, {});
  f.meter.call_ended("embed", weft::errc::invalid_utf8, 1ms, {});
  const auto page = f.page();
  for (const auto* line : {R"(weft_calls_total{code="OK",operation="embed"} 1)",
                           R"(weft_calls_total{code="INVALID_ARGUMENT",operation="embed"} 2)",
                           R"(weft_calls_total{code="RESOURCE_EXHAUSTED",operation="embed"} 0)",
                           R"(weft_call_failures_total{operation="embed",reason="INVALID_UTF8"} 1)",
                           R"(weft_call_seconds_count{operation="embed"} 1)",
                           R"(weft_call_seconds_bucket{operation="embed",le="0.025"} 1)",
                           R"(weft_call_seconds_bucket{operation="embed",le="0.01"} 0)",
                           R"(weft_call_phase_seconds_bucket{operation="embed",phase="tokenize",le="0.0025"} 1)",
                           R"(weft_call_phase_seconds_bucket{operation="embed",phase="tokenize",le="0.001"} 0)"}) {
    CAPTURE(line);
    CHECK(has_line(page, line));
  }
}

TEST_CASE("batches are counted by device") {
  fixture f;
  f.meter.batch_computed("cpu:0", 32, 1'000, 500ms);
  f.meter.batch_computed("cpu:0", 8, 200, 250ms);
  f.meter.items_dropped(weft::errc::deadline_exceeded, 3);
  f.meter.actor_restarted("worker");
  const auto page = f.page();
  for (const auto* line :
       {R"(weft_engine_items_total{device="cpu:0"} 40)", R"(weft_engine_tokens_total{device="cpu:0"} 1200)",
        R"(weft_engine_batches_total{device="cpu:0"} 2)", R"(weft_engine_busy_seconds_total{device="cpu:0"} 0.75)",
        R"(weft_batch_items_bucket{device="cpu:0",le="8"} 1)",
        R"(weft_items_dropped_total{reason="DEADLINE_EXCEEDED"} 3)",
        R"(weft_actor_restarts_total{actor="worker"} 1)"}) {
    CAPTURE(line);
    CHECK(has_line(page, line));
  }
}

TEST_CASE("labels are bounded, whatever names come") {
  fixture f;
  for (int i = 0; i < 1'000; ++i) {
    f.meter.call_ended("operation-" + std::to_string(i), weft::errc::none, 1ms, {});
    f.meter.actor_restarted("actor-" + std::to_string(i));
  }
  const auto page = f.page();
  CHECK(page.find("operation-29\"") != std::string::npos);
  CHECK(page.find("operation-30\"") == std::string::npos);
  CHECK(has_line(page, R"(weft_calls_total{code="OK",operation="other"} 970)"));
  CHECK(has_line(page, R"(weft_actor_restarts_total{actor="other"} 936)"));
}

TEST_CASE("the snapshot shows as gauges") {
  fixture f;
  auto snapshot = weft::test::fake_snapshot();
  snapshot.pools[0].queued_items = 12;
  f.view->set(snapshot);
  const auto page = f.page();
  for (const auto* line :
       {R"(weft_node_state{state="serving"} 1)", R"(weft_node_state{state="draining"} 0)", "weft_calls_in_flight 3",
        "weft_calls_refused_total 7", R"(weft_queue_items{pool="default"} 12)",
        R"(weft_pool_workers{pool="default"} 2)", R"(weft_model_state{model="fake-model",state="ready"} 1)",
        R"(weft_model_info{model="fake-model",version="0123456789ab",precision="bf16"} 1)"}) {
    CAPTURE(line);
    CHECK(has_line(page, line));
  }
}

TEST_CASE("an engine shows what it runs on, and its speed once it was measured") {
  fixture f;
  auto snapshot = weft::test::fake_snapshot();
  snapshot.pools[0].engines = {{.info = {.device = "cuda:0",
                                         .precision = weft::numeric_class::bf16,
                                         .kind = weft::device_kind::gpu,
                                         .name = "NVIDIA H200"},
                                .tokens_per_second = 2e6,
                                .batch_seconds = 0.003},
                               {.info = {.device = "cuda:1", .kind = weft::device_kind::gpu}}};
  f.view->set(snapshot);
  const auto page = f.page();
  for (const auto* line :
       {R"(weft_engine_info{pool="default",device="cuda:0",kind="gpu",name="NVIDIA H200",precision="bf16"} 1)",
        R"(weft_engine_tokens_per_second{pool="default",device="cuda:0"} 2000000)",
        R"(weft_engine_batch_overhead_seconds{pool="default",device="cuda:0"} 0.003)",
        R"(weft_engine_info{pool="default",device="cuda:1",kind="gpu",name="",precision="fp32"} 1)"}) {
    CAPTURE(line);
    CHECK(has_line(page, line));
  }
  CHECK(page.find(R"(weft_engine_tokens_per_second{pool="default",device="cuda:1"})") == std::string::npos);
}

TEST_CASE("devices show what their driver tells, and nothing that it does not") {
  fixture f;
  CHECK(f.page().find("weft_device_u") == std::string::npos);
  f.devices = {{.device = "cuda:0",
                .name = "NVIDIA H200",
                .figures = {.utilization = 0.875,
                            .memory_used_bytes = 3'000'000,
                            .memory_bytes = 8'000'000,
                            .temperature_celsius = 61}},
               {.device = "cuda:1", .name = "NVIDIA H200", .figures = {.temperature_celsius = 30}}};
  const auto page = f.page();
  for (const auto* line : {R"(weft_device_utilization_ratio{device="cuda:0",name="NVIDIA H200"} 0.875)",
                           R"(weft_device_memory_used_bytes{device="cuda:0",name="NVIDIA H200"} 3000000)",
                           R"(weft_device_memory_bytes{device="cuda:0",name="NVIDIA H200"} 8000000)",
                           R"(weft_device_temperature_celsius{device="cuda:0",name="NVIDIA H200"} 61)",
                           R"(weft_device_temperature_celsius{device="cuda:1",name="NVIDIA H200"} 30)"}) {
    CAPTURE(line);
    CHECK(has_line(page, line));
  }
  CHECK(page.find(R"(weft_device_utilization_ratio{device="cuda:1")") == std::string::npos);
}

TEST_CASE("a node that finds nobody shows that it is alone") {
  fixture f;
  CHECK(has_line(f.page(), "weft_cluster_alone 0"));
  f.meter.show_alone(true);
  CHECK(has_line(f.page(), "weft_cluster_alone 1"));
  f.meter.show_alone(false);
  CHECK(has_line(f.page(), "weft_cluster_alone 0"));
}

TEST_CASE("the failure detector shows what it counted, and nothing before it runs") {
  fixture f;
  CHECK(f.page().find("weft_membership_") == std::string::npos);
  weft::membership_figures figures;
  figures.counters.sent[0] = 7;
  figures.counters.sent[2] = 3;
  figures.counters.received[6] = 2;
  figures.counters.foreign = 1;
  figures.counters.probes = 6;
  figures.counters.probes_failed = 4;
  figures.counters.refutations = 5;
  figures.suspicions = {.begun = 9, .refuted = 8};
  figures.local_health = 2;
  f.membership->set(figures);
  const auto page = f.page();
  for (const auto* line :
       {R"(weft_membership_messages_total{direction="sent",kind="ping"} 7)",
        R"(weft_membership_messages_total{direction="received",kind="sync_reply"} 2)",
        R"(weft_membership_dropped_messages_total{reason="foreign"} 1)", "weft_membership_probes_total 6",
        "weft_membership_failed_probes_total 4", "weft_membership_indirect_probes_total 3",
        "weft_membership_suspicions_total 9", "weft_membership_false_suspicions_total 8",
        "weft_membership_refutations_total 5", "weft_membership_local_health 2"}) {
    CAPTURE(line);
    CHECK(has_line(page, line));
  }
}

TEST_CASE("the process tells its memory, CPU time and files") {
  fixture f;
  const auto page = f.page();
  for (const auto* name : {"process_cpu_seconds_total", "process_resident_memory_bytes", "process_virtual_memory_bytes",
                           "process_open_fds", "process_max_fds", "process_threads", "process_start_time_seconds"}) {
    CAPTURE(name);
    const auto at = page.find('\n' + std::string{name} + ' ');
    REQUIRE(at != std::string::npos);
    CHECK(std::stod(page.substr(at + std::string{name}.size() + 2)) >= 0);
  }
}

TEST_CASE("many threads may count at once, and no count is lost") {
  fixture f;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&f, t] {
      for (int i = 0; i < 500; ++i) {
        f.meter.call_ended(i % 2 ? "embed" : "rank", weft::errc::none, 1ms, {});
        f.meter.batch_computed("cpu:" + std::to_string(t), 1, 1, 1us);
      }
    });
  for (auto& thread : threads)
    thread.join();
  CHECK(has_line(f.page(), R"(weft_calls_total{code="OK",operation="embed"} 1000)"));
  CHECK(has_line(f.page(), R"(weft_engine_items_total{device="cpu:3"} 500)"));
}

TEST_CASE("a node's part in corpora is counted, steps by their kind") {
  fixture f;
  f.corpora = {.corpora = 2, .bytes = 100, .bytes_max = 200, .ranks = 1, .epochs = 5, .breaks = 3, .searches = 7};
  f.corpora.steps[static_cast<size_t>(weft::corpus_step::iterations)] = 4;
  f.corpora.step_time[static_cast<size_t>(weft::corpus_step::iterations)] = 1'500ms;
  const auto page = f.page();
  for (const auto* line :
       {"weft_corpora_in_memory 2", "weft_corpora_memory_bytes 100", "weft_corpora_memory_bytes_max 200",
        "weft_corpus_ranks 1", "weft_corpus_epochs_total 5", "weft_corpus_breaks_total 3",
        "weft_corpus_searches_total 7", R"(weft_corpus_steps_total{step="iterations"} 4)",
        R"(weft_corpus_steps_total{step="measure"} 0)", R"(weft_corpus_step_seconds_total{step="iterations"} 1.5)"}) {
    CAPTURE(line);
    CHECK(has_line(page, line));
  }
}

TEST_CASE("promtool finds nothing to say about the page") {
  fixture f;
  f.meter.call_ended("embed", weft::errc::none, 20ms, {});
  f.meter.batch_computed("cpu:0", 32, 1'000, 500ms);
  f.meter.items_dropped(weft::errc::cancelled, 1);
  f.meter.actor_restarted("worker");
  f.membership->set({});
  auto snapshot = weft::test::fake_snapshot();
  snapshot.pools[0].engines = {{.info = {.device = "cuda:0"}, .tokens_per_second = 1, .batch_seconds = 0.001}};
  f.view->set(snapshot);
  f.devices = {{.device = "cuda:0",
                .name = "NVIDIA H200",
                .figures = {.utilization = 1, .memory_used_bytes = 1, .memory_bytes = 2, .temperature_celsius = 61}}};
  const weft::test::temporary_directory folder;
  const auto page = folder.write("page.txt", f.page());
  const auto said = folder.path() / "said.txt";
  const auto command = "promtool check metrics <" + page.string() + " >" + said.string() + " 2>&1";
  const int code = std::system(command.c_str());
  std::ifstream in{said};
  const std::string text{std::istreambuf_iterator<char>{in}, {}};
  CHECK_MESSAGE(code == 0, text);
  CHECK(text.empty());
}
