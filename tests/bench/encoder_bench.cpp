// The bare encoder: sequences a second per numeric class, its share of the CPU's peak in that class (measured in the
// same run, slice by slice), and its ratio to fp32. See --help.
#include "runtime/compute/cpu/cpu_precision.hpp"
#include "runtime/compute/cpu/encoder_fp32.hpp"
#include "tests/bench/peaks.hpp"
#include "tests/bench/slices.hpp"
#include "tests/support/model_directory.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <exception>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using namespace weft;
using namespace weft::bench;

constexpr auto usage = R"(usage: encoder_bench [options]
  --sequence N[,N]   tokens of a text (32,128,256)
  --threads N[,N]    engine threads (1,2)
  --batch-tokens N   tokens of one call (1024)
  --seconds X        for each combination of the two (3)
  --slice-ms X       length of one slice (12)
  --only NAME        one encoder only: fp32-vector, fp32-onednn, fp32-portable, int16, bf16
  --cpu-time         count the threads' CPU time: what others do on a busy machine is left out
  --json FILE        the same figures there as JSON, one object a line
The model is that of WEFT_MODEL_DIR.
)";

using clock_function = std::chrono::nanoseconds (*)();

std::chrono::nanoseconds wall_time() {
  return std::chrono::steady_clock::now().time_since_epoch();
}

std::chrono::nanoseconds thread_time() {
  timespec t{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
  return std::chrono::seconds(t.tv_sec) + std::chrono::nanoseconds(t.tv_nsec);
}

struct settings {
  std::vector<unsigned> sequences{32, 128, 256};
  std::vector<unsigned> threads{1, 2};
  unsigned batch_tokens = 1024;
  double seconds = 3;
  double slice_milliseconds = 12;
  std::string only;
  std::string json;
  clock_function now = wall_time;
};

[[noreturn]] void wrong_usage() {
  std::fputs(usage, stderr);
  std::exit(2);
}

template <class T> T parse(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc{} || end != text.data() + text.size() || !(value > 0))
    wrong_usage();
  return value;
}

std::vector<unsigned> parse_list(std::string_view text) {
  std::vector<unsigned> out;
  while (true) {
    const size_t comma = text.find(',');
    out.push_back(parse<unsigned>(text.substr(0, comma)));
    if (comma == std::string_view::npos)
      return out;
    text.remove_prefix(comma + 1);
  }
}

settings parse_arguments(int count, char** arguments) {
  settings s;
  for (int i = 1; i < count; ++i) {
    const std::string_view name = arguments[i];
    if (name == "--cpu-time") {
      s.now = thread_time;
      continue;
    }
    if (name == "--help") {
      std::fputs(usage, stdout);
      std::exit(0);
    }
    if (++i == count)
      wrong_usage();
    const std::string_view value = arguments[i];
    if (name == "--sequence")
      s.sequences = parse_list(value);
    else if (name == "--threads")
      s.threads = parse_list(value);
    else if (name == "--batch-tokens")
      s.batch_tokens = parse<unsigned>(value);
    else if (name == "--seconds")
      s.seconds = parse<double>(value);
    else if (name == "--slice-ms")
      s.slice_milliseconds = parse<double>(value);
    else if (name == "--only")
      s.only = value;
    else if (name == "--json")
      s.json = value;
    else
      wrong_usage();
  }
  return s;
}

struct candidate {
  std::string name;
  cpu_encoder_factory_ptr encoders;
};

std::vector<candidate> find_candidates(const settings& s, const std::shared_ptr<const bert_weights>& weights) {
  std::vector<candidate> all;
  const auto wanted = [&](std::string_view name) { return s.only.empty() || s.only == name; };
  if (wanted("fp32-vector"))
    all.push_back({"fp32-vector", make_fp32_vector_factory(weights, best_vector_kernels())});
  if (wanted("fp32-onednn"))
    if (auto encoders = make_fp32_onednn_factory(weights))
      all.push_back({"fp32-onednn", std::move(encoders)});
  if (s.only == "fp32-portable") // slow: on demand only
    all.push_back({"fp32-portable", make_fp32_vector_factory(weights, *find_vector_kernels(vector_isa::portable))});
  for (auto precision : {numeric_class::int16, numeric_class::bf16})
    if (wanted(to_string(precision)) && cpu_supports(precision))
      all.push_back({std::string(to_string(precision)), make_encoder_factory(precision, weights)});
  return all;
}

