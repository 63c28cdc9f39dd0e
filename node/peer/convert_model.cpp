#include "node/peer/convert_model.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace weft {
namespace {

constexpr int files_max = 16;
constexpr int addresses_max = 64;

} // namespace

void write_model_manifest(const model_manifest& manifest, peer::v1::DescribeModelResponse& out) {
  out.set_model(manifest.model);
  out.set_version(manifest.version);
  for (const auto& file : manifest.files) {
    auto& to = *out.add_files();
    to.set_name(file.name);
    to.set_bytes(file.bytes);
    to.set_sha256(file.sha256);
    for (const auto& piece : file.pieces)
      to.add_piece_sha256(piece);
  }
}

model_offer read_model_offer(peer::v1::DescribeModelResponse& in) {
  model_offer out;
  out.manifest.model = std::move(*in.mutable_model());
  out.manifest.version = std::move(*in.mutable_version());
  for (int i = 0; i < std::min(in.files_size(), files_max); ++i) {
    auto& from = *in.mutable_files(i);
    auto& pieces = *from.mutable_piece_sha256();
    out.manifest.files.push_back(
        {.name = std::move(*from.mutable_name()),
         .bytes = from.bytes(),
         .sha256 = std::move(*from.mutable_sha256()),
         .pieces = {std::make_move_iterator(pieces.begin()), std::make_move_iterator(pieces.end())}});
  }
  for (int i = 0; i < std::min(in.upstream_size(), addresses_max); ++i)
    out.upstream.push_back(std::move(*in.mutable_upstream(i)));
  return out;
}

} // namespace weft
