#include "runtime/compute/tokenizer/wordpiece.hpp"

#include <utility>
#include <vector>

namespace weft {
namespace {

constexpr std::string_view continuation_prefix = "##";

} // namespace

wordpiece::wordpiece(const vocabulary& tokens, int32_t unknown) : unknown_(unknown) {
  std::vector<token_trie::entry> words;
  std::vector<token_trie::entry> continuations;
  int32_t id = 0;
  for (std::string_view token : tokens.tokens()) {
    // No word begins with two number signs, since punctuation stands alone; "##" itself never matches.
    if (!token.starts_with(continuation_prefix))
      words.push_back({token, id});
    else if (token.size() > continuation_prefix.size())
      continuations.push_back({token.substr(continuation_prefix.size()), id});
    ++id;
  }
  words_ = trie_.add(std::move(words));
  continuations_ = trie_.add(std::move(continuations));
}

} // namespace weft
