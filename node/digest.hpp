#pragma once

#include "runtime/base/result.hpp"

#include <filesystem>
#include <string>

namespace weft {

/// SHA-256 of a file's content, 64 lower-case hex digits. Blocks for the time of reading it.
/// Fails with errc::unavailable; the message is the reason alone ("No such file or directory").
result<std::string> sha256_of_file(const std::filesystem::path& path);

} // namespace weft
