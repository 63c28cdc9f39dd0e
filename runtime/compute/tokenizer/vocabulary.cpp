#include "runtime/compute/tokenizer/vocabulary.hpp"

#include "runtime/compute/tokenizer/utf8.hpp"

#include <algorithm>
#include <fstream>
#include <unordered_set>

namespace weft {
namespace {

failure unusable(const std::filesystem::path& file, const std::string& why) {
  return {errc::model_unusable, "vocabulary " + file.string() + ": " + why, {{"file", file.string()}}};
}

result<std::vector<char>> read(const std::filesystem::path& file) {
  std::error_code error;
  const auto bytes = std::filesystem::file_size(file, error);
  if (error)
    return unusable(file, error.message());
  if (bytes > vocabulary::file_bytes_max)
    return unusable(file, "larger than " + std::to_string(vocabulary::file_bytes_max) + " bytes");
  std::vector<char> text(bytes);
  std::ifstream in(file, std::ios::binary);
  if (!in.read(text.data(), static_cast<std::streamsize>(text.size())))
    return unusable(file, "cannot be read");
  return text;
}

} // namespace

result<vocabulary> vocabulary::load(const std::filesystem::path& file) {
  auto text = read(file);
  if (!text)
    return text.error();
  vocabulary v;
  v.text_ = *std::move(text);
  std::string_view rest(v.text_.data(), v.text_.size());
  if (const size_t valid = utf8_valid_bytes(rest); valid != rest.size())
    return unusable(file, "byte " + std::to_string(valid) + " is not valid UTF-8");
  std::unordered_set<std::string_view> seen;
  while (!rest.empty()) {
    const size_t length = std::min(rest.find('\n'), rest.size());
    const std::string_view token = rest.substr(0, length);
    rest.remove_prefix(std::min(length + 1, rest.size()));
    const auto wrong = [&](const std::string& what) {
      return unusable(file, "line " + std::to_string(v.tokens_.size() + 1) + " " + what);
    };
    if (token.empty() || token.size() > token_bytes_max || token.find('\0') != token.npos)
      return wrong("is empty, too long or has a NUL byte");
    if (!seen.insert(token).second)
      return wrong("repeats the token '" + std::string(token) + "'");
    v.tokens_.push_back(token);
  }
  return v;
}

std::optional<int32_t> vocabulary::find(std::string_view token) const {
  const auto at = std::find(tokens_.begin(), tokens_.end(), token);
  if (at == tokens_.end())
    return std::nullopt;
  return static_cast<int32_t>(at - tokens_.begin());
}

} // namespace weft
