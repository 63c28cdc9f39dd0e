// What compression does without a node, on one core, in processor time: from text to extract by the strategies that
// need no model, splitting alone, and the products of points.
//
//   compress_pick_bench [--quick] [--json FILE]
//
// WordPiece needs the model's vocabulary (WEFT_MODEL_DIR). Others may use the machine: time is the thread's own.
#include "runtime/compress/compress_run.hpp"
#include "runtime/compress/text/split.hpp"
#include "runtime/compute/model/bert_model.hpp"
#include "runtime/points/kmeans.hpp"
#include "runtime/points/seed_centroids.hpp"
#include "runtime/points/similarity.hpp"
#include "tests/bench/compress_texts.hpp"
#include "tests/bench/slices.hpp"
#include "tests/support/model_directory.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>
#include <random>

namespace {

using namespace weft;
using namespace weft::bench;

constexpr double bytes_per_second_min = 20e6;

using json = nlohmann::ordered_json;

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

double thread_seconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + 1e-9 * static_cast<double>(now.tv_nsec);
}

json to_json(const quartiles& q) {
  return {{"low", q.low}, {"median", q.median}, {"high", q.high}};
}

/// Units a second of processor time: quartiles over rounds after one that warms up.
quartiles rate_of(double units, int rounds, const std::function<void()>& work) {
  std::vector<double> rates;
  for (int round = 0; round <= rounds; ++round) {
    const double begin = thread_seconds();
    work();
    if (round > 0)
      rates.push_back(units / (thread_seconds() - begin));
  }
  return quartiles_of(std::move(rates));
}

template <class Make> std::string text_of(size_t bytes, Make make) {
  std::string text;
  while (text.size() < bytes)
    text += make();
  return text;
}

/// One text through one strategy that asks for nothing, from its bytes to the extract.
void compress(const std::string& text, compress_strategy strategy, counter_kind counter, const model_ptr& model) {
  compress_run_options options;
  options.wanted.ratio = 8;
  options.wanted.strategy = strategy;
  options.wanted.counter = counter;
  options.count_wordpiece = [&](std::string_view part) { return model->count_tokens(part); };
  compress_run run(text, std::move(options));
  const auto step = run.start();
  if (!step)
    give_up("compress: " + step.error().message);
  const auto* output = std::get_if<compress_output>(&*step);
  if (!output || output->extract.empty() || output->extract.size() > text.size() / 4)
    give_up("compress: not the extract that was asked for");
}

json text_row(const char* what, const char* text, const char* counter, const quartiles& rate, bool has_target) {
  std::printf("%-10s %-6s %-13s %6.1f MB/s [%.1f, %.1f]", what, text, counter, rate.median / 1e6, rate.low / 1e6,
              rate.high / 1e6);
  if (has_target)
    std::printf(", target %.0f: %s", bytes_per_second_min / 1e6,
                rate.median >= bytes_per_second_min ? "reached" : "short");
  std::printf("\n");
  std::fflush(stdout);
  return {{"what", what}, {"text", text}, {"counter", counter}, {"bytes_per_second", to_json(rate)}};
}

std::vector<int8_t> random_points(size_t points, uint32_t dimensions, uint64_t seed) {
  std::mt19937_64 random{seed};
  std::vector<int8_t> out(points * dimensions);
  for (auto& value : out)
    value = static_cast<int8_t>(static_cast<int>(random() % 255) - 127);
  return out;
}

/// The sizes of a document of 10 000 tokens at 8×, and of a large one.
void measure_points(int rounds, json& all) {
  constexpr uint32_t dimensions = 384;
  for (const auto& [points, clusters] : {std::pair<size_t, uint32_t>{450, 56}, {16'384, 512}}) {
    kmeans_work work{dimensions, random_points(points, dimensions, 5), {}, 25};
    work.centroids = seed_centroids(work.points, dimensions, clusters, 6);
    const uint32_t iterations = run_kmeans(work).iterations;
    const double products = static_cast<double>(points) * clusters * iterations;
    const auto kmeans = rate_of(products, rounds, [&] { run_kmeans(work); });
    const size_t columns = std::min<size_t>(points, 2'048);
    const similarity_work all_pairs{
        dimensions,
        work.points,
        {work.points.begin(), work.points.begin() + static_cast<ptrdiff_t>(columns * dimensions)}};
    const auto similarity = rate_of(static_cast<double>(points * columns), rounds, [&] { run_similarity(all_pairs); });
    std::printf("k-means    %zu points of %u, %u clusters: %u iterations in %.2f ms, %.0f M products/s [%.0f, %.0f]\n",
                points, dimensions, clusters, iterations, 1e3 * products / kmeans.median, kmeans.median / 1e6,
                kmeans.low / 1e6, kmeans.high / 1e6);
    std::printf("similarity %zu x %zu points of %u: %.2f ms, %.0f M products/s [%.0f, %.0f]\n", points, columns,
                dimensions, 1e3 * static_cast<double>(points * columns) / similarity.median, similarity.median / 1e6,
                similarity.low / 1e6, similarity.high / 1e6);
    all.push_back(
        {{"what", "k-means"}, {"points", points}, {"clusters", clusters}, {"products_per_second", to_json(kmeans)}});
    all.push_back({{"what", "similarity"},
                   {"points", points},
                   {"columns", columns},
                   {"products_per_second", to_json(similarity)}});
  }
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"What compression does on one core"};
  bool quick = false;
  std::string file;
  app.add_flag("--quick", quick, "fewer rounds and less text: for a look, not for a figure");
  app.add_option("--json", file, "the same figures, as JSON");
  CLI11_PARSE(app, argc, argv);
  const int rounds = quick ? 3 : 9;
  const size_t bytes = quick ? 2'000'000 : 12'000'000;
  auto model = open_bert_model({.directory = model_directory(), .name = "m", .version = "bench"});
  if (!model)
    give_up(model.error().message);
  json all = json::array();
  sentence_source sentences(model_directory().string(), 3);
  log_source lines(4);
  const std::array texts{std::pair{"prose", text_of(bytes, [&] { return sentences.paragraph(); })},
                         std::pair{"log", text_of(bytes, [&] { return lines.line(); })}};
  for (const auto& [name, text] : texts)
    all.push_back(text_row("split", name, "none",
                           rate_of(static_cast<double>(text.size()), rounds,
                                   [&, &whole = text] {
                                     if (!split_text(whole))
                                       give_up("split: refused");
                                   }),
                           false));
  for (const auto strategy :
       {compress_strategy::frequency, compress_strategy::hierarchical, compress_strategy::templates})
    for (const auto counter : {counter_kind::wordpiece, counter_kind::llm_estimate, counter_kind::bytes})
      for (const auto& [name, text] : texts) {
        const auto rate = rate_of(static_cast<double>(text.size()), rounds,
                                  [&, &whole = text] { compress(whole, strategy, counter, *model); });
        all.push_back(text_row(to_string(strategy).data(), name, to_string(counter).data(), rate,
                               strategy != compress_strategy::hierarchical));
      }
  measure_points(rounds, all);
  if (!file.empty() && !(std::ofstream(file) << all.dump(1) << '\n'))
    give_up("cannot write " + file);
}
