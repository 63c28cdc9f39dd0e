#include "runtime/compute/tokenizer/tokenizer.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/tokenizer/text_rules.hpp"
#include "runtime/compute/tokenizer/text_scanner.hpp"
#include "runtime/compute/tokenizer/utf8.hpp"
#include "runtime/compute/tokenizer/vocabulary.hpp"
#include "runtime/compute/tokenizer/wordpiece.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

namespace weft {
namespace {

constexpr size_t framing = 2; // [CLS] and [SEP]

/// The tokens that `tokenizers` finds in the raw text of a BERT model.
constexpr std::array<std::string_view, 5> special_texts{"[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"};

failure too_long(uint32_t tokens_max) {
  const auto limit = std::to_string(tokens_max);
  return {errc::text_too_long, "the text has more than " + limit + " tokens", {{"limit", limit}}};
}

/// About that many bytes from the end of a text, beginning with a space; the whole text where there is none.
std::string_view last_words(std::string_view text, size_t bytes) {
  if (bytes >= text.size())
    return text;
  const size_t space = text.find_last_of(" \n", text.size() - bytes);
  return space == text.npos ? text : text.substr(space);
}

} // namespace

struct tokenizer::tables {
  text_rules rules;
  wordpiece pieces;
  std::vector<special_token> specials;
  int32_t unknown;
  int32_t begin;
  int32_t end;
  uint32_t vocabulary_size;
  uint32_t tokens_max;

  result<token_sequence> encode_part(std::string_view text, const embed_options& options) const;

  /// Writes at most text_scanner::word_characters_max ids.
  size_t encode_word(const text_scanner& scanner, int32_t* out) const noexcept {
    if (const special_token* special = scanner.special()) {
      *out = special->id;
      return 1;
    }
    if (scanner.is_unknown()) {
      *out = unknown;
      return 1;
    }
    return pieces.encode(scanner.word(), out);
  }
};

tokenizer::tokenizer(std::unique_ptr<const tables> t) noexcept : tables_(std::move(t)) {}
tokenizer::tokenizer(tokenizer&&) noexcept = default;
tokenizer& tokenizer::operator=(tokenizer&&) noexcept = default;
tokenizer::~tokenizer() = default;

uint32_t tokenizer::vocabulary_size() const noexcept {
  return tables_->vocabulary_size;
}

uint32_t tokenizer::tokens_max() const noexcept {
  return tables_->tokens_max;
}

result<tokenizer> tokenizer::load(const std::filesystem::path& file, uint32_t tokens_max) {
  WEFT_ASSERT(tokens_max >= framing);
  const auto tokens = vocabulary::load(file);
  if (!tokens)
    return tokens.error();
  for (const std::string_view needed : {"[UNK]", "[CLS]", "[SEP]"})
    if (!tokens->find(needed))
      return failure{errc::model_unusable,
                     "vocabulary " + file.string() + ": there is no token " + std::string(needed),
                     {{"file", file.string()}}};
  std::vector<special_token> specials;
  for (const std::string_view text : special_texts)
    if (const auto id = tokens->find(text))
      specials.push_back({text, *id});
  const int32_t unknown = *tokens->find("[UNK]");
  return tokenizer(std::make_unique<const tables>(tables{text_rules(), wordpiece(*tokens, unknown), std::move(specials),
                                                         unknown, *tokens->find("[CLS]"), *tokens->find("[SEP]"),
                                                         static_cast<uint32_t>(tokens->tokens().size()), tokens_max}));
}

result<token_sequence> tokenizer::encode(std::string_view text, const embed_options& options) const {
  if (const size_t valid = utf8_valid_bytes(text); valid != text.size()) {
    const auto byte = std::to_string(valid);
    return failure{errc::invalid_utf8, "the text is not valid UTF-8 at byte " + byte, {{"byte", byte}}};
  }
  if (!options.truncate || options.side == truncation_side::right)
    return tables_->encode_part(text, options);
  // From the right, too, no more is read than is needed: what follows a space has the same tokens whatever precedes it.
  size_t bytes = size_t{tables_->tokens_max} * 16;
  while (true) {
    const std::string_view part = last_words(text, bytes);
    auto got = tables_->encode_part(part, options);
    if (part.size() == text.size() || got->truncated)
      return got;
    bytes = 2 * part.size(); // at least doubled: linear in the end
  }
}

uint64_t tokenizer::count(std::string_view text) const noexcept {
  const size_t valid = utf8_valid_bytes(text);
  uint64_t tokens = valid < text.size() ? 1 : 0;
  std::array<int32_t, text_scanner::word_characters_max * utf8_bytes_max> ids;
  text_scanner scanner(tables_->rules, tables_->specials, text.substr(0, valid));
  while (scanner.next())
    tokens += tables_->encode_word(scanner, ids.data());
  return tokens;
}

/// Encodes as if `text` were all there is. REQUIRES: valid UTF-8.
result<token_sequence> tokenizer::tables::encode_part(std::string_view text, const embed_options& options) const {
  const size_t body_max = tokens_max - framing;
  const bool keep_end = options.truncate && options.side == truncation_side::left;
  // Dropping from the left waits until as much again is there, so that each id is moved once at most.
  const size_t full = keep_end ? 2 * body_max : body_max;
  token_sequence out;
  // A token stands for at least one byte of the text, whatever the rules do to it.
  out.ids.resize(std::min(full + text_scanner::word_characters_max, text.size()) + framing);
  int32_t* const body = out.ids.data() + 1;
  size_t count = 0;
  const auto keep_last = [&] {
    std::copy(body + count - body_max, body + count, body);
    count = body_max;
    out.truncated = true;
  };

  text_scanner scanner(rules, specials, text);
  while (scanner.next()) {
    count += encode_word(scanner, body + count);
    if (count <= full)
      continue;
    if (!options.truncate)
      return too_long(tokens_max);
    if (!keep_end)
      break;
    keep_last();
  }
  if (count > body_max && keep_end)
    keep_last();
  if (count > body_max) {
    count = body_max;
    out.truncated = true;
  }
  out.ids.front() = begin;
  body[count] = end;
  out.ids.resize(count + framing);
  return out;
}

} // namespace weft
