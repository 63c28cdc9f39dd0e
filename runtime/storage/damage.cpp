#include "runtime/storage/damage.hpp"

#include <system_error>

namespace weft {

bool is_damage(const rocksdb::Status& outcome) {
  return outcome.IsCorruption() || outcome.IsInvalidArgument() || outcome.IsNotSupported() || outcome.IsPathNotFound();
}

failure to_failure(const rocksdb::Status& outcome) {
  const bool full = outcome.IsNoSpace() || outcome.subcode() == rocksdb::Status::kSpaceLimit;
  return {full ? errc::storage_full : errc::storage_failed, outcome.ToString()};
}

status move_aside(const std::filesystem::path& path) {
  auto aside = path;
  aside += ".damaged";
  std::error_code failed;
  std::filesystem::remove_all(aside, failed);
  if (!failed)
    std::filesystem::rename(path, aside, failed);
  if (failed)
    return failure{errc::storage_failed, "cannot move " + path.string() + " aside: " + failed.message()};
  return ok;
}

} // namespace weft
