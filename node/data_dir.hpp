#pragma once

#include "node/config/data_directory.hpp"
#include "runtime/base/result.hpp"

#include <filesystem>
#include <memory>

namespace weft {

/// The folder that a node keeps its data in, held by one process: the lock goes with the object, and with the process
/// however that ends.
class data_dir {
public:
  /// Makes the folder where it is missing, locks it, and proves that it can be written: a node should hear of a
  /// read-only or full disk at start, not with the first job. Fails with errc::unavailable; the message names folder,
  /// reason and what to do.
  static result<std::unique_ptr<data_dir>> open(const std::filesystem::path& path);
  ~data_dir();
  data_dir(const data_dir&) = delete;
  data_dir& operator=(const data_dir&) = delete;

  const std::filesystem::path& path() const noexcept { return path_; }

private:
  data_dir(std::filesystem::path path, int lock) : path_(std::move(path)), lock_(lock) {}
  std::filesystem::path path_;
  int lock_;
};

} // namespace weft
