#pragma once

#include "runtime/base/random_source.hpp"
#include "runtime/compress/compress_run.hpp"
#include "runtime/compress/select/words.hpp"
#include "runtime/points/kmeans.hpp"
#include "runtime/points/similarity.hpp"

#include <cmath>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::test {

inline constexpr uint32_t fake_dimensions = 48;

/// A vector of length 1 that says which words a text has: texts with equal words are near each other.
inline std::vector<float> fake_embedding(std::string_view text) {
  std::vector<double> sum(fake_dimensions);
  for_each_word(text, [&sum](const word_mark& word) {
    random_source random{word.hash};
    for (auto& value : sum)
      value += random.unit() - 0.5;
  });
  double squares = 0;
  for (const auto value : sum)
    squares += value * value;
  std::vector<float> out(fake_dimensions);
  for (size_t i = 0; i < sum.size(); ++i)
    out[i] = squares > 0 ? static_cast<float>(sum[i] / std::sqrt(squares)) : i == 0 ? 1.0F : 0.0F;
  return out;
}

inline std::vector<std::vector<float>> fake_embeddings(const std::vector<std::string>& texts) {
  std::vector<std::vector<float>> out;
  for (const auto& text : texts)
    out.push_back(fake_embedding(text));
  return out;
}

inline engine_output run_points(const engine_work& work) {
  if (const auto* kmeans = std::get_if<kmeans_work>(&work)) {
    WEFT_ASSERT(!find_fault(*kmeans));
    return run_kmeans(*kmeans);
  }
  const auto* similarity = std::get_if<similarity_work>(&work);
  WEFT_ASSERT(similarity != nullptr);
  WEFT_ASSERT(!find_fault(*similarity));
  return run_similarity(*similarity);
}

/// Words and punctuation: roughly what WordPiece makes of them, and as additive as it is.
inline uint64_t fake_wordpiece(std::string_view text) {
  uint64_t out = 0;
  for_each_word(text, [&out](const word_mark& word) { out += 1 + (word.end - word.begin) / 7; });
  for (const char c : text)
    out += class_of(c) == byte_class::punctuation && c != '_' ? 1 : 0;
  return out;
}

/// What a run asked for on its way.
struct needs_seen {
  size_t rounds = 0; ///< of vectors
  size_t texts = 0;
  size_t works = 0;
};

/// Drives a run to its end.
inline result<compress_output> compress_text(std::string_view text, const compress_parameters& wanted,
                                             needs_seen* seen = nullptr) {
  compress_run run{text, {wanted, fake_wordpiece}};
  auto step = run.start();
  while (step) {
    if (auto* out = std::get_if<compress_output>(&*step))
      return std::move(*out);
    if (const auto* vectors = std::get_if<vectors_needed>(&*step)) {
      if (seen) {
        ++seen->rounds;
        seen->texts += vectors->texts.size();
      }
      step = run.resume(fake_embeddings(vectors->texts));
    } else {
      if (seen)
        ++seen->works;
      step = run.resume(run_points(std::get<points_needed>(*step).work));
    }
  }
  return step.error();
}

inline compress_parameters at_ratio(double ratio, compress_strategy strategy,
                                    counter_kind counter = counter_kind::wordpiece) {
  compress_parameters out;
  out.ratio = ratio;
  out.strategy = strategy;
  out.counter = counter;
  return out;
}

inline constexpr compress_strategy named_strategies[] = {compress_strategy::hierarchical, compress_strategy::semantic,
                                                         compress_strategy::frequency, compress_strategy::templates,
                                                         compress_strategy::ensemble};

/// Prose of so many sentences about a few subjects, in paragraphs; each sentence of words of one subject and of common
/// ones.
inline std::string random_prose(uint64_t seed, uint32_t sentences) {
  random_source random{seed};
  const auto word = [&random](uint32_t pool, uint32_t size) {
    random_source letters{uint64_t{pool} * 1'000 + random.below(size)};
    std::string out;
    for (auto left = 2 + letters.below(3); left > 0; --left) {
      out += "bdfgklmnprstvw"[letters.below(14)];
      out += "aeiou"[letters.below(5)];
    }
    return out;
  };
  std::string out;
  uint32_t subject = 1;
  for (uint32_t i = 0; i < sentences; ++i) {
    if (random.chance(0.2))
      subject = 1 + random.below(12);
    std::string sentence;
    for (auto left = 5 + random.below(14); left > 0; --left)
      sentence += (sentence.empty() ? "" : " ") + (random.chance(0.4) ? word(0, 30) : word(subject, 40));
    sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');
    out += sentence + (random.chance(0.15) ? ".\n\n" : ". ");
  }
  return out;
}

} // namespace weft::test