/// Calls `work` until `slice` is over; units a second, where one call is worth `units`.
template <class F> double rate_of(clock_function now, std::chrono::nanoseconds slice, double units, F&& work) {
  const auto start = now();
  double done = 0;
  auto elapsed = std::chrono::nanoseconds{0};
  do {
    work();
    done += units;
    elapsed = now() - start;
  } while (elapsed < slice);
  return done / std::chrono::duration<double>(elapsed).count();
}

slice_runner make_encoder_runner(clock_function now, const candidate& c, unsigned sequence, unsigned sequences,
                                 uint32_t vocabulary, uint32_t hidden) {
  std::mt19937 draw(1);
  std::uniform_int_distribution<int32_t> any(1000, static_cast<int32_t>(vocabulary) - 1);
  std::vector<int32_t> ids(size_t{sequence} * sequences);
  for (auto& id : ids)
    id = any(draw);
  std::vector<uint32_t> offsets;
  for (unsigned i = 0; i <= sequences; ++i)
    offsets.push_back(i * sequence);
  return [now, encoder = std::shared_ptr(c.encoders->make()), ids = std::move(ids), offsets = std::move(offsets),
          out = std::vector<float>(size_t{sequences} * hidden), sequences](std::chrono::nanoseconds slice) mutable {
    return rate_of(now, slice, sequences, [&] { encoder->encode({ids, offsets}, out); });
  };
}

slice_runner make_peak_runner(clock_function now, peak_loop loop) {
  return [now, loop](std::chrono::nanoseconds slice) {
    constexpr uint64_t steps = 50'000;
    const double operations = loop.run(steps);
    return rate_of(now, slice, operations, [&] { loop.run(steps); });
  };
}

/// Multiply-adds count as two; embeddings, norms and activations are not counted.
double operations_per_sequence(const bert_shape& shape, double sequence) {
  const double hidden = shape.hidden;
  const double linear = 2 * (4 * hidden * hidden + 2 * hidden * shape.intermediate);
  return shape.layers * sequence * (linear + 4 * sequence * hidden);
}

struct row {
  std::string encoder;
  unsigned sequence = 0;
  unsigned threads = 0;
  quartiles sequences_per_second;
  double gflops = 0;
  std::string peak;
  double peak_gflops = 0;
  quartiles share_of_peak;
  quartiles ratio_to_first; ///< sequences a second, to those of the first encoder in the run
  size_t rounds = 0;
};

std::vector<row> measure(const settings& s, const std::vector<candidate>& candidates, const bert_shape& shape,
                         unsigned sequence, unsigned threads) {
  const unsigned sequences = std::max(1u, s.batch_tokens / sequence);
  std::vector<contestant> contestants;
  std::vector<size_t> own;
  std::vector<std::optional<size_t>> peaks;
  for (const auto& c : candidates) {
    const auto loop = find_peak(c.encoders->precision());
    peaks.push_back(loop ? std::optional(contestants.size()) : std::nullopt);
    if (loop)
      contestants.push_back({std::string(loop->name), [&s, loop] { return make_peak_runner(s.now, *loop); }});
    own.push_back(contestants.size());
    contestants.push_back({c.name, [&, sequences] {
                             return make_encoder_runner(s.now, c, sequence, sequences, shape.vocabulary, shape.hidden);
                           }});
  }
  const auto rates =
      run_slices(contestants, {.threads = threads,
                               .slice = std::chrono::nanoseconds(static_cast<int64_t>(s.slice_milliseconds * 1e6)),
                               .total = std::chrono::nanoseconds(static_cast<int64_t>(s.seconds * 1e9))});
  const double operations = operations_per_sequence(shape, sequence);
  std::vector<row> rows;
  for (size_t i = 0; i < candidates.size(); ++i) {
    const auto& mine = rates[own[i]];
    row r{.encoder = candidates[i].name, .sequence = sequence, .threads = threads};
    r.sequences_per_second = quartiles_of(mine);
    r.gflops = r.sequences_per_second.median * operations / 1e9;
    if (peaks[i]) {
      r.peak = contestants[*peaks[i]].name;
      r.peak_gflops = quartiles_of(rates[*peaks[i]]).median / 1e9;
      r.share_of_peak = paired_ratio(mine, rates[*peaks[i]]);
      for (double* share : {&r.share_of_peak.low, &r.share_of_peak.median, &r.share_of_peak.high})
        *share *= operations;
    }
    r.ratio_to_first = paired_ratio(mine, rates[own[0]]);
    r.rounds = mine.size();
    rows.push_back(std::move(r));
  }
  return rows;
}

