#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace weft {

/// Finds the longest token that a text starts with, one memory read a byte: a double-array trie of which a cell has
/// 8 bytes, so that the tries of BERT's 30 522 tokens take 0.7 MB. Immutable, thread-safe.
///
/// The child of a node over byte b lives in cell `children ^ b`. `children` is a value that no other node has, so the
/// byte alone shows whose child a cell is. Byte 0 marks empty cells: keys have no NUL bytes.
class token_trie {
public:
  struct entry {
    std::string_view key;
    int32_t id = 0;
  };
  struct match {
    int32_t id = -1; ///< -1: no key is a prefix of the text
    uint32_t bytes = 0;
  };
  /// Where a search starts.
  using root = uint32_t;

  /// Adds a set of keys with a root of their own. REQUIRES: keys are unique, not empty, without NUL bytes; ids >= 0.
  root add(std::vector<entry> keys);

  match longest(root from, std::string_view text) const noexcept {
    match best;
    uint32_t children = from;
    for (uint32_t i = 0; i < text.size(); ++i) {
      const auto byte = static_cast<unsigned char>(text[i]);
      const cell& next = cells_[children ^ byte];
      if (next.byte != byte || byte == 0)
        break;
      if (next.id >= 0)
        best = {next.id, i + 1};
      children = next.children;
    }
    return best;
  }

private:
  struct cell {
    uint32_t children : 24 = 0; ///< 0: none (cell 0 ^ b belongs to nobody, so every search ends there)
    uint32_t byte : 8 = 0;      ///< 0: empty
    int32_t id = -1;
  };
  static constexpr uint32_t block_size = 256;
  static constexpr uint32_t cells_max = 1u << 24;

  uint32_t place(std::span<const unsigned char> bytes);
  uint32_t build(std::span<const entry> keys, size_t depth);
  bool fits(uint32_t children, std::span<const unsigned char> bytes) const;
  void add_block();

  std::vector<cell> cells_ = std::vector<cell>(block_size);
  std::vector<bool> taken_ = std::vector<bool>(block_size, true); ///< values of `children` in use; block 0 is nobody's
  std::vector<uint16_t> free_ = {0};                              ///< empty cells of each block
};

} // namespace weft
