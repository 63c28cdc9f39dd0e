#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/call.hpp"
#include "runtime/ports/model.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

namespace weft {

/// Texts [first, first + count) of a call, for a tokenizer: enough to be worth a message, too few to hold others up.
struct text_chunk {
  uint64_t call = 0;
  call_ptr source;
  uint32_t first = 0;
  uint32_t count = 0;
  uint8_t tries = 0; ///< tokenizers that died with it
};
using chunk_ptr = std::shared_ptr<const text_chunk>;

/// One chunk ends at whichever comes first (a text is never cut).
inline constexpr uint32_t chunk_items_max = 32;
inline constexpr uint64_t chunk_bytes_max = 32'768;

/// The size of its texts.
uint64_t bytes_of(const text_chunk& chunk) noexcept;

/// What became of a chunk.
struct tokenized_chunk {
  uint64_t call = 0;
  uint32_t first = 0;
  std::vector<token_sequence> sequences; ///< [count], or up to the text that failed
  std::optional<failure> problem;        ///< of the first bad text; names it ("item")
  std::chrono::nanoseconds elapsed{};
};
using tokenized_ptr = std::shared_ptr<tokenized_chunk>;

/// Stops at the first bad text, or when the call has ended meanwhile (then with fewer sequences and no problem: nobody
/// reads them). `elapsed` is left to whoever has a clock.
tokenized_chunk tokenize(const model& tokenizer, const text_chunk& chunk);

} // namespace weft
