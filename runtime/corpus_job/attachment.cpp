#include "runtime/corpus_job/attachment.hpp"

#include "runtime/job/record_bytes.hpp"

#include <algorithm>
#include <utility>
#include <xxhash.h>

namespace weft {
namespace {

constexpr uint8_t part_version = 1;

// These numbers are in segments' indices and bodies. Others need another part_version.
static_assert(static_cast<int>(attached_kind::checkpoint_b) == 2);
static_assert(uint64_t{attached_first} + attached_kinds * attached_parts_max <= 0xFFFF'FFFF);
static_assert(corpus_epoch_max <= ~uint64_t{0} / generations_of_epoch / 2);

failure damaged(std::string_view why) {
  return {errc::state_damaged, "what is attached to a job cannot be read: " + std::string{why}};
}

} // namespace

result<std::vector<std::string>> cut_attachment(attached_kind kind, uint64_t generation, std::string_view bytes) {
  const size_t parts = std::max<size_t>(1, (bytes.size() + attached_part_bytes - 1) / attached_part_bytes);
  if (parts > attached_parts_max)
    return failure{errc::too_many_items, "it has " + std::to_string(bytes.size()) + " bytes; a job keeps at most " +
                                             std::to_string(attached_parts_max * attached_part_bytes) +
                                             " of this: ask for fewer clusters or a shorter extract"};
  const uint64_t hash = XXH3_64bits(bytes.data(), bytes.size());
  std::vector<std::string> out;
  for (size_t part = 0; part < parts; ++part) {
    const auto piece = bytes.substr(part * attached_part_bytes, attached_part_bytes);
    record_writer to;
    to.reserve(piece.size() + 32);
    to.put(part_version);
    to.put(static_cast<uint8_t>(kind));
    to.put(generation);
    to.put(static_cast<uint32_t>(part));
    to.put(static_cast<uint32_t>(parts));
    to.put(hash);
    to.put(piece);
    out.push_back(to.take());
  }
  return out;
}

result<attached_part> read_attached_part(attached_kind kind, std::string_view body) {
  record_reader in{body};
  if (const auto version = in.number<uint8_t>(); in.why().empty() && version != part_version)
    return damaged("it has version " + std::to_string(version) + "; this release reads version " +
                   std::to_string(part_version));
  if (in.number<uint8_t>() != static_cast<uint8_t>(kind))
    in.refuse("it is of another kind");
  attached_part out;
  out.generation = in.number<uint64_t>();
  out.part = in.number<uint32_t>();
  out.parts = in.below(attached_parts_max + 1);
  out.hash = in.number<uint64_t>();
  out.bytes = in.text();
  if (out.part >= out.parts)
    in.refuse("it has a part that it cannot have");
  if (out.bytes.size() > attached_part_bytes || (out.part + 1 < out.parts && out.bytes.size() < attached_part_bytes))
    in.refuse("a part has another size than it was cut to");
  in.finish();
  if (!in.why().empty())
    return damaged(in.why());
  return out;
}

result<attachment> join_attachment(attached_kind kind, std::span<const std::string> bodies) {
  attachment out;
  uint64_t hash = 0;
  for (size_t i = 0; i < bodies.size(); ++i) {
    const auto part = read_attached_part(kind, bodies[i]);
    if (!part)
      return part.error();
    if (i == 0)
      hash = part->hash;
    out.generation = std::max(out.generation, part->generation);
    if (part->part != i || part->parts != bodies.size() || part->hash != hash)
      return damaged("its parts do not belong together");
    out.bytes += part->bytes;
  }
  if (bodies.empty() || XXH3_64bits(out.bytes.data(), out.bytes.size()) != hash)
    return damaged("a part is missing or has changed");
  return out;
}

} // namespace weft
