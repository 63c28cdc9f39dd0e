// What Weft adds to gRPC: its RPCs beside a raw echo of the same sizes, in the same process and in turn.
//
//   rpc_bench [--seconds S] [--json FILE]
//
// - get_node: a reply that costs no inference, calls per second with 1 and 64 in flight, as a ratio to the echo.
// - embed: the whole way through gRPC and the actors to an engine that answers at once, with one call in flight: what
//   it adds at p50, in microseconds.
// - flood: 1 000 and 10 000 calls in flight at once: how each was answered, and the peak memory of client and node.
#include "actors/actor_tree.hpp"
#include "node/grpc/server.hpp"
#include "tests/bench/echo_node.hpp"
#include "tests/bench/raw_client.hpp"
#include "tests/bench/slices.hpp"
#include "tests/support/fake_model.hpp"
#include "weft/v1/embed.grpc.pb.h"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sys/resource.h>
#include <thread>

namespace {

using namespace weft;
using namespace weft::bench;
using json = nlohmann::ordered_json;

constexpr auto slice = std::chrono::milliseconds(100);

tree_options tree_on(const std::shared_ptr<test::fake_device>& device) {
  tree_options out{.node_name = "bench", .version = "0", .meter = std::make_shared<null_meter>()};
  out.models.push_back({"m", model_load::kept, [device]() -> result<model_ptr> {
                          return model_ptr{std::make_shared<test::fake_model>(device)};
                        }});
  out.pools.push_back({.model = "m"});
  out.cache.enabled = false;
  return out;
}

/// The node as users run it, on a fake model.
struct bench_node {
  explicit bench_node(test::fake_device::mode how)
      : device(std::make_shared<test::fake_device>(how)), tree(tree_on(device)),
        server({.listen = {"127.0.0.1:0"}}, tree.entrance(), tree.view(), std::make_shared<null_meter>()) {
    const auto port = server.start();
    if (!port) {
      std::fprintf(stderr, "%s\n", port.error().message.c_str());
      std::exit(1);
    }
    server.set_serving(true);
    channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(*port), grpc::InsecureChannelCredentials());
  }
  std::shared_ptr<test::fake_device> device;
  actor_tree tree;
  weft::grpc_server server;
  std::shared_ptr<grpc::Channel> channel;
};

std::string one_text() {
  v1::EmbedRequest request;
  request.add_texts("the weft crosses the warp and makes the cloth");
  return request.SerializeAsString();
}

json to_json(const quartiles& q) {
  return {{"low", q.low}, {"median", q.median}, {"high", q.high}};
}

double median(std::vector<double> values) {
  return quartiles_of(std::move(values)).median;
}

/// Totals of one side: processor time in microseconds, and how often a thread went to sleep.
struct spent {
  double calls = 0, processor = 0, waits = 0;
};

/// Both sides in turn, slice by slice; the first round only warms up.
struct paired_run {
  std::vector<double> rates_ours, rates_echo, p50_ours, p50_echo, added;
  spent ours, echo;
};

/// What the process (client and node) used for all calls of one side.
struct meter_of_use {
  explicit meter_of_use(spent& into) : into_(into) { getrusage(RUSAGE_SELF, &before_); }
  void add(uint64_t calls) {
    rusage after{};
    getrusage(RUSAGE_SELF, &after);
    const auto micro = [](const timeval& time) {
      return 1e6 * static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec);
    };
    into_.calls += static_cast<double>(calls);
    into_.processor +=
        micro(after.ru_utime) + micro(after.ru_stime) - micro(before_.ru_utime) - micro(before_.ru_stime);
    into_.waits += static_cast<double>(after.ru_nvcsw - before_.ru_nvcsw);
  }
  spent& into_;
  rusage before_{};
};

paired_run run_pair(raw_client& ours, raw_client& echo, uint32_t in_flight, double seconds) {
  paired_run out;
  const int rounds = std::max(3, static_cast<int>(seconds / 0.2));
  for (int round = 0; round <= rounds; ++round) {
    meter_of_use used(out.ours);
    const auto a = ours.run(in_flight, slice);
    used.add(a.latencies.size());
    meter_of_use used_by_echo(out.echo);
    const auto b = echo.run(in_flight, slice);
    used_by_echo.add(b.latencies.size());
    if (round == 0)
      continue;
    out.rates_ours.push_back(a.calls_per_second());
    out.rates_echo.push_back(b.calls_per_second());
    out.p50_ours.push_back(median(a.latencies));
    out.p50_echo.push_back(median(b.latencies));
    out.added.push_back(out.p50_ours.back() - out.p50_echo.back());
  }
  return out;
}

/// method of the node against an echo that gets the same request and sends a reply of the same size.
json compare(const std::string& name, bench_node& node, const std::string& method, const std::string& request,
             uint32_t in_flight, double seconds) {
  raw_client ours(node.channel, method, request);
  const size_t reply_bytes = ours.reply().Length();
  echo_node baseline(reply_bytes);
  raw_client echo(baseline.connect(), embed_method, request);
  const auto run = run_pair(ours, echo, in_flight, seconds);
  return {{"name", name},
          {"in_flight", in_flight},
          {"reply_bytes", reply_bytes},
          {"calls_per_second", median(run.rates_ours)},
          {"echo_calls_per_second", median(run.rates_echo)},
          {"ratio", to_json(paired_ratio(run.rates_ours, run.rates_echo))},
          {"p50_microseconds", median(run.p50_ours)},
          {"echo_p50_microseconds", median(run.p50_echo)},
          {"added_p50_microseconds", to_json(quartiles_of(run.added))},
          {"processor_microseconds_per_call", run.ours.processor / run.ours.calls},
          {"echo_processor_microseconds_per_call", run.echo.processor / run.echo.calls},
          {"sleeps_per_call", run.ours.waits / run.ours.calls},
          {"echo_sleeps_per_call", run.echo.waits / run.echo.calls}};
}

