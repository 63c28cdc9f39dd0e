#include "runtime/compute/model/bert_model.hpp"
#include "tests/bench/cluster_measures.hpp"
#include "tests/bench/echo_node.hpp"
#include "tests/bench/raw_client.hpp"

#include <algorithm>
#include <atomic>
#include <fstream>
#include <future>
#include <random>
#include <thread>

namespace weft::bench {
namespace {

constexpr uint64_t cached = 1'024;
constexpr uint32_t in_flight = 256;
constexpr uint32_t batch = 128;

/// Distinct numbers for texts that nobody has asked for.
std::atomic<uint64_t> next_new{1'000'000};

/// Words that are one token each.
const std::vector<std::string>& vocabulary(const std::string& model_directory = "") {
  static const auto words = [&] {
    std::vector<std::string> out;
    std::ifstream in(model_directory + "/vocab.txt");
    for (std::string line; std::getline(in, line);)
      if (line.size() > 2 && std::ranges::all_of(line, [](char c) { return c >= 'a' && c <= 'z'; }))
        out.push_back(line);
    return out;
  }();
  return words;
}

/// Two words, four tokens with [CLS] and [SEP]: what is measured is calls, so the encoder has as little as it can have.
std::string short_text(uint64_t number) {
  const auto& words = vocabulary();
  return words[number % words.size()] + ' ' + words[number / words.size() % words.size()];
}

/// A share of `hits` percent comes from the cached texts, the rest is new.
raw_client::request_source texts_with(uint32_t hits) {
  auto known = std::make_shared<std::vector<grpc::ByteBuffer>>();
  for (uint64_t i = 0; i < cached; ++i)
    known->push_back(message_of(embed_request_of(short_text(i))));
  return [known, hits] {
    thread_local std::mt19937_64 random{1};
    const uint64_t draw = random();
    if (draw % 100 < hits)
      return (*known)[(draw >> 32) % cached];
    return message_of(embed_request_of(short_text(next_new++)));
  };
}

/// The bare encoder on new texts of the same kind: an engine a CPU, batches of 128 one after another, tokens at hand.
class bare_encoder {
public:
  explicit bare_encoder(const std::string& model_directory) {
    auto model = open_bert_model({.directory = model_directory, .name = "m", .version = "bench"});
    if (!model)
      give_up(model.error().message);
    embed_batch one{.ids = {}, .offsets = {0}, .normalize = {}};
    for (uint32_t i = 0; i < batch; ++i) {
      const auto sequence = (*model)->tokenize(short_text(next_new++), {});
      one.ids.insert(one.ids.end(), sequence->ids.begin(), sequence->ids.end());
      one.offsets.push_back(static_cast<uint32_t>(one.ids.size()));
      one.normalize.push_back(1);
    }
    work_ = std::move(one);
    for (unsigned i = 0; i < std::max(1u, std::thread::hardware_concurrency()); ++i)
      engines_.push_back(*(*model)->make_engine({}));
  }

  double tokens_a_text() const { return static_cast<double>(work_.ids.size()) / batch; }

  double texts_per_second(std::chrono::nanoseconds time) {
    std::atomic<uint64_t> done{0};
    const auto began = std::chrono::steady_clock::now();
    std::vector<std::thread> drivers;
    for (auto& engine : engines_)
      drivers.emplace_back([&, engine = engine.get()] {
        while (std::chrono::steady_clock::now() - began < time) {
          std::promise<void> ended;
          engine->run(work_, [&](engine_reply) { ended.set_value(); });
          ended.get_future().wait();
          done += batch;
        }
      });
    for (auto& driver : drivers)
      driver.join();
    return static_cast<double>(done) / std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  }

private:
  embed_batch work_;
  std::vector<std::unique_ptr<engine>> engines_;
};

} // namespace

std::vector<json> measure_mixed_load(const cluster_bench_options& options) {
  if (vocabulary(options.programs.model_directory).size() < 1'000)
    give_up("the model has no vocabulary of words");
  const node_process node(options.programs, "n1", "", {"cluster.single_node=true"});
  bare_encoder encoder(options.programs.model_directory);
  const auto channel = node.connect();
  struct side {
    std::string name;
    raw_client client;
    std::vector<double> rates{}, p50{};
  };
  side sides[] = {{"85 % hits", {channel, embed_method, texts_with(85)}},
                  {"hits alone", {channel, embed_method, texts_with(100)}},
                  {"misses alone", {channel, embed_method, texts_with(0)}}};
  for (uint64_t i = 0; i < cached; ++i)
    raw_client(channel, embed_method, embed_request_of(short_text(i))).reply();
  std::vector<double> bare;
  const int rounds = options.quick ? 3 : 9;
  const std::chrono::milliseconds slice(options.quick ? 400 : 1'000);
  for (int round = 0; round <= rounds; ++round) {
    for (auto& one : sides) {
      auto result = one.client.run(in_flight, slice);
      if (result.codes[grpc::StatusCode::OK] != result.latencies.size())
        give_up(one.name + ": calls failed");
      if (round == 0)
        continue;
      one.rates.push_back(result.calls_per_second());
      one.p50.push_back(median(std::move(result.latencies)));
    }
    if (const double rate = encoder.texts_per_second(slice / 2); round > 0)
      bare.push_back(rate);
  }
  json row{{"part", "mixed_load"},
           {"in_flight", in_flight},
           {"calls_per_second_target", 10'000},
           {"tokens_a_new_text", encoder.tokens_a_text()}};
  for (const auto& one : sides)
    row[one.name] = {{"calls_per_second", to_json(quartiles_of(one.rates))}, {"p50_microseconds", median(one.p50)}};
  row["bare_encoder_texts_per_second"] = to_json(quartiles_of(bare));
  row["calls_per_second_that_the_encoder_allows"] = median(bare) / 0.15;
  return {std::move(row)};
}

} // namespace weft::bench
