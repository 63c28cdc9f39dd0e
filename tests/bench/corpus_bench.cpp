// One shard of a corpus on one core: exact searches, an iteration of k-means, near duplicates within a group. Beside
// each what plain loops over rows of floats take in the same run, in turn, and of searches what products of 8 bits
// alone take, which are not exact. What is found is compared with what slower plain loops find: where it is not equal,
// the status is 1.
//
//   corpus_bench [--quick] [--json FILE]
//
// Others may use the machine: time is the thread's own.
#include "runtime/compute/collective/thread_group.hpp"
#include "runtime/corpus/duplicate_leaders.hpp"
#include "runtime/corpus/shard_assigner.hpp"
#include "tests/bench/corpus_plain.hpp"
#include "tests/bench/slices.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <functional>

namespace {

using namespace weft;
using namespace weft::bench;
using json = nlohmann::ordered_json;

constexpr uint32_t dimensions = 384;
constexpr uint32_t hits_wanted = 10;
constexpr size_t queries_max = 64;
constexpr uint32_t similarity = 9'500; ///< of near duplicates, in ten-thousandths

struct sizes {
  uint32_t items = 100'000;
  uint32_t clusters = 316; ///< the root of the items: what a corpus job takes
  /// Items of which near duplicates are looked for: the least that go to an engine where there is one, and the most
  /// that are compared all with all.
  std::vector<uint32_t> groups{1'024, 16'384};
  int rounds = 15;
};

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "corpus_bench: %s\n", why.c_str());
  std::exit(1);
}

double thread_milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

/// One way to do the work; round: which, from 0 on.
struct side {
  std::string name;
  std::function<void(size_t round)> work;
  std::vector<double> milliseconds{};
};

/// All sides in turn, round by round, after one that warms up.
void take_turns(std::vector<side>& sides, int rounds) {
  for (int round = 0; round <= rounds; ++round)
    for (auto& one : sides) {
      const double begin = thread_milliseconds();
      one.work(static_cast<size_t>(round));
      if (round > 0)
        one.milliseconds.push_back(thread_milliseconds() - begin);
    }
}

json to_json(const quartiles& q) {
  return {{"low", q.low}, {"median", q.median}, {"high", q.high}};
}

/// sides: ours, then the plain loops, then others.
json report(const std::string& what, const std::vector<side>& sides, const std::string& note) {
  const auto ratio = paired_ratio(sides[1].milliseconds, sides[0].milliseconds);
  json row{{"what", what}, {"plain_over_ours", to_json(ratio)}, {"note", note}};
  std::printf("%-38s", what.c_str());
  for (const auto& one : sides) {
    const auto taken = quartiles_of(one.milliseconds);
    row["milliseconds"][one.name] = to_json(taken);
    std::printf("%s %8.2f ms [%.2f, %.2f]  ", one.name.c_str(), taken.median, taken.low, taken.high);
  }
  std::printf("%s over %s %.2f [%.2f, %.2f]  %s\n", sides[1].name.c_str(), sides[0].name.c_str(), ratio.median,
              ratio.low, ratio.high, note.c_str());
  std::fflush(stdout);
  return row;
}

corpus_shard shard_of(std::vector<float> values, bool keep_rows) {
  const auto count = static_cast<uint32_t>(values.size() / dimensions);
  auto alone = make_thread_group(1);
  corpus_group group(*alone.front(), std::chrono::minutes(1));
  auto shard = make_shard(
      group, {dimensions, consecutive_items(0, count), std::move(values), std::vector<uint32_t>(count, 1), {}},
      keep_rows);
  if (!shard)
    give_up(shard.error().message);
  return *std::move(shard);
}

/// Of all queries together.
size_t hits_in_common(const query_hits& a, const query_hits& b) {
  size_t count = 0;
  for (size_t q = 0; q < a.size(); ++q)
    for (const auto& hit : a[q])
      count += static_cast<size_t>(
          std::ranges::count_if(b[q], [&](const search_hit& other) { return other.item == hit.item; }));
  return count;
}

/// rows: items and behind them the queries, drawn alike.
void measure_searches(const std::string& name, std::vector<float> rows, const sizes& size, json& all) {
  const std::vector<float> asked(rows.end() - queries_max * dimensions, rows.end());
  rows.resize(rows.size() - asked.size());
  const auto exact = shard_of(rows, true), codes = shard_of(std::move(rows), false);
  const float_rows items{exact.rows, dimensions}, queries{asked, dimensions};
  const auto want = scan_exactly(items, queries, hits_wanted);
  for (const size_t count : {size_t{1}, queries_max}) {
    // One query at a time is another one each round.
    const auto from = [&, count](size_t round) { return round % (queries_max / count) * count; };
    const auto in = [&, count](size_t round) {
      return std::span<const float>(asked).subspan(from(round) * dimensions, count * dimensions);
    };
    query_hits found;
    const auto has_all = [&](size_t round) {
      if (!std::equal(found.begin(), found.end(), want.begin() + static_cast<ptrdiff_t>(from(round))))
        give_up(name + ": a search gave other hits than a scan of all items");
    };
    std::vector<side> sides{
        {"exact",
         [&](size_t round) {
           found = search_shard(exact, in(round), {hits_wanted});
           has_all(round);
         }},
        {"fp32 scan",
         [&](size_t round) {
           found = scan_floats(items, {in(round), dimensions}, hits_wanted);
         }},
        {"8 bits alone", [&](size_t round) { found = search_shard(codes, in(round), {hits_wanted}); }}};
    take_turns(sides, size.rounds);
    const auto by_codes = search_shard(codes, asked, {hits_wanted});
    const auto by_floats = scan_floats(items, queries, hits_wanted);
    all.push_back(report(name + ", " + std::to_string(count) + (count == 1 ? " query" : " queries"), sides,
                         "hits equal to a scan in double; of " + std::to_string(queries_max * hits_wanted) + ", " +
                             std::to_string(hits_in_common(want, by_floats)) + " by fp32, " +
                             std::to_string(hits_in_common(want, by_codes)) + " by 8 bits alone"));
  }
}

