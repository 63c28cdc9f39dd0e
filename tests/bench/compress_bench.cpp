// What compression costs on a real weftd: a document beside embedding its sentences, and the memory of long streams.
//
//   compress_bench --weftd FILE [--part documents|streams]… [--quick] [--json FILE]
//
// The model is all-MiniLM-L6-v2 (WEFT_MODEL_DIR). Client and node share the machine.
#include "tests/bench/compress_measures.hpp"
#include "tests/support/model_directory.hpp"

#include <CLI/CLI.hpp>

#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <fstream>

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

} // namespace

int main(int argc, char** argv) {
  const std::vector<std::pair<std::string, std::vector<json> (*)(const compress_bench_options&)>> parts{
      {"documents", measure_documents}, {"streams", measure_streams}};
  CLI::App app{"What compression costs"};
  compress_bench_options options;
  std::vector<std::string> wanted;
  std::string file;
  app.add_option("--weftd", options.programs.weftd, "the program")->required();
  app.add_option("--part", wanted, "documents, streams; both by default");
  app.add_flag("--quick", options.quick, "fewer rounds and less text: for a look, not for a figure");
  app.add_option("--json", file, "the same figures, as JSON");
  CLI11_PARSE(app, argc, argv);
  options.programs.self = std::filesystem::read_symlink("/proc/self/exe");
  options.programs.model_directory = weft::model_directory().string();
  json all = json::array();
  for (const auto& [name, measure] : parts)
    if (wanted.empty() || std::ranges::find(wanted, name) != wanted.end())
      for (auto& row : measure(options)) {
        print(row);
        all.push_back(std::move(row));
      }
  // Its weights are in no package, so that it cannot run here.
  std::printf(
      "LLMLingua-2, as published (Pan et al. 2024) and not measured here: ratios of 2 to 5, 3 to 6 times faster "
      "than the token compressors before it\n");
  if (!file.empty() && !(std::ofstream(file) << all.dump(1) << '\n'))
    give_up("cannot write " + file);
}
