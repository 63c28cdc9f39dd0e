#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace weft::bench {

/// Sentences of words that are one token each, with a capital and a full stop; hardly two are alike.
class sentence_source {
public:
  /// Ends the program when the folder has no vocabulary.
  sentence_source(const std::string& model_directory, uint64_t seed);

  /// words: how many each is to have.
  std::vector<std::string> draw(const std::vector<uint32_t>& words);
  /// Lengths of sentences of 6 to 38 words, with `tokens` tokens together.
  std::vector<uint32_t> draw_lengths(uint32_t tokens);
  /// A paragraph of five sentences, with the empty line behind it.
  std::string paragraph();

private:
  const std::string& word();

  std::vector<std::string> vocabulary_;
  std::mt19937_64 random_;
};

/// Lines of a log: four ordinary forms, and every 9 973rd an error.
class log_source {
public:
  explicit log_source(uint64_t seed) : random_(seed) {}
  std::string line();

private:
  std::mt19937_64 random_;
  unsigned number_ = 0;
};

} // namespace weft::bench
