#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

namespace weft {

/// The shape of a BERT-like encoder.
struct bert_shape {
  uint32_t vocabulary = 30522;
  uint32_t hidden = 384;
  uint32_t layers = 6;
  uint32_t heads = 12; ///< hidden / heads = 32 values a head
  uint32_t intermediate = 1536;
  uint32_t positions = 512;
  float layer_norm_epsilon = 1e-12f;
};

/// One linear layer as the file has it: weight [out, in] row-major, bias [out].
struct linear_weights {
  std::span<const float> weight;
  std::span<const float> bias;
};

struct norm_weights {
  std::span<const float> gamma; ///< [hidden]
  std::span<const float> beta;  ///< [hidden]
};

struct bert_layer_weights {
  linear_weights query, key, value; ///< [hidden, hidden] each
  linear_weights attention_output;  ///< [hidden, hidden]
  norm_weights attention_norm;
  linear_weights intermediate; ///< [intermediate, hidden]
  linear_weights output;       ///< [hidden, intermediate]
  norm_weights output_norm;
};

/// fp32 weights: views into one read-only mapping of the safetensors file, or into memory of our own where the file has
/// 16-bit floats. Immutable: thread-safe.
struct bert_weights {
  bert_shape shape;
  std::span<const float> word_embeddings;      ///< [vocabulary, hidden]
  std::span<const float> position_embeddings;  ///< [positions, hidden]
  std::span<const float> token_type_embedding; ///< [hidden], row 0
  norm_weights embedding_norm;
  std::vector<bert_layer_weights> layers;
  uint64_t bytes = 0;                  ///< of all views together
  std::shared_ptr<const void> mapping; ///< keeps the views valid
};

/// Opens `directory`/model.safetensors and checks names, types and shapes against config.json; F32, F16 and BF16 are
/// read. Fails with errc::model_unusable; the message names the file and `tools/setup model`, the command that mends
/// it.
result<std::shared_ptr<const bert_weights>> load_bert_weights(const std::filesystem::path& directory);

} // namespace weft
