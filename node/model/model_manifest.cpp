#include "node/model/model_manifest.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <numeric>

namespace weft {
namespace {

failure unusable(std::string what) {
  return {.code = errc::model_unusable, .message = std::move(what)};
}

uint64_t pieces_of(uint64_t bytes) {
  return (bytes + model_piece_bytes - 1) / model_piece_bytes;
}

bool is_digest(std::string_view text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == text.npos;
}

status check_names(const model_manifest& manifest) {
  size_t next = 0;
  for (const auto& [name, required] : model_file_names()) {
    if (next < manifest.files.size() && manifest.files[next].name == name)
      ++next;
    else if (required)
      return unusable("has no file " + std::string{name});
  }
  if (next < manifest.files.size())
    return unusable("names a file that a model does not have, or names them out of order");
  return ok;
}

} // namespace

status check_manifest(const model_manifest& manifest, std::string_view model) {
  if (manifest.model != model)
    return unusable("has another model");
  if (auto named = check_names(manifest); !named)
    return named;
  uint64_t total = 0;
  std::vector<model_file_digest> digests;
  for (const auto& file : manifest.files) {
    if (file.bytes > model_bytes_max || (total += file.bytes) > model_bytes_max)
      return unusable("says that its files have more than " + std::to_string(model_bytes_max) + " bytes");
    if (file.pieces.size() != pieces_of(file.bytes))
      return unusable("tells of " + file.name + " not the pieces that its size makes");
    if (!is_digest(file.sha256) || !std::ranges::all_of(file.pieces, is_digest))
      return unusable("tells digests of " + file.name + " that are none");
    digests.push_back({file.name, file.sha256});
  }
  if (manifest.version != model_version(digests))
    return unusable("tells a version that is not the one of its files");
  return ok;
}

uint64_t bytes_of(const model_manifest& manifest) noexcept {
  return std::accumulate(manifest.files.begin(), manifest.files.end(), uint64_t{0},
                         [](uint64_t sum, const auto& file) { return sum + file.bytes; });
}

std::vector<piece_place> places_of(const model_manifest& manifest) {
  std::vector<piece_place> out;
  for (uint32_t i = 0; i < manifest.files.size(); ++i) {
    const auto bytes = manifest.files[i].bytes;
    const auto end = static_cast<uint32_t>(out.size() + pieces_of(bytes));
    for (uint64_t offset = 0; offset < bytes; offset += model_piece_bytes)
      out.push_back({.file = i,
                     .offset = offset,
                     .bytes = static_cast<uint32_t>(std::min<uint64_t>(model_piece_bytes, bytes - offset)),
                     .file_end = end});
  }
  return out;
}

const std::string& digest_of(const model_manifest& manifest, const piece_place& place) {
  const auto& file = manifest.files.at(place.file);
  return file.pieces.at(place.offset / model_piece_bytes);
}

} // namespace weft