void measure_iterations(const std::vector<float>& rows, const sizes& size, json& all) {
  constexpr size_t stride = 10; // of the labels that are computed once more
  const auto shard = shard_of(rows, false);
  const auto assigner = make_cpu_assigner(shard, size.clusters);
  const auto radius = radius_of(sum_of_squares(shard.points), shard.count());
  // The first items as seeds, on both sides.
  std::vector<int8_t> centroids(shard.points.begin(),
                                shard.points.begin() + static_cast<ptrdiff_t>(size.clusters * size_t{dimensions}));
  std::vector<float> float_centroids(rows.begin(),
                                     rows.begin() + static_cast<ptrdiff_t>(size.clusters * size_t{dimensions}));
  std::vector<int8_t> assigned_to; // the centroids that the last labels are by
  std::vector<side> sides{{"ours",
                           [&](size_t) {
                             if (!assigner->assign(centroids))
                               give_up("k-means: no labels");
                             assigned_to = centroids;
                             update_centroids(assigner->sums(), radius, centroids);
                           }},
                          {"fp32", [&](size_t) {
                             iterate_floats({rows, dimensions}, float_centroids);
                           }}};
  take_turns(sides, size.rounds);
  const auto found = assigner->points();
  const auto want = labels_of_points(shard.points, assigned_to, dimensions, stride);
  for (size_t i = 0; i < want.size(); ++i)
    if (!found || found->labels[i * stride] != want[i])
      give_up("k-means: a label is not that of the nearest centroid");
  all.push_back(report("k-means iteration, k = " + std::to_string(size.clusters), sides,
                       "labels equal to plain loops over 8 bits, " + std::to_string(want.size()) + " looked at"));
}

void measure_duplicates(std::vector<float> rows, uint32_t items, int rounds, json& all) {
  rows.resize(size_t{items} * dimensions);
  random_source draw(4);
  for (uint32_t r = 7; r < items; r += 7) { // each seventh is a near copy of another one
    const size_t of = draw.below(r);
    for (size_t d = 0; d < dimensions; ++d)
      rows[size_t{r} * dimensions + d] = rows[of * dimensions + d] + 0.005F * nearly_normal(draw);
    normalize(rows.data() + size_t{r} * dimensions, dimensions);
  }
  const auto shard = shard_of(rows, false);
  const item_rows group{shard.items, shard.points};
  std::vector<near_duplicate> found;
  std::vector<uint32_t> by_floats;
  std::vector<side> sides{{"ours", [&](size_t) { found = find_duplicates(group, dimensions, similarity); }},
                          {"fp32", [&](size_t) {
                             by_floats = leaders_of_floats({rows, dimensions}, similarity / 1e4F);
                           }}};
  take_turns(sides, rounds);
  const auto want = duplicates_of(shard.items, leaders_of_points(shard.points, dimensions, similarity));
  if (found != want || found.empty())
    give_up("near duplicates are not those of plain loops");
  size_t same = 0;
  for (const auto& [item, kept] : found)
    same += by_floats[item] == kept ? 1 : 0;
  all.push_back(report("near duplicates of " + std::to_string(items), sides,
                       std::to_string(found.size()) + " found, equal to plain loops over 8 bits; fp32 finds " +
                           std::to_string(same) + " of them so"));
}

} // namespace

int main(int argc, char** argv) {
  CLI::App app{"What a rank does with its shard of a corpus, on one core"};
  bool quick = false;
  std::string file;
  app.add_flag("--quick", quick, "a tenth of the items and fewer rounds: for a look, not for a figure");
  app.add_option("--json", file, "the same figures, as JSON");
  CLI11_PARSE(app, argc, argv);
  const sizes size = quick ? sizes{10'000, 100, {1'024, 2'048}, 3} : sizes{};
  json all = json::array();
  const size_t drawn = size.items + queries_max;
  std::printf("%u items of %u dimensions, top %u\n", size.items, dimensions, hits_wanted);
  random_source draw(1);
  // Cosines of two of one topic are about 0.1 here, and above 0.99 there.
  auto rows = clustered_rows(draw, drawn, dimensions, 1'000, 3);
  measure_searches("spread", rows, size, all);
  measure_searches("tight clusters", clustered_rows(draw, drawn, dimensions, 100, 0.08F), size, all);
  rows.resize(size.items * size_t{dimensions});
  measure_iterations(rows, size, all);
  for (const uint32_t items : size.groups)
    measure_duplicates(rows, items, std::max(3, size.rounds / 3), all);
  if (!file.empty() && !(std::ofstream(file) << all.dump(1) << '\n'))
    give_up("cannot write " + file);
}
