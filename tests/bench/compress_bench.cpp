// What compression costs on a real weftd: a document beside embedding its sentences, and the memory of long streams.
//
//   compress_bench --weftd FILE [--part documents|streams]… [--quick] [--json FILE]
//
// The model is all-MiniLM-L6-v2 (WEFT_MODEL_DIR). Client and node share the machine.
#include "tests/bench/bench_arguments.hpp"
#include "tests/bench/compress_measures.hpp"

#include <cstdio>
#include <utility>

namespace {

using namespace weft::bench;

void print(const json& row) {
  const auto number = [&](const char* key) { return row[key].get<double>(); };
  const auto of = [&](const char* key, const char* which = "median") { return row[key][which].get<double>(); };
  if (row["part"] == "document")
    std::printf("%-12s %.0f tokens in %.0f sentences: %6.1f ms [%.1f, %.1f], embedding alone %6.1f ms: ratio %.3f "
                "[%.3f, %.3f], target %.1f: %s; of it split %.1f, embed %.1f, points %.1f, select %.1f ms\n",
                row["strategy"].get_ref<const std::string&>().c_str(), number("tokens"), number("sentences"),
                of("milliseconds"), of("milliseconds", "low"), of("milliseconds", "high"), of("embed_milliseconds"),
                of("ratio"), of("ratio", "low"), of("ratio", "high"), number("target"),
                of("ratio") <= number("target") ? "reached" : "short", number("split_ms"), number("vectors_ms"),
                number("points_ms"), number("select_ms"));
  else
    std::printf("%-12s %-5s %5.1f MB as a stream: %6.3f MB/s, %.0f windows, %.1f MB out; memory %.1f MiB above %.1f, "
                "target %.0f: %s\n",
                row["strategy"].get_ref<const std::string&>().c_str(),
                row["text"].get_ref<const std::string&>().c_str(), number("bytes") / 1e6,
                number("bytes") / 1e6 / number("seconds"), number("windows"), number("output_bytes") / 1e6,
                number("memory_above_mib"), number("memory_base_mib"), number("target"),
                number("memory_above_mib") <= number("target") ? "reached" : "short");
  std::fflush(stdout);
}

/// What a token compressor takes, so that ours has a scale. Its weights are in no package, so it cannot run here: from
/// Pan et al. 2024 (arXiv 2403.12968), table 5; the length of the texts is from their table 1.
void print_published() {
  std::printf(
      "published, other hardware (LLMLingua-2, Pan et al. 2024, one V100-32G, MeetingBank: 3003 tokens a text on "
      "average), not measured here:\n");
  for (const auto& [name, seconds] : {std::pair{"LLMLingua-2", "0.5 s at 2x, 0.4 s at 3x, 0.4 s at 5x"},
                                      {"LLMLingua", "2.9 s at 2x, 2.1 s at 3x, 1.5 s at 5x"},
                                      {"Selective-Context", "15.9 s at 2x, 15.6 s at 3x, 15.5 s at 5x"}})
    std::printf("  %-18s %s\n", name, seconds);
}

} // namespace

int main(int argc, char** argv) {
  const std::vector<bench_part> parts{{"documents", measure_documents}, {"streams", measure_streams}};
  CLI::App app{"What compression costs"};
  bench_arguments wanted;
  add_arguments(app, parts, wanted);
  CLI11_PARSE(app, argc, argv);
  run_parts(parts, std::move(wanted), print);
  print_published();
}
