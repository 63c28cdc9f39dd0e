#include "runtime/storage/disk_room.hpp"

#include "runtime/storage/damage.hpp"

#include <rocksdb/env.h>
#include <system_error>
#include <utility>

namespace weft {
namespace {

constexpr size_t probe_bytes = 1 << 20;

} // namespace

disk_room::disk_room(std::filesystem::path folder, uint64_t free_bytes_min, rocksdb::Env* env)
    : folder_(std::move(folder)), free_bytes_min_(free_bytes_min), env_(env ? env : rocksdb::Env::Default()) {}

bool disk_room::has(uint64_t more) const {
  std::error_code failed;
  const auto space = std::filesystem::space(folder_, failed);
  return failed || (space.available >= free_bytes_min_ && space.available - free_bytes_min_ >= more);
}

failure disk_room::too_little() const {
  return {errc::storage_full, "less than " + std::to_string(free_bytes_min_) + " bytes are free"};
}

status disk_room::try_writing() const {
  const auto probe = (folder_ / "probe.tmp").string();
  std::error_code ignored;
  std::filesystem::create_directories(folder_, ignored);
  const auto written = rocksdb::WriteStringToFile(env_, std::string(probe_bytes, '\0'), probe, true);
  (void)env_->DeleteFile(probe);
  return written.ok() ? ok : status{to_failure(written)};
}

} // namespace weft
