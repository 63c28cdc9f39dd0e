#pragma once

#include "runtime/compute/tokenizer/token_trie.hpp"
#include "runtime/compute/tokenizer/vocabulary.hpp"

#include <cstdint>
#include <string_view>

namespace weft {

/// Cuts a word into the longest tokens of a vocabulary, greedily from the left; a word that cannot be cut is
/// [UNK] as a whole. Source: Wu et al. 2016 (arXiv:1609.08144), section 4.1, with the greedy match of BERT. Immutable,
/// thread-safe.
class wordpiece {
public:
  wordpiece(const vocabulary& tokens, int32_t unknown);

  /// Writes the ids of the word's pieces and returns their number: 1 to word.size().
  /// REQUIRES: word is not empty; room for word.size() ids.
  uint32_t encode(std::string_view word, int32_t* out) const noexcept {
    auto piece = trie_.longest(words_, word);
    uint32_t count = 0;
    while (piece.bytes != 0) {
      out[count++] = piece.id;
      word.remove_prefix(piece.bytes);
      if (word.empty())
        return count;
      piece = trie_.longest(continuations_, word);
    }
    out[0] = unknown_;
    return 1;
  }

private:
  token_trie trie_;
  token_trie::root words_ = 0;         ///< tokens that begin a word
  token_trie::root continuations_ = 0; ///< tokens that go on, "##" removed
  int32_t unknown_ = 0;
};

} // namespace weft
