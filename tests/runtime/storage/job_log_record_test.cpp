#include "runtime/storage/job_log_record.hpp"

#include <doctest/doctest.h>

#include <vector>

using namespace weft;

namespace {

template <size_t Size> std::string text(const std::array<char, Size>& bytes) {
  return {bytes.data(), bytes.size()};
}

} // namespace

TEST_CASE("keys are ordered as ids, and a job's segments lie between its first and its end") {
  const std::vector<job_id> jobs{
      {0, 0}, {0, 1}, {0, 255}, {0, 256}, {0, UINT64_MAX}, {1, 0}, {255, 7}, {256, 0}, {UINT64_MAX, UINT64_MAX}};
  std::string last;
  for (const auto& job : jobs)
    for (const uint32_t index : {0U, 1U, 255U, 256U, UINT32_MAX}) {
      const segment_id id{job, index};
      const auto key = text(disk_key(id));
      CHECK(key > last);
      CHECK(key < text(end_of_segments(job)));
      CHECK(segment_of(key) == id);
      last = key;
    }
  for (size_t i = 1; i < jobs.size(); ++i) {
    CHECK(text(disk_key(jobs[i - 1])) < text(disk_key(jobs[i])));
    CHECK(text(end_of_segments(jobs[i - 1])) < text(disk_key(segment_id{jobs[i], 0})));
  }
  CHECK(!segment_of("short"));
  CHECK(!segment_of(std::string(21, 'x')));
}

TEST_CASE("a sealed record is read under its key only, and no changed byte passes") {
  const std::string key = "key", record = "the record's bytes";
  const auto bytes = sealed(key, record);
  CHECK(unsealed(key, bytes) == record);
  CHECK(!unsealed("kez", bytes));
  for (size_t i = 0; i < bytes.size(); ++i) {
    auto changed = bytes;
    changed[i] = static_cast<char>(changed[i] ^ 1);
    CHECK(!unsealed(key, changed));
    CHECK(!unsealed(key, bytes.substr(0, i)));
  }
  CHECK(unsealed(key, sealed(key, "")) == "");
}
