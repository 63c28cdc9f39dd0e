#include "tests/bench/cluster_measures.hpp"

#include "weft/v1/embed.pb.h"

#include <array>
#include <utility>

namespace weft::bench {

json to_json(const quartiles& q) {
  return {{"low", q.low}, {"median", q.median}, {"high", q.high}};
}

double median(std::vector<double> values) {
  return quartiles_of(std::move(values)).median;
}

std::string embed_request_of(const std::string& text) {
  v1::EmbedRequest request;
  request.add_texts(text);
  return request.SerializeAsString();
}

std::string numbered_text(uint64_t number, uint32_t words) {
  static constexpr std::array common{"time", "year", "people", "way", "day", "man", "thing", "woman", "life", "child"};
  std::string text = std::to_string(number);
  for (uint32_t i = 0; i < words; ++i, number /= common.size())
    (text += ' ') += common[number % common.size()];
  return text;
}

} // namespace weft::bench
