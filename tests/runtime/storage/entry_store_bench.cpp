// Reads and writes a second of the entry store beside plain RocksDB with the same options.
// Usage: entry_store_bench FOLDER [SLICES] [--json FILE]. Both sides take turns in slices (default 21): 6400 entries
// written in batches of 64, then 8000 keys read in batches of 16; entries of 1.6 kB. The figure is the median of the
// paired ratios with its quartiles. Plain: one thread calls Write and MultiGet on key → kind and body, and copies what
// it reads. The store: the same calls through its port, 16 in flight, with expiry, checksum, identity, age and the size
// limit.
#include "runtime/storage/rocks_database.hpp"
#include "runtime/storage/rocks_entry_store.hpp"
#include "runtime/storage/rocks_options.hpp"
#include "tests/runtime/storage/store_calls.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>
#include <rocksdb/write_batch.h>
#include <semaphore>

namespace {

using namespace weft;
using namespace weft::test;

constexpr uint64_t bytes_max = 4ULL << 30;
constexpr uint64_t write_batch = 64, writes_a_slice = 6'400, read_batch = 16, reads_a_slice = 8'000;
constexpr std::ptrdiff_t in_flight = 16;

std::string noise(std::mt19937_64& random, size_t size) {
  std::string out(size, '\0');
  for (size_t i = 0; i + 8 <= size; i += 8) {
    const uint64_t bits = random();
    std::memcpy(out.data() + i, &bits, 8);
  }
  return out;
}

template <class Work> double seconds(Work work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Entries from `first` on, made before the clock starts.
std::vector<std::vector<stored_entry>> batches_from(uint64_t first) {
  std::mt19937_64 random{first + 1};
  std::vector<std::vector<stored_entry>> out(writes_a_slice / write_batch);
  for (auto& batch : out)
    for (uint64_t i = 0; i < write_batch; ++i)
      batch.push_back({numbered_key(first++), std::string(120, 'k'), noise(random, 1'600), 1, std::nullopt});
  return out;
}

std::vector<std::vector<cache_key>> keys_below(uint64_t end, uint64_t seed) {
  std::mt19937_64 random{seed};
  std::vector<std::vector<cache_key>> out(reads_a_slice / read_batch);
  for (auto& batch : out)
    for (uint64_t i = 0; i < read_batch; ++i)
      batch.push_back(numbered_key(random() % end));
  return out;
}

class plain_side {
public:
  explicit plain_side(const std::filesystem::path& path) {
    auto limits = std::make_shared<entry_limits>();
    limits->wall_clock = [] { return uint64_t{1}; };
    auto opened = rocks_database::open(path, database_options(bytes_max, nullptr), limits);
    if (!opened.outcome.ok()) {
      std::fprintf(stderr, "%s\n", opened.outcome.ToString().c_str());
      std::exit(1);
    }
    database_ = std::move(opened.database);
  }
  void write(const std::vector<std::vector<stored_entry>>& batches) {
    for (const auto& batch : batches) {
      rocksdb::WriteBatch changes;
      for (const auto& e : batch) {
        const auto key = bytes_of(e.key);
        changes.Put(database_->entries(), {key.data(), key.size()}, e.kind + e.body);
      }
      if (!database_->db().Write({}, &changes).ok())
        std::abort();
    }
  }
  void read(const std::vector<std::vector<cache_key>>& batches) {
    for (const auto& batch : batches) {
      std::vector<std::array<char, 16>> bytes;
      bytes.reserve(batch.size());
      std::vector<rocksdb::Slice> keys;
      for (const auto& key : batch) {
        bytes.push_back(bytes_of(key));
        keys.emplace_back(bytes.back().data(), bytes.back().size());
      }
      std::vector<rocksdb::PinnableSlice> values(batch.size());
      std::vector<rocksdb::Status> outcomes(batch.size());
      database_->db().MultiGet({}, database_->entries(), keys.size(), keys.data(), values.data(), outcomes.data());
      std::vector<std::string> copies;
      for (size_t i = 0; i < values.size(); ++i)
        copies.push_back(outcomes[i].ok() ? values[i].ToString() : std::string{});
      found += copies.size();
    }
  }
  uint64_t found = 0;

private:
  static std::array<char, 16> bytes_of(const cache_key& key) {
    std::array<char, 16> out;
    std::memcpy(out.data(), &key.high, 8);
    std::memcpy(out.data() + 8, &key.low, 8);
    return out;
  }
  std::unique_ptr<rocks_database> database_;
};

class store_side {
public:
  explicit store_side(const std::filesystem::path& path) : store_({.path = path, .bytes_max = bytes_max}) {}

  void write(std::vector<std::vector<stored_entry>> batches) {
    for (auto& batch : batches) {
      room_.acquire();
      store_.put(std::move(batch), [this](const status& s) {
        if (!s)
          std::abort();
        room_.release();
      });
    }
    drain();
  }
  void read(std::vector<std::vector<cache_key>> batches) {
    for (auto& batch : batches) {
      room_.acquire();
      store_.get(std::move(batch), [this](auto answer) {
        if (!answer)
          std::abort();
        room_.release();
      });
    }
    drain();
  }
  entry_store_counters counters() const { return store_.counters(); }

private:
  void drain() {
    for (std::ptrdiff_t i = 0; i < in_flight; ++i)
      room_.acquire();
    room_.release(in_flight);
  }
  std::counting_semaphore<> room_{in_flight};
  rocks_entry_store store_; ///< last: its threads release the room
};

struct pairs {
  std::vector<double> plain, store; ///< operations a second, slice by slice

  void print(const char* what, std::FILE* json) const {
    std::vector<double> ratios, a = plain, b = store;
    for (size_t i = 0; i < a.size(); ++i)
      ratios.push_back(b[i] / a[i]);
    for (auto* all : {&ratios, &a, &b})
      std::sort(all->begin(), all->end());
    const size_t n = ratios.size();
    std::printf("%-6s plain RocksDB %8.0f/s  entry store %8.0f/s  ratio %.3f (quartiles %.3f to %.3f)\n", what,
                a[n / 2], b[n / 2], ratios[n / 2], ratios[n / 4], ratios[n * 3 / 4]);
    if (json != nullptr)
      std::fprintf(json,
                   "{\"what\":\"%s\",\"plain_per_second\":%.0f,\"store_per_second\":%.0f,\"ratio\":%.3f,"
                   "\"ratio_lower\":%.3f,\"ratio_upper\":%.3f}\n",
                   what, a[n / 2], b[n / 2], ratios[n / 2], ratios[n / 4], ratios[n * 3 / 4]);
  }
};

} // namespace

int main(int count, char** arguments) {
  std::FILE* json = nullptr;
  std::filesystem::path folder;
  uint64_t slices = 21;
  for (int i = 1; i < count; ++i) {
    if (std::strcmp(arguments[i], "--json") == 0 && i + 1 < count)
      json = std::fopen(arguments[++i], "w");
    else if (folder.empty())
      folder = arguments[i];
    else
      slices = std::strtoull(arguments[i], nullptr, 10);
  }
  if (folder.empty() || slices == 0) {
    std::fprintf(stderr, "usage: entry_store_bench FOLDER [SLICES] [--json FILE]\n");
    return 2;
  }
  plain_side plain{folder / "plain"};
  store_side store{folder / "store"};
  pairs writes, reads;
  for (uint64_t i = 0; i < slices; ++i) {
    const auto batches = batches_from(i * writes_a_slice);
    auto own = batches;
    const auto wrote = [&](double s) { return static_cast<double>(writes_a_slice) / s; };
    const auto plain_first = [&] { writes.plain.push_back(wrote(seconds([&] { plain.write(batches); }))); };
    if (i % 2 == 0)
      plain_first();
    writes.store.push_back(wrote(seconds([&] { store.write(std::move(own)); })));
    if (i % 2 == 1)
      plain_first();
  }
  for (uint64_t i = 0; i < slices; ++i) {
    const auto keys = keys_below(slices * writes_a_slice, i);
    const auto read = [&](double s) { return static_cast<double>(reads_a_slice) / s; };
    const auto plain_first = [&] { reads.plain.push_back(read(seconds([&] { plain.read(keys); }))); };
    if (i % 2 == 0)
      plain_first();
    reads.store.push_back(read(seconds([&] { store.read(keys); })));
    if (i % 2 == 1)
      plain_first();
  }
  writes.print("writes", json);
  reads.print("reads", json);
  const auto counted = store.counters();
  if (counted.found != counted.reads) {
    std::fprintf(stderr, "%llu of %llu keys were found\n", static_cast<unsigned long long>(counted.found),
                 static_cast<unsigned long long>(counted.reads));
    return 1;
  }
}
