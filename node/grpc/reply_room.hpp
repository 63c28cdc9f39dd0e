#pragma once

#include "node/grpc/convert_compress_options.hpp"
#include "runtime/ports/node_view.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace weft {

/// No fewer units than split_text() makes of the text, by the bytes behind which one may end. About as many as there
/// are in lines, rows and sentences; of JSON a few times as many. Any bytes; linear.
uint64_t units_at_most(std::string_view text) noexcept;

/// Of the vectors of this model ("": of any), as far as this node knows it; else of the widest that are common.
uint32_t dimensions_expected(const node_view& view, const std::string& model);

/// What the reply to a Compress may have, text by text: never less than it has in the end. Beside that each outcome
/// (report or error) and what holds for all have item_bytes.
class reply_room {
public:
  reply_room(const compress_wish& wish, uint32_t dimensions);

  /// Of the outcome of one text: all of its units may be kept but one, and their places and counts come on top; so do
  /// mega-tokens with the places of all units.
  uint64_t of(std::string_view text) const noexcept;
  /// Takes in what of() gave; gives the bytes that the reply may have more than before. Altogether these are
  /// compress_reply_bytes_max at the most, for there the reply is cut.
  uint64_t add(uint64_t bytes) noexcept;

private:
  const bool extract_;
  const bool counts_; ///< the strategy may be `templates`
  const uint64_t vectors_max_;
  const uint64_t vector_bytes_;
  uint64_t bytes_ = 0;
};

} // namespace weft
