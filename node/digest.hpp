#pragma once

#include "runtime/base/result.hpp"

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

struct evp_md_ctx_st;

namespace weft {

/// SHA-256 of bytes that come one after the other.
class running_sha256 {
public:
  running_sha256();
  void add(std::string_view bytes);
  /// 64 lower-case hex digits of all that was added. Once; nothing may be added after it.
  std::string take();

private:
  std::unique_ptr<evp_md_ctx_st, void (*)(evp_md_ctx_st*)> context_;
};

/// SHA-256 of a file's content, 64 lower-case hex digits. Blocks for the time of reading it.
/// Fails with errc::unavailable; the message is the reason alone ("No such file or directory").
result<std::string> sha256_of_file(const std::filesystem::path& path);

/// The same of a text.
std::string sha256_of_text(std::string_view text);

} // namespace weft
