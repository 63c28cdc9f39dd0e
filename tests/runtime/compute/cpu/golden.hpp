#pragma once

#include "runtime/compute/cpu/encoder.hpp"

#include <cstdint>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

namespace weft {

/// One golden text: what sentence-transformers makes of it (tools/golden/make_embedding_golden.py).
struct golden_text {
  std::string text;
  size_t tokens = 0;
  std::vector<int32_t> ids;      ///< from our tokenizer
  std::span<const float> vector; ///< [384], length 1
};

/// True in builds with a sanitizer.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool sanitized = true;
#else
inline constexpr bool sanitized = false;
#endif

/// All golden texts; read once. Throws when a file is missing.
const std::vector<golden_text>& golden_texts();

/// The weights of the model under test; loaded once.
std::shared_ptr<const bert_weights> golden_weights();

double cosine(std::span<const float> a, std::span<const float> b);

/// The largest |a − b| after both are scaled to length 1.
double largest_difference(std::span<const float> a, std::span<const float> b);

/// Vectors of the given texts in one batch, not normalized.
std::vector<std::vector<float>> encode_batch(cpu_encoder& encoder, std::span<const golden_text* const> texts);

/// Each of these texts alone.
std::vector<std::vector<float>> encode_alone(cpu_encoder& encoder, std::span<const golden_text* const> texts);

/// Every `step`-th golden text; under a sanitizer, where kernels are 10 to 30 times slower and look for other faults
/// than wrong numbers, only every tenth of those.
std::vector<const golden_text*> some_golden_texts(size_t step = 1);

/// `count` of `texts`, drawn with repetition; each has at most `tokens_max` tokens.
std::vector<const golden_text*> draw_mix(std::mt19937& draw, std::span<const golden_text* const> texts, size_t count,
                                         size_t tokens_max);

} // namespace weft
