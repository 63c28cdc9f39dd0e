#include "tests/bench/job_stream.hpp"
#include "tests/bench/jobs_measures.hpp"
#include "tests/runtime/storage/job_log_calls.hpp"
#include "tests/runtime/storage/plain_job_database.hpp"
#include "tests/support/temporary_directory.hpp"

#include <atomic>

namespace weft::bench {
namespace {

using clock_type = std::chrono::steady_clock;

constexpr uint32_t writers = 16; ///< of the plain side; more bring it no more
constexpr auto streams = 3;      ///< of ours, one through each node

std::string short_text(uint64_t number) {
  return "item " + std::to_string(number) + " of a nightly import of short titles";
}

/// The segments of this many items, as the job's owners write them.
std::vector<segment_record> segments_of(uint64_t job, uint64_t items) {
  std::vector<segment_record> out;
  for (uint64_t at = 0; at < items;) {
    segment_texts texts;
    texts.spec = test::numbered_header(job).spec;
    const auto index = static_cast<uint32_t>(out.size());
    for (const auto end = std::min<uint64_t>(at + segment_items_max, items); at < end; ++at)
      texts.texts.push_back(short_text(job * items + at));
    out.push_back(make_record({test::numbered_job(job), index}, at, texts));
  }
  return out;
}

double plain_items_per_second(test::plain_job_database& one, test::plain_job_database& two, uint64_t job,
                              uint64_t items) {
  const auto records = segments_of(job, items);
  std::atomic<size_t> next{0};
  std::vector<std::thread> threads;
  const auto began = clock_type::now();
  for (uint32_t i = 0; i < writers; ++i)
    threads.emplace_back([&] {
      for (size_t at = next++; at < records.size(); at = next++) {
        const auto meta = encode(records[at].meta);
        one.write(records[at], meta);
        two.write(records[at], meta);
      }
    });
  for (auto& thread : threads)
    thread.join();
  return static_cast<double>(items) / std::chrono::duration<double>(clock_type::now() - began).count();
}

/// A job through each node, all at once. They are cancelled afterwards, so that the next slice finds idle engines.
double our_items_per_second(const std::vector<std::shared_ptr<grpc::Channel>>& nodes, uint64_t job, uint64_t items) {
  std::vector<submitted_job> taken(streams);
  std::vector<std::thread> threads;
  const auto began = clock_type::now();
  for (size_t i = 0; i < streams; ++i)
    threads.emplace_back([&, i] {
      const auto number = job * streams + i;
      taken[i] = submit_job(nodes[i], {.request_id = "import " + std::to_string(number),
                                       .count = items / streams,
                                       .text = [=](uint64_t at) { return short_text(number * items + at); }});
    });
  for (auto& thread : threads)
    thread.join();
  const double seconds = std::chrono::duration<double>(clock_type::now() - began).count();
  for (const auto& one : taken)
    cancel_job(nodes[0], one.id);
  return static_cast<double>(items / streams * streams) / seconds;
}

} // namespace

std::vector<json> measure_ingestion(const cluster_bench_options& options) {
  const auto nodes = start_cluster(options.programs, {{}, {}, {}});
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (const auto& node : nodes)
    channels.push_back(node->connect());
  const test::temporary_directory folder;
  test::plain_job_database one(folder.path() / "one"), two(folder.path() / "two");
  std::vector<double> ours, plain;
  const int rounds = options.quick ? 2 : 7;
  const uint64_t items = options.quick ? 96'000 : 384'000;
  for (int round = 0; round <= rounds; ++round) {
    const auto job = static_cast<uint64_t>(round);
    const double a = our_items_per_second(channels, job, items);
    const double b = plain_items_per_second(one, two, job, items);
    if (round == 0)
      continue;
    ours.push_back(a);
    plain.push_back(b);
  }
  return {{{"part", "ingestion"},
           {"nodes", nodes.size()},
           {"synced", 2},
           {"streams", streams},
           {"items_per_second", to_json(quartiles_of(ours))},
           {"items_per_second_target", 60'000},
           {"plain_items_per_second", to_json(quartiles_of(plain))},
           {"plain_writers", writers},
           {"ratio", to_json(paired_ratio(ours, plain))},
           {"ratio_target", 0.5}}};
}

} // namespace weft::bench
