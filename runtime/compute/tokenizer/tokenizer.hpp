#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/embed.hpp"
#include "runtime/ports/model.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string_view>

namespace weft {

/// WordPiece as BERT uncased does it: ids equal Hugging Face `tokenizers` for the same vocab.txt.
/// Immutable after loading: thread-safe. One allocation a text: the result
/// (more where truncation from the left has to look further back).
class tokenizer {
public:
  /// Reads vocab.txt (one token a line, its line number is its id; [UNK], [CLS] and [SEP] have to be there).
  /// Fails with errc::model_unusable naming the file. REQUIRES: tokens_max >= 2.
  static result<tokenizer> load(const std::filesystem::path& vocabulary, uint32_t tokens_max);
  tokenizer(tokenizer&&) noexcept;
  tokenizer& operator=(tokenizer&&) noexcept;
  ~tokenizer();

  /// [CLS] text [SEP], at most tokens_max ids; linear in the text. The whole text is checked first (so an invalid one
  /// is refused whatever the options are); truncation then reads only about as much as it keeps. Fails with
  /// errc::invalid_utf8 (metadata "byte" = offset), or errc::text_too_long where truncation is refused (metadata
  /// "limit" = tokens_max).
  result<token_sequence> encode(std::string_view text, const embed_options& options) const;

  /// Tokens of the whole text, without [CLS] and [SEP]; linear, and in constant memory. From the first byte on that is
  /// not UTF-8, the rest counts as one unknown word.
  uint64_t count(std::string_view text) const noexcept;

  /// Ids are below this: the model needs as many embeddings.
  uint32_t vocabulary_size() const noexcept;
  uint32_t tokens_max() const noexcept;

private:
  struct tables;
  explicit tokenizer(std::unique_ptr<const tables> t) noexcept;
  std::unique_ptr<const tables> tables_;
};

} // namespace weft
