#include "tests/bench/compress_measures.hpp"
#include "tests/bench/compress_texts.hpp"
#include "weft/v1/compress.grpc.pb.h"

#include <chrono>
#include <fstream>
#include <thread>

namespace weft::bench {
namespace {

constexpr double memory_above_mib_max = 64;
constexpr size_t piece_bytes = 64 * 1024;

/// A line of /proc/PID/status that is in kB, as MiB.
double status_mib(pid_t process, const std::string& name) {
  std::ifstream in("/proc/" + std::to_string(process) + "/status");
  for (std::string line; std::getline(in, line);)
    if (line.starts_with(name + ':'))
      return std::stod(line.substr(name.size() + 1)) / 1'024;
  give_up("no " + name + " of the node");
}

/// The highest resident memory counts anew from here.
void reset_peak(pid_t process) {
  if (!(std::ofstream("/proc/" + std::to_string(process) + "/clear_refs") << "5\n"))
    give_up("cannot reset the node's peak of memory");
}

/// Text of one kind, without end, in pieces.
class text_maker {
public:
  text_maker(const std::string& kind, const std::string& model_directory)
      : is_log_(kind == "log"), sentences_(model_directory, 2), lines_(2) {}

  std::string next() {
    std::string out;
    while (out.size() < piece_bytes)
      out += is_log_ ? lines_.line() : sentences_.paragraph();
    return out;
  }

private:
  bool is_log_;
  sentence_source sentences_;
  log_source lines_;
};

struct stream_totals {
  uint64_t bytes = 0;
  uint64_t output_bytes = 0;
  uint64_t windows = 0;
  double seconds = 0;
};

/// One stream of about `bytes`; the client writes on one thread and reads on another, as the protocol asks.
stream_totals run_stream(v1::CompressService::Stub& stub, v1::CompressStrategy strategy, text_maker& maker,
                         uint64_t bytes) {
  stream_totals totals;
  grpc::ClientContext context;
  const auto begin = std::chrono::steady_clock::now();
  const auto stream = stub.CompressStream(&context);
  std::thread writer([&] {
    v1::CompressStreamRequest request;
    request.mutable_options()->set_ratio(8);
    request.mutable_options()->set_strategy(strategy);
    while (totals.bytes < bytes) {
      request.set_piece(maker.next());
      totals.bytes += request.piece().size();
      if (!stream->Write(request))
        break;
      request.clear_options();
    }
    stream->WritesDone();
  });
  uint64_t covered = 0;
  std::string problem;
  for (v1::CompressStreamResponse reply; stream->Read(&reply);) {
    ++totals.windows;
    if (reply.window().begin() != covered)
      problem = "a window does not begin where the one before ended";
    covered = reply.window().end();
    if (reply.has_error())
      problem = reply.error().message();
    totals.output_bytes += reply.compressed().text().size();
  }
  writer.join();
  const auto status = stream->Finish();
  totals.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  if (!status.ok())
    give_up("CompressStream: " + status.error_message());
  if (covered != totals.bytes)
    problem = "the windows do not cover the text";
  if (!problem.empty())
    give_up("CompressStream: " + problem);
  return totals;
}

} // namespace

std::vector<json> measure_streams(const cluster_bench_options& options) {
  struct kind {
    const char* text;
    const char* strategy;
    v1::CompressStrategy value;
    uint64_t bytes;
  };
  const uint64_t whole = options.quick ? 20'000'000 : 100'000'000;
  // Vectors of 100 MB would take an hour; the memory of a window does not depend on how many came before.
  const uint64_t with_vectors = options.quick ? 600'000 : 4'000'000;
  std::vector<json> rows;
  for (const auto& one : {kind{"prose", "frequency", v1::COMPRESS_STRATEGY_FREQUENCY, whole},
                          kind{"log", "template", v1::COMPRESS_STRATEGY_TEMPLATE, whole},
                          kind{"log", "auto", v1::COMPRESS_STRATEGY_AUTO, whole},
                          kind{"prose", "semantic", v1::COMPRESS_STRATEGY_SEMANTIC, with_vectors}}) {
    // A fresh node each: what one stream left in its heap would hide the next one's.
    const node_process node(options.programs, "n1", "", {"cluster.single_node=true"});
    const auto stub = v1::CompressService::NewStub(node.connect());
    text_maker maker(one.text, options.programs.model_directory);
    run_stream(*stub, v1::COMPRESS_STRATEGY_SEMANTIC, maker, piece_bytes); // loads the model and its scratch memory
    const double base = status_mib(node.pid(), "VmRSS");
    reset_peak(node.pid());
    const auto totals = run_stream(*stub, one.value, maker, one.bytes);
    rows.push_back({{"part", "stream"},
                    {"strategy", one.strategy},
                    {"text", one.text},
                    {"bytes", totals.bytes},
                    {"output_bytes", totals.output_bytes},
                    {"windows", totals.windows},
                    {"seconds", totals.seconds},
                    {"memory_base_mib", base},
                    {"memory_above_mib", status_mib(node.pid(), "VmHWM") - base},
                    {"target", memory_above_mib_max}});
  }
  return rows;
}

} // namespace weft::bench
