// Segments a second of the job log beside plain RocksDB group commit of the same bytes, and how long a log of some size
// takes to open.
// Usage: job_log_bench FOLDER [--slices N] [--recovery [MIB]] [--json FILE]
//
// Ingestion: a segment has 256 short texts, about 13 kB. Both sides have the same database options and as many threads,
// 1, 4, 16 and 64, each of which writes a segment and waits until it is synced. Plain: each thread calls Write() with
// sync, and RocksDB shares syncs between them; meta and body are encoded before. The log: through its port, with the
// meta's encoding, seals, size limit and counting. Both take turns in slices (default 21); the figure is the median of
// the paired ratios with its quartiles.
// Recovery: fills a log (default 1024 MiB of texts), drops its files from the page cache, and opens it: until the
// database is open, and until load() has given all headers and metas.
#include "runtime/storage/rocks_job_log.hpp"
#include "tests/runtime/storage/job_log_calls.hpp"
#include "tests/runtime/storage/plain_job_database.hpp"
#include "tests/support/page_cache.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>
#include <thread>

namespace {

using namespace weft;
using namespace weft::test;

constexpr uint32_t items = segment_items_max, segments_a_slice = 2'048;

/// Short texts, as a corpus of titles has them.
segment_record short_texts(uint64_t number) {
  segment_texts texts;
  texts.spec = numbered_header(number).spec;
  for (uint32_t i = 0; i < items; ++i)
    texts.texts.push_back("item " + std::to_string(number * items + i) + " of a nightly import of short titles");
  return make_record({numbered_job(number / 4'096), static_cast<uint32_t>(number % 4'096)}, number * items, texts);
}

std::vector<segment_record> records_from(uint64_t first) {
  std::vector<segment_record> out;
  for (uint64_t i = 0; i < segments_a_slice; ++i)
    out.push_back(short_texts(first + i));
  return out;
}

template <class Work> double seconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

[[noreturn]] void give_up(const std::string& why) {
  std::fprintf(stderr, "%s\n", why.c_str());
  std::exit(1);
}

/// So many threads take the records one by one.
template <class Write> double spread(const std::vector<segment_record>& records, uint32_t threads, Write write) {
  std::atomic<size_t> next{0};
  return seconds([&] {
    std::vector<std::thread> all;
    for (uint32_t t = 0; t < threads; ++t)
      all.emplace_back([&] {
        for (size_t i = next++; i < records.size(); i = next++)
          write(records[i]);
      });
    for (auto& thread : all)
      thread.join();
  });
}

struct distribution {
  std::vector<double> values;
  double at(double share) {
    std::ranges::sort(values);
    return values[static_cast<size_t>(share * static_cast<double>(values.size() - 1) + 0.5)];
  }
};

void ingestion(const std::filesystem::path& folder, uint32_t slices, uint32_t threads, std::FILE* json) {
  const auto name = std::to_string(threads);
  plain_job_database plain{folder / ("plain." + name)};
  rocks_job_log log{{.path = folder / ("log." + name), .bytes_max = 64ULL << 30}};
  job_log_calls calls{log};
  if (!calls.load())
    give_up("the log cannot be opened");
  distribution plain_rate, log_rate, ratio;
  for (uint32_t slice = 0; slice < slices; ++slice) {
    const auto records = records_from(uint64_t{slice} * segments_a_slice);
    std::vector<std::string> metas;
    for (const auto& record : records)
      metas.push_back(encode(record.meta));
    const auto run_plain = [&] {
      return spread(records, threads, [&](const auto& record) {
        plain.write(record, metas[static_cast<size_t>(&record - records.data())]);
      });
    };
    const auto run_log = [&] {
      return spread(records, threads, [&](const auto& record) {
        if (!calls.write({record}))
          give_up("the log does not write");
      });
    };
    double of_plain = 0, of_log = 0;
    if (slice % 2 == 0)
      of_plain = run_plain();
    of_log = run_log();
    if (slice % 2 == 1)
      of_plain = run_plain();
    constexpr double all = double{items} * segments_a_slice;
    plain_rate.values.push_back(all / of_plain);
    log_rate.values.push_back(all / of_log);
    ratio.values.push_back(of_plain / of_log);
  }
  const auto counted = log.counters();
  const double shared = static_cast<double>(counted.writes) / static_cast<double>(counted.syncs);
  std::printf(
      "ingestion, %2u threads: plain RocksDB %9.0f items/s, job log %9.0f items/s, ratio %.3f (quartiles %.3f to "
      "%.3f), %.1f writes a sync\n",
      threads, plain_rate.at(0.5), log_rate.at(0.5), ratio.at(0.5), ratio.at(0.25), ratio.at(0.75), shared);
  if (json != nullptr)
    std::fprintf(json,
                 "{\"what\":\"job_log_ingestion\",\"threads\":%u,\"plain_items_per_second\":%.0f,"
                 "\"log_items_per_second\":%.0f,\"ratio\":%.3f,\"ratio_lower\":%.3f,\"ratio_upper\":%.3f,"
                 "\"writes_per_sync\":%.1f}\n",
                 threads, plain_rate.at(0.5), log_rate.at(0.5), ratio.at(0.5), ratio.at(0.25), ratio.at(0.75), shared);
}

void recovery(const std::filesystem::path& folder, uint64_t bytes, std::FILE* json) {
  const rocks_job_log_options options{.path = folder / "recovery", .bytes_max = 1ULL << 40};
  uint64_t written = 0;
  for (rocks_job_log log{options}; written < bytes;) {
    job_log_calls calls{log};
    std::vector<segment_record> group;
    static uint64_t number = 0;
    for (int i = 0; i < 256; ++i) {
      group.push_back(short_texts(number++));
      written += group.back().body->size();
    }
    if (!calls.write(std::move(group)))
      give_up("the log does not write");
  }
  drop_from_page_cache(options.path);
  std::optional<rocks_job_log> log;
  result<job_log_contents> contents = failure{};
  const double opened = seconds([&] { log.emplace(options); });
  const double loaded = seconds([&] { contents = job_log_calls{*log}.load(); });
  if (!contents)
    give_up(contents.error().message);
  std::printf("recovery of %.0f MB, %zu segments: open after %.2f s, loaded %.2f s later\n",
              static_cast<double>(written) / 1e6, contents->segments.size(), opened, loaded);
  if (json != nullptr)
    std::fprintf(json,
                 "{\"what\":\"job_log_recovery\",\"bytes\":%llu,\"segments\":%zu,\"open_seconds\":%.3f,"
                 "\"load_seconds\":%.3f}\n",
                 static_cast<unsigned long long>(written), contents->segments.size(), opened, loaded);
}

} // namespace

