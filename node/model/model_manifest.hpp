#pragma once

#include "node/model_files.hpp"
#include "runtime/base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// What is fetched, checked, kept and passed on as one.
inline constexpr uint32_t model_piece_bytes = 1'048'576;
/// Of all files of a model together.
inline constexpr uint64_t model_bytes_max = 8'589'934'592;

/// What a model's files are, by their contents.
struct model_manifest {
  struct file {
    std::string name;
    uint64_t bytes = 0;
    std::string sha256;              ///< 64 hex digits, as the next
    std::vector<std::string> pieces; ///< of each piece; the last one may be shorter
    bool operator==(const file&) const = default;
  };
  std::string model;       ///< model.name of the configuration
  std::string version;     ///< as model_files::version
  std::vector<file> files; ///< in the order of model_file_names()
  bool operator==(const model_manifest&) const = default;
};

/// Whether another node's manifest is one, of this model: known names in order, the required ones among them, sizes
/// and pieces that fit, a version that fits the digests. Fails with errc::model_unusable; the message says why, as the
/// end of a sentence about the node.
status check_manifest(const model_manifest& manifest, std::string_view model);

uint64_t bytes_of(const model_manifest& manifest) noexcept;

/// Pieces are numbered through all files, in order.
struct piece_place {
  uint32_t file = 0;
  uint64_t offset = 0; ///< in the file
  uint32_t bytes = 0;
  uint32_t file_end = 0; ///< the number of the first piece that is another file's
};
/// Of each piece. REQUIRES: a manifest that was checked.
std::vector<piece_place> places_of(const model_manifest& manifest);

/// The SHA-256 of a piece, as the manifest has it. REQUIRES: a place of places_of(manifest).
const std::string& digest_of(const model_manifest& manifest, const piece_place& place);

} // namespace weft
