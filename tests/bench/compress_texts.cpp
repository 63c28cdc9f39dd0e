#include "tests/bench/compress_texts.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace weft::bench {

sentence_source::sentence_source(const std::string& model_directory, uint64_t seed) : random_(seed) {
  std::ifstream in(model_directory + "/vocab.txt");
  for (std::string line; std::getline(in, line);)
    if (line.size() > 2 && std::ranges::all_of(line, [](char c) { return c >= 'a' && c <= 'z'; }))
      vocabulary_.push_back(line);
  if (vocabulary_.size() < 1'000) {
    std::fprintf(stderr, "no vocabulary of words in %s\n", model_directory.c_str());
    std::exit(1);
  }
}

// The vocabulary begins with the commonest words; by Zipf's law the n-th is drawn with a chance of about 1 / n.
const std::string& sentence_source::word() {
  const double draw = static_cast<double>(random_() >> 11) * 0x1p-53;
  const double rank = std::pow(static_cast<double>(vocabulary_.size()), draw) - 1;
  return vocabulary_[static_cast<size_t>(rank)];
}

std::vector<std::string> sentence_source::draw(const std::vector<uint32_t>& words) {
  std::vector<std::string> out;
  for (const uint32_t count : words) {
    std::string sentence;
    for (uint32_t i = 0; i < count; ++i)
      sentence.append(i == 0 ? "" : " ").append(word());
    sentence.front() = static_cast<char>(sentence.front() - 'a' + 'A'); // the model reads no capitals
    out.push_back(sentence + '.');
  }
  return out;
}

std::vector<uint32_t> sentence_source::draw_lengths(uint32_t tokens) {
  std::vector<uint32_t> out;
  for (uint32_t left = tokens; left > 0;) { // the full stop is a token
    uint32_t words = 6 + static_cast<uint32_t>(random_() % 33);
    if (words + 1 + 8 > left)
      words = std::max(left, 2U) - 1;
    out.push_back(words);
    left -= std::min(left, words + 1);
  }
  return out;
}

std::string sentence_source::paragraph() {
  std::string out;
  for (const auto& sentence : draw({12, 23, 9, 31, 17}))
    (out += sentence) += ' ';
  out.back() = '\n';
  return out + '\n';
}

std::string log_source::line() {
  static constexpr std::array parts{"info worker: batch done", "info cache: entry kept", "warn gateway: call waited",
                                    "debug store: segment sealed"};
  std::array<char, 200> out{};
  const unsigned n = number_++;
  const auto value = static_cast<unsigned>(random_() % 100'000);
  std::snprintf(out.data(), out.size(), "2026-11-22T05:%02u:%02u.%03uZ %s id=%u took %u ms\n", n / 60'000 % 60,
                n / 1'000 % 60, n % 1'000, n % 9'973 == 5 ? "error disk: write failed" : parts[value % parts.size()],
                value, static_cast<unsigned>(random_() % 500));
  return out.data();
}

} // namespace weft::bench
