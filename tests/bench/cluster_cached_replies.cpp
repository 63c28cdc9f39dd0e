#include "tests/bench/cluster_measures.hpp"
#include "tests/bench/echo_node.hpp"
#include "tests/bench/raw_client.hpp"

#include <atomic>

namespace weft::bench {
namespace {

constexpr uint64_t texts = 64;
constexpr uint32_t words = 12;

/// The same texts in turn.
raw_client::request_source cached_texts() {
  auto messages = std::make_shared<std::vector<grpc::ByteBuffer>>();
  for (uint64_t i = 0; i < texts; ++i)
    messages->push_back(message_of(embed_request_of(numbered_text(i, words))));
  return [messages, next = std::make_shared<std::atomic<uint64_t>>(0)] { return (*messages)[(*next)++ % texts]; };
}

/// One side of the comparison, slice by slice.
struct side {
  std::string name;
  std::unique_ptr<raw_client> client;
  double target = 0; ///< of the ratio; 0: none
  std::vector<double> rates, p50;
  double processor = 0, calls = 0; ///< seconds of client, nodes and echo together
  double microseconds_a_call() const { return 1e6 * processor / calls; }
};

void warm(raw_client& client) {
  for (uint64_t i = 0; i < 2 * texts; ++i)
    client.reply();
}

json row_of(const side& ours, const side& echo, uint32_t in_flight, size_t reply_bytes) {
  std::vector<double> added;
  for (size_t i = 0; i < ours.p50.size(); ++i)
    added.push_back(ours.p50[i] - echo.p50[i]);
  json row{{"part", "cached_replies"},
           {"name", ours.name},
           {"in_flight", in_flight},
           {"reply_bytes", reply_bytes},
           {"calls_per_second", median(ours.rates)},
           {"echo_calls_per_second", median(echo.rates)},
           {"ratio", to_json(paired_ratio(ours.rates, echo.rates))},
           {"p50_microseconds", median(ours.p50)},
           {"echo_p50_microseconds", median(echo.p50)},
           {"added_p50_microseconds", to_json(quartiles_of(added))},
           {"processor_microseconds_per_call", ours.microseconds_a_call()},
           {"echo_processor_microseconds_per_call", echo.microseconds_a_call()},
           {"processor_ratio", echo.microseconds_a_call() / ours.microseconds_a_call()}};
  if (ours.target > 0)
    row["ratio_target"] = ours.target;
  return row;
}

} // namespace

std::vector<json> measure_cached_replies(const cluster_bench_options& options) {
  const std::string no_near = "cache.near_bytes_max=0";
  // Only the first has keys: the others must ask it, or have the answer near.
  const auto nodes = start_cluster(options.programs, {{}, {"cluster.weight=0", no_near}, {"cluster.weight=0"}});
  std::vector<side> sides;
  sides.push_back(
      {.name = "local hit", .client = nullptr, .target = 0.7, .rates = {}, .p50 = {}, .processor = 0, .calls = 0});
  sides.push_back(
      {.name = "remote owner", .client = nullptr, .target = 0.35, .rates = {}, .p50 = {}, .processor = 0, .calls = 0});
  sides.push_back(
      {.name = "near-cache", .client = nullptr, .target = 0, .rates = {}, .p50 = {}, .processor = 0, .calls = 0});
  for (size_t i = 0; i < nodes.size(); ++i) {
    sides[i].client = std::make_unique<raw_client>(nodes[i]->connect(), embed_method, cached_texts());
    warm(*sides[i].client);
  }
  uint64_t computed = 0;
  for (const auto& node : nodes)
    computed += node->computed();
  const size_t reply_bytes = sides.front().client->reply().Length();
  child_process echo({options.programs.self, "--echo", std::to_string(reply_bytes)});
  const std::string address = echo.wait_ready()["listen"];
  sides.push_back({.name = "echo", .client = nullptr, .target = 0, .rates = {}, .p50 = {}, .processor = 0, .calls = 0});
  sides.back().client = std::make_unique<raw_client>(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()),
                                                     embed_method, cached_texts());

  const auto processor = [&] {
    double sum = seconds_on(CLOCK_PROCESS_CPUTIME_ID) + echo.processor_seconds();
    for (const auto& node : nodes)
      sum += node->processor_seconds();
    return sum;
  };
  std::vector<json> out;
  const int rounds = options.quick ? 8 : 40;
  for (const uint32_t in_flight : {1u, 64u}) {
    for (auto& one : sides)
      one.rates.clear(), one.p50.clear(), one.processor = one.calls = 0;
    for (int round = 0; round <= rounds; ++round) // the first warms up
      for (auto& one : sides) {
        const double before = processor();
        auto result = one.client->run(in_flight, std::chrono::milliseconds(100));
        const double used = processor() - before;
        if (result.codes[grpc::StatusCode::OK] != result.latencies.size())
          give_up(one.name + ": calls failed");
        if (round == 0)
          continue;
        one.processor += used;
        one.calls += static_cast<double>(result.latencies.size());
        one.rates.push_back(result.calls_per_second());
        one.p50.push_back(median(std::move(result.latencies)));
      }
    for (size_t i = 0; i + 1 < sides.size(); ++i)
      out.push_back(row_of(sides[i], sides.back(), in_flight, reply_bytes));
  }
  uint64_t computed_after = 0;
  for (const auto& node : nodes)
    computed_after += node->computed();
  if (computed_after != computed)
    give_up("texts that should have been cached were computed");
  return out;
}

} // namespace weft::bench
