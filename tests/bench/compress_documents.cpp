#include "tests/bench/compress_measures.hpp"
#include "tests/bench/compress_texts.hpp"
#include "weft/v1/compress.grpc.pb.h"
#include "weft/v1/embed.grpc.pb.h"

#include <chrono>

namespace weft::bench {
namespace {

constexpr uint32_t document_tokens = 10'000;
constexpr double time_ratio_max = 1.3;

double milliseconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count();
}

std::string document_of(const std::vector<std::string>& sentences) {
  std::string text;
  for (size_t i = 0; i < sentences.size(); ++i)
    text.append(i == 0 ? "" : i % 8 == 0 ? "\n\n" : " ").append(sentences[i]);
  return text;
}

/// Calls of one node, timed in the client.
class timed_calls {
public:
  explicit timed_calls(const node_process& node)
      : compress_(v1::CompressService::NewStub(node.connect())), embed_(v1::EmbedService::NewStub(node.connect())) {}

  double compress(const std::string& text, v1::CompressStrategy strategy, v1::CompressResponse& reply) {
    v1::CompressRequest request;
    request.add_texts(text);
    request.mutable_options()->set_ratio(8);
    request.mutable_options()->set_strategy(strategy);
    grpc::ClientContext context;
    const auto begin = std::chrono::steady_clock::now();
    const auto status = compress_->Compress(&context, request, &reply);
    const double took = milliseconds_since(begin);
    if (!status.ok())
      give_up("Compress: " + status.error_message());
    if (!reply.items(0).has_compressed())
      give_up("Compress: " + reply.items(0).error().message());
    if (reply.items(0).compressed().source() != v1::SOURCE_COMPUTED)
      give_up("Compress: the text was known");
    return took;
  }

  double embed(const std::vector<std::string>& sentences) {
    v1::EmbedRequest request;
    for (const auto& sentence : sentences)
      request.add_texts(sentence);
    v1::EmbedResponse reply;
    grpc::ClientContext context;
    const auto begin = std::chrono::steady_clock::now();
    const auto status = embed_->Embed(&context, request, &reply);
    const double took = milliseconds_since(begin);
    if (!status.ok())
      give_up("Embed: " + status.error_message());
    return took;
  }

private:
  std::unique_ptr<v1::CompressService::Stub> compress_;
  std::unique_ptr<v1::EmbedService::Stub> embed_;
};

struct side {
  const char* name;
  v1::CompressStrategy strategy;
  std::vector<double> times{}, ratios{}, embed_times{};
  std::vector<double> split{}, vectors{}, points{}, select{};
  uint64_t tokens = 0;
  uint64_t units = 0;
};

/// Embedding before and after, so that a drift of the machine cancels out.
void run_round(side& one, timed_calls& calls, sentence_source& source, bool counts) {
  const auto lengths = source.draw_lengths(document_tokens);
  v1::CompressResponse reply;
  const double before = calls.embed(source.draw(lengths));
  const double took = calls.compress(document_of(source.draw(lengths)), one.strategy, reply);
  const double after = calls.embed(source.draw(lengths));
  const auto& report = reply.items(0).compressed().report();
  // A drawn sentence may end with an abbreviation.
  if (report.units() > lengths.size() || report.units() * 50 < lengths.size() * 49)
    give_up("the node found " + std::to_string(report.units()) + " sentences in " + std::to_string(lengths.size()));
  if (!counts)
    return;
  one.times.push_back(took);
  one.embed_times.push_back((before + after) / 2);
  one.ratios.push_back(took / one.embed_times.back());
  const auto& timing = report.timing();
  one.split.push_back(1e-6 * static_cast<double>(timing.split_nanoseconds()));
  one.vectors.push_back(1e-6 * static_cast<double>(timing.embed_nanoseconds()));
  one.points.push_back(1e-6 * static_cast<double>(timing.points_nanoseconds()));
  one.select.push_back(1e-6 * static_cast<double>(timing.select_nanoseconds()));
  one.tokens = report.source_tokens();
  one.units = report.units();
}

} // namespace

std::vector<json> measure_documents(const cluster_bench_options& options) {
  const node_process node(options.programs, "n1", "", {"cluster.single_node=true"});
  timed_calls calls(node);
  sentence_source source(options.programs.model_directory, 1);
  side sides[] = {{"semantic", v1::COMPRESS_STRATEGY_SEMANTIC},
                  {"ensemble", v1::COMPRESS_STRATEGY_ENSEMBLE},
                  {"auto", v1::COMPRESS_STRATEGY_AUTO}};
  const int rounds = options.quick ? 5 : 25;
  for (int round = 0; round <= rounds; ++round)
    for (auto& one : sides)
      run_round(one, calls, source, round > 0);
  std::vector<json> rows;
  for (const auto& one : sides)
    rows.push_back({{"part", "document"},
                    {"strategy", one.name},
                    {"tokens", one.tokens},
                    {"sentences", one.units},
                    {"milliseconds", to_json(quartiles_of(one.times))},
                    {"embed_milliseconds", to_json(quartiles_of(one.embed_times))},
                    {"ratio", to_json(quartiles_of(one.ratios))},
                    {"target", time_ratio_max},
                    {"split_ms", median(one.split)},
                    {"vectors_ms", median(one.vectors)},
                    {"points_ms", median(one.points)},
                    {"select_ms", median(one.select)}});
  return rows;
}

} // namespace weft::bench
