#pragma once

#include "runtime/base/result.hpp"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace weft {

/// A whole file, mapped read-only and shared with every process that maps it. Immutable: thread-safe.
/// The file must not be cut while it is mapped (reading past its end then kills the process): replace it by rename.
class file_mapping {
public:
  /// Fails with errc::model_unusable: the message names the file and says why.
  static result<std::shared_ptr<const file_mapping>> open(const std::filesystem::path& path);
  file_mapping(const file_mapping&) = delete;
  file_mapping& operator=(const file_mapping&) = delete;
  ~file_mapping();

  std::span<const std::byte> bytes() const noexcept { return {data_, size_}; }

private:
  file_mapping(const std::byte* data, size_t size) noexcept : data_(data), size_(size) {}
  const std::byte* data_;
  size_t size_;
};

} // namespace weft
