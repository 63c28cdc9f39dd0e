// What durable jobs cost and bring, measured on real processes of weftd beside their baselines in the same run.
//
//   jobs_bench --weftd FILE [--part ingestion|whole|latency|takeover|recovery]… [--quick] [--json FILE]
//
// The model is all-MiniLM-L6-v2 (WEFT_MODEL_DIR). Client, nodes and baseline share the machine and take turns.
#include "tests/bench/bench_arguments.hpp"
#include "tests/bench/jobs_measures.hpp"

#include <cstdio>
#include <utility>

namespace {

using namespace weft::bench;

double value(const json& quartiles, const char* which = "median") {
  return quartiles[which].get<double>();
}

void print(const json& row) {
  const auto number = [&](const char* key) { return row[key].get<double>(); };
  const auto of = [&](const char* key, const char* which = "median") { return value(row[key], which); };
  const auto& part = row["part"].get_ref<const std::string&>();
  if (part == "ingestion")
    std::printf("ingestion, %.0f nodes, 2 synced: %.0f items/s [%.0f, %.0f]; plain RocksDB, twice: %.0f; ratio %.2f "
                "[%.2f, %.2f]\n",
                number("nodes"), of("items_per_second"), of("items_per_second", "low"), of("items_per_second", "high"),
                of("plain_items_per_second"), of("ratio"), of("ratio", "low"), of("ratio", "high"));
  else if (part == "whole_job")
    std::printf("whole job, %.0f nodes, texts of %.0f words: %.1f texts/s, interactive calls %.1f: ratio %.3f [%.3f, "
                "%.3f]; %.0f texts an hour\n",
                number("nodes"), number("words"), number("job_texts_per_second"),
                number("interactive_texts_per_second"), of("ratio"), of("ratio", "low"), of("ratio", "high"),
                number("texts_per_hour"));
  else if (part == "latency")
    std::printf("calls beside a job, %.0f in flight: p99 %.1f ms, alone %.1f ms: ratio %.2f [%.2f, %.2f], of the "
                "median %.2f; the job goes on with %.1f texts/s\n",
                number("in_flight"), number("p99_with_job_microseconds") / 1e3, number("p99_alone_microseconds") / 1e3,
                of("ratio_p99"), of("ratio_p99", "low"), of("ratio_p99", "high"), of("ratio_p50"),
                number("job_texts_per_second"));
  else if (part == "bytes")
    std::printf("bytes sent for three copies, a byte written: %.3f; by repair of a lost disk: %.3f, whole again after "
                "%.2f s\n",
                number("replicated_per_written"), number("repaired_per_written"), number("repair_seconds"));
  else if (part == "takeover")
    std::printf("kill -9 of a node that runs a part of a job, %.0f times: taken over after %.2f s [%.2f, %.2f], at "
                "worst %.2f s\n",
                number("kills"), of("seconds"), of("seconds", "low"), of("seconds", "high"), number("worst_seconds"));
  else
    std::printf("a node with %.0f MB of records, killed: serves after %.2f s, knows all %.0f segments after %.2f s\n",
                number("log_bytes") / 1e6, number("serving_seconds"), number("segments"), number("all_known_seconds"));
  std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
  const std::vector<bench_part> parts{{"ingestion", measure_ingestion},
                                      {"whole", measure_whole_job},
                                      {"latency", measure_latency},
                                      {"takeover", measure_takeover},
                                      {"recovery", measure_recovery}};
  CLI::App app{"What durable jobs cost and bring"};
  bench_arguments wanted;
  add_arguments(app, parts, wanted);
  CLI11_PARSE(app, argc, argv);
  run_parts(parts, std::move(wanted), print);
}
