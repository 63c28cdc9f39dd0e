#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// The tokens of a vocab.txt: one a line, the line's number (from 0) is the token's id.
class vocabulary {
public:
  /// Fails with errc::model_unusable naming the file, and the line where one is wrong: unreadable, over the limits,
  /// invalid UTF-8, an empty line, a token twice.
  static result<vocabulary> load(const std::filesystem::path& file);
  vocabulary(vocabulary&&) noexcept = default;
  vocabulary& operator=(vocabulary&&) noexcept = default;

  /// Valid as long as the vocabulary lives. [ids]
  const std::vector<std::string_view>& tokens() const noexcept { return tokens_; }
  std::optional<int32_t> find(std::string_view token) const;

  static constexpr size_t file_bytes_max = 64u << 20;
  static constexpr size_t token_bytes_max = 1024;

private:
  vocabulary() = default;

  // A vector keeps its buffer when it is moved (a short string does not), and the tokens point into it.
  std::vector<char> text_;
  std::vector<std::string_view> tokens_;
};

} // namespace weft
