#pragma once

#include "runtime/compress/kinds.hpp"
#include "runtime/compress/unit.hpp"

#include <cstdint>
#include <functional>
#include <string_view>

namespace weft {

/// Tokens of a text. Deterministic, and thread-safe.
using token_count = std::function<uint64_t(std::string_view)>;

/// What byte-pair tokenizers of common language models make of a text, about: one pass, no vocabulary. The rules are in
/// the source; README.md says how far off they were where a real tokenizer was at hand.
uint64_t count_llm_estimate(std::string_view text) noexcept;

/// The counter of that kind. wordpiece: what counter_kind::wordpiece calls; may be empty for the others.
token_count make_counter(counter_kind kind, token_count wordpiece);

/// Sets document.tokens: every unit is counted once, alone.
void count_units(document& source, const token_count& count);

/// What a joint adds between two kept units: count(left + joint + right) is count(left) + count(right) + this, exactly
/// for bytes and the estimate, and for WordPiece wherever a unit ends at white space, punctuation or CJK.
uint64_t count_joint(counter_kind kind, const token_count& count, std::string_view left, std::string_view joint,
                     std::string_view right);

} // namespace weft
