#include "tests/bench/bench_arguments.hpp"

#include "tests/support/model_directory.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>

namespace weft::bench {

void add_arguments(CLI::App& app, const std::vector<bench_part>& parts, bench_arguments& to) {
  std::string names;
  for (const auto& [name, measure] : parts)
    names += (names.empty() ? "" : ", ") + name;
  app.add_option("--weftd", to.options.programs.weftd, "the program");
  app.add_option("--part", to.parts, names + "; all by default");
  app.add_flag("--quick", to.options.quick, "fewer rounds and less work: for a look, not for a figure");
  app.add_option("--json", to.json_file, "the same figures, as JSON");
}

void run_parts(const std::vector<bench_part>& parts, bench_arguments wanted, void (*print)(const json& row)) {
  if (wanted.options.programs.weftd.empty())
    give_up("--weftd is required");
  wanted.options.programs.self = std::filesystem::read_symlink("/proc/self/exe");
  wanted.options.programs.model_directory = model_directory().string();
  json all = json::array();
  for (const auto& [name, measure] : parts)
    if (wanted.parts.empty() || std::ranges::find(wanted.parts, name) != wanted.parts.end())
      for (auto& row : measure(wanted.options)) {
        print(row);
        all.push_back(std::move(row));
      }
  if (!wanted.json_file.empty() && !(std::ofstream(wanted.json_file) << all.dump(1) << '\n'))
    give_up("cannot write " + wanted.json_file);
}

} // namespace weft::bench
