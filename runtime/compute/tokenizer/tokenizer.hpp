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
/// Immutable after loading: thread-safe. No allocation per token beyond the result.
class tokenizer {
public:
  /// Reads vocab.txt (one token a line, its line number is its id).
  /// Fails with errc::model_unusable naming the file.
  static result<tokenizer> load(const std::filesystem::path& vocabulary, uint32_t tokens_max);
  tokenizer(tokenizer&&) noexcept;
  tokenizer& operator=(tokenizer&&) noexcept;
  ~tokenizer();

  /// [CLS] text [SEP], at most tokens_max ids; with right truncation it stops reading as soon as it is full.
  /// Fails with errc::invalid_utf8 (metadata "byte" = offset), or errc::text_too_long where truncation is refused.
  result<token_sequence> encode(std::string_view text, const embed_options& options) const;

private:
  struct tables;
  explicit tokenizer(std::unique_ptr<const tables> t) noexcept;
  std::unique_ptr<const tables> tables_;
};

} // namespace weft