uint64_t memory_kibibytes(const std::string& key) {
  std::ifstream in("/proc/self/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(key + ":"))
      return std::strtoull(line.c_str() + key.size() + 1, nullptr, 10);
  return 0;
}

/// Calls that all are in the node before the first is computed.
json flood(uint32_t calls) {
  bench_node node(test::fake_device::mode::manual);
  raw_client client(node.channel, embed_method, one_text());
  std::ofstream("/proc/self/clear_refs") << "5"; // the peak counts from here
  const uint64_t before = memory_kibibytes("VmRSS");
  std::atomic<bool> over{false};
  uint64_t in_flight_most = 0;
  std::thread engine;
  const auto result = client.flood(calls, [&] {
    engine = std::thread([&] {
      // Lets the engine work when no more calls come in.
      for (uint64_t seen = 0, same = 0; same < 5 && !over;
           std::this_thread::sleep_for(std::chrono::milliseconds(200))) {
        const auto now = node.tree.view()->snapshot();
        const uint64_t all = now->calls_in_flight + now->calls_refused;
        in_flight_most = std::max(in_flight_most, now->calls_in_flight);
        same = all == seen ? same + 1 : 0;
        seen = all;
      }
      while (!over)
        if (!node.device->complete())
          std::this_thread::yield();
    });
  });
  over = true;
  engine.join();
  const auto count = [&](grpc::StatusCode code) { return result.codes.contains(code) ? result.codes.at(code) : 0; };
  const uint64_t answered = count(grpc::StatusCode::OK), refused = count(grpc::StatusCode::RESOURCE_EXHAUSTED);
  return {{"name", "flood"},
          {"calls", calls},
          {"in_flight_most", in_flight_most},
          {"answered", answered},
          {"resource_exhausted", refused},
          {"other", calls - answered - refused},
          {"seconds", result.seconds},
          {"rss_before_mebibytes", before / 1024},
          {"rss_peak_mebibytes", memory_kibibytes("VmHWM") / 1024}};
}

void print_compared(const json& row) {
  std::printf("%-9s %3d in flight, %4d bytes: %8.0f calls/s, echo %8.0f: ratio %.2f [%.2f, %.2f]; "
              "p50 %6.1f us, echo %6.1f: added %5.1f [%.1f, %.1f]\n",
              row["name"].get<std::string>().c_str(), row["in_flight"].get<int>(), row["reply_bytes"].get<int>(),
              row["calls_per_second"].get<double>(), row["echo_calls_per_second"].get<double>(),
              row["ratio"]["median"].get<double>(), row["ratio"]["low"].get<double>(),
              row["ratio"]["high"].get<double>(), row["p50_microseconds"].get<double>(),
              row["echo_p50_microseconds"].get<double>(), row["added_p50_microseconds"]["median"].get<double>(),
              row["added_p50_microseconds"]["low"].get<double>(), row["added_p50_microseconds"]["high"].get<double>());
  std::printf("%30s a call: %.1f us of processor, echo %.1f; %.2f sleeps of a thread, echo %.2f\n", "",
              row["processor_microseconds_per_call"].get<double>(),
              row["echo_processor_microseconds_per_call"].get<double>(), row["sleeps_per_call"].get<double>(),
              row["echo_sleeps_per_call"].get<double>());
}

void print_flood(const json& row) {
  std::printf("flood     %6d calls: %d answered, %d RESOURCE_EXHAUSTED, %d other; %d in flight at most, %.2f s, "
              "RSS %d MiB before, %d MiB at peak\n",
              row["calls"].get<int>(), row["answered"].get<int>(), row["resource_exhausted"].get<int>(),
              row["other"].get<int>(), row["in_flight_most"].get<int>(), row["seconds"].get<double>(),
              row["rss_before_mebibytes"].get<int>(), row["rss_peak_mebibytes"].get<int>());
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"What Weft adds to gRPC"};
  double seconds = 4;
  std::string file;
  app.add_option("--seconds", seconds, "per comparison, both sides together");
  app.add_option("--json", file, "the same figures, as JSON");
  CLI11_PARSE(app, argc, argv);

  json all = json::array();
  const auto show = [&](const json& row) {
    row["name"] == "flood" ? print_flood(row) : print_compared(row);
    std::fflush(stdout);
    all.push_back(row);
  };
  {
    bench_node node(test::fake_device::mode::instant);
    for (const uint32_t in_flight : {1u, 64u})
      show(compare("get_node", node, "/weft.v1.NodeService/GetNode", "", in_flight, seconds));
    for (const uint32_t in_flight : {1u, 64u})
      show(compare("embed", node, embed_method, one_text(), in_flight, seconds));
  }
  for (const uint32_t calls : {1'000u, 10'000u})
    show(flood(calls));
  if (!file.empty() && !(std::ofstream(file) << all.dump(1) << '\n')) {
    std::fprintf(stderr, "cannot write %s\n", file.c_str());
    return 1;
  }
}
