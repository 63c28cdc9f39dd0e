#pragma once

#include "runtime/cache/cached_value.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

struct ZSTD_CCtx_s;
struct ZSTD_DCtx_s;

namespace weft {

enum class packing : uint8_t { none, lz4, zstd };

struct packing_options {
  packing method = packing::zstd;
  int zstd_level = 1;
  /// Halves the vectors of L2 and L3, and their values are then no longer equal to what was computed. Only if asked.
  bool vectors_fp16 = false;
};

/// The text of an identity with its value, in few bytes: what L2 keeps in memory, L3 on disk, and peers send.
/// Form: version, method, length of the text, the value's header, then text and the vector's highest bytes (sign and
/// exponent, which repeat) compressed, then its lower bytes as they are (noise, which does not compress).
/// Not thread-safe: it keeps its working memory.
class entry_packer {
public:
  explicit entry_packer(packing_options options = {});
  ~entry_packer();
  entry_packer(const entry_packer&) = delete;
  entry_packer& operator=(const entry_packer&) = delete;

  std::string pack(std::string_view text, const cached_value& value);

  struct unpacked {
    std::string text;
    cached_value value;
  };
  /// Empty: damaged, or made by a release that this one does not understand. Reads every method and both precisions,
  /// whatever the options are.
  std::optional<unpacked> unpack(std::string_view packed);

private:
  bool compress(std::string_view plain, std::string& out);
  bool expand(packing method, std::string_view packed, std::string& plain);

  packing_options options_;
  std::unique_ptr<ZSTD_CCtx_s, size_t (*)(ZSTD_CCtx_s*)> compressor_;
  std::unique_ptr<ZSTD_DCtx_s, size_t (*)(ZSTD_DCtx_s*)> expander_;
  std::string plain_; ///< reused
};

} // namespace weft