void print_json(std::FILE* to, const row& r) {
  const auto three = [](const quartiles& q) {
    char text[96];
    std::snprintf(text, sizeof text, "[%.6g,%.6g,%.6g]", q.low, q.median, q.high);
    return std::string(text);
  };
  std::fprintf(to,
               "{\"benchmark\":\"encoder\",\"encoder\":\"%s\",\"sequence\":%u,\"threads\":%u,\"rounds\":%zu,"
               "\"sequences_per_second\":%s,\"gflops\":%.4g,\"peak\":\"%s\",\"peak_gflops\":%.4g,\"share_of_peak\":%s,"
               "\"ratio_to_first\":%s}\n",
               r.encoder.c_str(), r.sequence, r.threads, r.rounds, three(r.sequences_per_second).c_str(), r.gflops,
               r.peak.c_str(), r.peak_gflops, three(r.share_of_peak).c_str(), three(r.ratio_to_first).c_str());
}

void print_text(const row& r) {
  std::printf("%-14s %4u %3u %9.1f [%9.1f %9.1f] %8.1f %8.1f  %5.3f [%5.3f %5.3f]  %5.2f [%5.2f %5.2f]  %s\n",
              r.encoder.c_str(), r.sequence, r.threads, r.sequences_per_second.median, r.sequences_per_second.low,
              r.sequences_per_second.high, r.gflops, r.peak_gflops, r.share_of_peak.median, r.share_of_peak.low,
              r.share_of_peak.high, r.ratio_to_first.median, r.ratio_to_first.low, r.ratio_to_first.high,
              r.peak.c_str());
}

} // namespace

int main(int count, char** arguments) try {
  const auto s = parse_arguments(count, arguments);
  const auto weights = load_bert_weights(model_directory());
  if (!weights) {
    std::fprintf(stderr, "%s\n", weights.error().message.c_str());
    return 1;
  }
  const auto candidates = find_candidates(s, *weights);
  if (candidates.empty()) {
    std::fprintf(stderr, "no encoder '%s' on this CPU\n", s.only.c_str());
    return 1;
  }
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> json{s.json.empty() ? nullptr : std::fopen(s.json.c_str(), "w"),
                                                             [](std::FILE* file) { return std::fclose(file); }};
  if (!s.json.empty() && !json) {
    std::perror(s.json.c_str());
    return 1;
  }
  std::printf("%-14s %4s %3s %9s [quartiles]          %8s %8s  share of peak          to first  peak\n", "encoder", "S",
              "thr", "seq/s", "GFLOP/s", "peak");
  for (const unsigned sequence : s.sequences)
    for (const unsigned threads : s.threads)
      for (const auto& r : measure(s, candidates, (*weights)->shape, sequence, threads)) {
        print_text(r);
        std::fflush(stdout);
        if (json)
          print_json(json.get(), r);
      }
  return 0;
} catch (const std::exception& thrown) {
  std::fprintf(stderr, "%s\n", thrown.what());
  return 1;
}
