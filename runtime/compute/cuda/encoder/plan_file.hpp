#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/cuda/encoder/linear_shape.hpp"

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

namespace weft::cuda {

/// How the library computes it best: its own 64 bytes, valid for one version of it and one kind of device.
struct linear_plan {
  std::array<uint64_t, 8> algorithm{};
  float microseconds = 0; ///< as measured

  bool operator==(const linear_plan&) const = default;
};

/// What the plans hold for; those of another device or library are of no use.
struct plan_scope {
  std::string device; ///< "NVIDIA H200", one line
  uint32_t compute_capability = 0;
  uint64_t library_version = 0;

  bool operator==(const plan_scope&) const = default;
};

using plan_table = std::map<linear_shape, linear_plan>;

inline constexpr size_t plan_file_bytes_max = 1 << 20;

/// Lines of text with a checksum at the end.
std::string encode_plans(const plan_scope& scope, const plan_table& plans);

/// Where the plans of this scope are kept: beside `base`, with the device's name ("plans.txt" →
/// "plans.txt.nvidia-h200"), so that different devices of one machine do not replace each other's.
std::filesystem::path plan_path(const std::filesystem::path& base, const plan_scope& scope);

/// Empty for another scope. errc::state_damaged: not such a file, or it was changed.
result<plan_table> decode_plans(std::string_view text, const plan_scope& scope);

/// A file that is not there is an empty table. errc::state_damaged as above; errc::storage_failed: cannot be read.
result<plan_table> read_plan_file(const std::filesystem::path& path, const plan_scope& scope);

/// Adds these plans to those of the file, which stay where it has others of the scope. Replaces the file by rename, so
/// that a reader sees the old one or the new one, and of several writers each sees its own whole. errc::storage_failed:
/// it cannot be written. It is not forced to disk: what a power failure takes is measured again.
status write_plan_file(const std::filesystem::path& path, const plan_scope& scope, const plan_table& plans);

} // namespace weft::cuda
