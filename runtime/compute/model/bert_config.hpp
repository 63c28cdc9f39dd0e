#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/model/bert_weights.hpp"

#include <filesystem>
#include <string_view>

namespace weft {

/// Reads the shape out of a Hugging Face config.json. Fails with errc::model_unusable when a key is missing, a size is
/// out of range, or the model is not what the encoders compute (BERT, erf GELU, absolute positions, heads of 32
/// values).
result<bert_shape> parse_bert_config(std::string_view json);

/// The same from a file of at most 1 MiB; the message begins with the path.
result<bert_shape> read_bert_config(const std::filesystem::path& path);

/// max_seq_length of a sentence_bert_config.json: tokens of one text, specials included; 256 when there is no such
/// file. Fails with errc::model_unusable when it is not a number from 2 to the model's positions.
result<uint32_t> read_tokens_max(const std::filesystem::path& path, const bert_shape& shape);

} // namespace weft
