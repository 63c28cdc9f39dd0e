#pragma once

#include "runtime/base/result.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace weft {

/// SHA-256 of a file's content, 64 lower-case hex digits. Blocks for the time of reading it.
/// Fails with errc::unavailable; the message is the reason alone ("No such file or directory").
result<std::string> sha256_of_file(const std::filesystem::path& path);

/// The same of a text.
std::string sha256_of_text(std::string_view text);

} // namespace weft
