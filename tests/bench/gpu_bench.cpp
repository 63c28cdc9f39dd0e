// What a device does, each figure beside what the same process measures of the device itself (copy bandwidth, bf16
// products). Usage: gpu_bench [--json FILE] [--model FOLDER] [--quick]. Where there is no device every figure is listed
// as not run, with the reason; the status is 0 unless something failed. FILE is complete after each figure, so that a
// time limit costs the figures that were not measured yet, no others.

#include "tests/bench/gpu_session.hpp"

#include <cstdio>
#include <string_view>
#include <utility>

namespace weft::bench {

std::vector<gpu_figure> figures_not_run(const std::string& why) {
  std::vector<gpu_figure> figures;
  for (const char* name : {"copy, device to device",
                           "bf16 product, 8192^3",
                           "bf16 products of one layer",
                           "encoder fp16, S = 128",
                           "encoder fp16, S = 128, share",
                           "encoder fp16, S = 128, own shapes",
                           "encoder fp16, S = 128, parts of 4224",
                           "encoder fp16, S = 128, erf GELU",
                           "encoder bf16, S = 128",
                           "encoder bf16, S = 128, share",
                           "encoder bf16, S = 128, own shapes",
                           "encoder fp32, S = 128",
                           "k-means iteration",
                           "k-means, first iteration",
                           "pack to float16",
                           "pack to int8",
                           "pack to binary",
                           "quantise to points",
                           "exact top 100 of 1M, 64 queries",
                           "near duplicates of 16384"})
    figures.push_back({.name = name, .note = why});
  return figures;
}

} // namespace weft::bench

int main(int count, char** arguments) {
  using namespace weft::bench;
  std::string json, model;
  bool quick = false;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--quick") {
      quick = true;
    } else if ((argument == "--json" || argument == "--model") && i + 1 < count) {
      (argument == "--json" ? json : model) = arguments[++i];
    } else {
      std::fputs("usage: gpu_bench [--json FILE] [--model FOLDER] [--quick]\n", stderr);
      return 2;
    }
  }
  auto session = open_gpu_session();
  figure_list figures(session ? session->info.name : "none", json);
  bool failed = false;
  if (session) {
    session->model = model;
    session->repeats = quick ? 3 : 20;
    const auto rates = measure_rates(*session, figures);
    measure_encoder(*session, rates, figures);
    measure_points(*session, rates, figures);
    for (const auto& figure : figures.all())
      failed = failed || !figure.value; // there is a device, so that what has no value failed
  } else {
    for (auto& figure : figures_not_run(session.error().message))
      figures.add(std::move(figure));
    failed = session.error().code != weft::errc::unavailable;
  }
  if (!figures.written()) {
    std::fprintf(stderr, "gpu_bench: cannot write %s\n", json.c_str());
    return 1;
  }
  return failed ? 1 : 0;
}