int main(int count, char** arguments) {
  std::FILE* json = nullptr;
  std::filesystem::path folder;
  uint32_t slices = 21;
  std::optional<uint64_t> recovery_mib;
  for (int i = 1; i < count; ++i) {
    const bool more = i + 1 < count;
    if (std::strcmp(arguments[i], "--json") == 0 && more)
      json = std::fopen(arguments[++i], "w");
    else if (std::strcmp(arguments[i], "--slices") == 0 && more)
      slices = static_cast<uint32_t>(std::strtoul(arguments[++i], nullptr, 10));
    else if (std::strcmp(arguments[i], "--recovery") == 0)
      recovery_mib =
          more && std::strtoull(arguments[i + 1], nullptr, 10) > 0 ? std::strtoull(arguments[++i], nullptr, 10) : 1'024;
    else if (folder.empty())
      folder = arguments[i];
  }
  if (folder.empty() || slices == 0) {
    std::fprintf(stderr, "usage: job_log_bench FOLDER [--slices N] [--recovery [MIB]] [--json FILE]\n");
    return 2;
  }
  if (recovery_mib)
    recovery(folder, *recovery_mib << 20, json);
  else
    for (const uint32_t threads : {1U, 4U, 16U, 64U})
      ingestion(folder, slices, threads, json);
  if (json != nullptr)
    std::fclose(json);
}
