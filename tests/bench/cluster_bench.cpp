// What a cluster does, measured on real processes of weftd beside their baselines in the same run.
//
//   cluster_bench --weftd FILE [--part cached|mixed|identical|processes|kills]… [--quick] [--json FILE]
//
// The model is all-MiniLM-L6-v2 (WEFT_MODEL_DIR). Client, nodes and baseline share the machine and take turns.
#include "tests/bench/bench_arguments.hpp"
#include "tests/bench/echo_node.hpp"

#include <cstdio>
#include <utility>

namespace {

using namespace weft::bench;

int serve_echo(size_t reply_bytes) {
  echo_node node(reply_bytes);
  std::printf("%s\n", json{{"text", "ready"}, {"listen", node.address()}}.dump().c_str());
  std::fflush(stdout);
  node.wait();
  return 0;
}

double value(const json& quartiles, const char* which = "median") {
  return quartiles[which].get<double>();
}

void print(const json& row) {
  const auto number = [&](const char* key) { return row[key].get<double>(); };
  const auto& part = row["part"].get_ref<const std::string&>();
  if (part == "cached_replies")
    std::printf("%-12s %2.0f in flight, %4.0f bytes: %7.0f calls/s, echo %7.0f: ratio %.2f [%.2f, %.2f]; p50 %6.1f us, "
                "echo %6.1f: added %5.1f [%.1f, %.1f]; processor %.1f us a call, echo %.1f: ratio %.2f\n",
                row["name"].get_ref<const std::string&>().c_str(), number("in_flight"), number("reply_bytes"),
                number("calls_per_second"), number("echo_calls_per_second"), value(row["ratio"]),
                value(row["ratio"], "low"), value(row["ratio"], "high"), number("p50_microseconds"),
                number("echo_p50_microseconds"), value(row["added_p50_microseconds"]),
                value(row["added_p50_microseconds"], "low"), value(row["added_p50_microseconds"], "high"),
                number("processor_microseconds_per_call"), number("echo_processor_microseconds_per_call"),
                number("processor_ratio"));
  else if (part == "mixed_load") {
    for (const char* name : {"85 % hits", "hits alone", "misses alone"})
      std::printf("%-12s %3.0f in flight: %7.0f calls/s [%.0f, %.0f], p50 %.0f us\n", name, number("in_flight"),
                  value(row[name]["calls_per_second"]), value(row[name]["calls_per_second"], "low"),
                  value(row[name]["calls_per_second"], "high"), row[name]["p50_microseconds"].get<double>());
    std::printf("bare encoder: %.0f new texts/s of %.1f tokens, so %.0f calls/s at 85 %% hits if hits cost nothing\n",
                value(row["bare_encoder_texts_per_second"]), number("tokens_a_new_text"),
                number("calls_per_second_that_the_encoder_allows"));
  } else if (part == "identical_calls")
    std::printf("%.0f identical calls over %.0f nodes, %.0f rounds: %.0f answered, %.0f to %.0f inferences a round, "
                "%.2f s a round\n",
                number("calls"), number("nodes"), number("rounds"), number("answered"), number("inferences_least"),
                number("inferences_most"), value(row["seconds"]));
  else if (part == "three_processes")
    std::printf("three processes, texts of %.0f words: %.1f texts/s, one process %.1f: ratio %.3f [%.3f, %.3f]\n",
                number("words"), number("three_texts_per_second"), number("one_texts_per_second"), value(row["ratio"]),
                value(row["ratio"], "low"), value(row["ratio"], "high"));
  else
    std::printf("kill -9, %.0f times: known by all after %.2f s [%.2f, %.2f], at worst %.2f s\n", number("kills"),
                value(row["known_by_all_seconds"]), value(row["known_by_all_seconds"], "low"),
                value(row["known_by_all_seconds"], "high"), number("worst_seconds"));
  std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
  const std::vector<bench_part> parts{{"cached", measure_cached_replies},
                                      {"mixed", measure_mixed_load},
                                      {"identical", measure_identical_calls},
                                      {"processes", measure_three_processes},
                                      {"kills", measure_kills}};
  CLI::App app{"What a cluster of real processes does"};
  bench_arguments wanted;
  add_arguments(app, parts, wanted);
  size_t echo_bytes = 0;
  app.add_option("--echo", echo_bytes, "only serve the baseline: replies of so many bytes");
  CLI11_PARSE(app, argc, argv);
  if (echo_bytes > 0)
    return serve_echo(echo_bytes);
  run_parts(parts, std::move(wanted), print);
}
