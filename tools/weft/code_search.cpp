#include "tools/weft/code_search.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cmath>

namespace weft::cli {
namespace {

// The mean is steady by then: on the sentences of this project's own pages 1 000 rows find what all find.
constexpr size_t sample_rows = 1'024;

} // namespace

code_search::code_search(code_search_options options) : options_(options) {
  WEFT_ASSERT(options_.codes == vector_encoding::binary || options_.codes == vector_encoding::int8);
}

/// A node may send anything: as many numbers as the first vector has, all of them finite.
std::vector<float> code_search::cleaned(std::span<const float> vector) const {
  std::vector<float> out(vector.begin(), vector.end());
  out.resize(dimensions_);
  for (float& x : out)
    x = std::isfinite(x) ? x : 0.0F;
  return out;
}

bool code_search::add(std::span<const float> vector, const text_place& place, const std::string& text) {
  if (entries_.empty())
    dimensions_ = vector.size();
  bytes_ +=
      sizeof(entry) + place.file.size() + text.size() + 2 * sizeof(packed_vector) + code_bytes() + rescored_bytes();
  if (bytes_ > options_.bytes_max)
    return false;
  entries_.push_back({place, text});
  const auto row = cleaned(vector);
  if (!options_.center || learnt_) {
    encode_row(row);
    return true;
  }
  sample_.insert(sample_.end(), row.begin(), row.end());
  if (entries_.size() == sample_rows)
    learn();
  return true;
}

void code_search::finish() {
  if (options_.center && !learnt_)
    learn();
}

void code_search::learn() {
  learnt_ = true;
  if (sample_.empty())
    return;
  center_ = learn_calibration(sample_, static_cast<uint32_t>(dimensions_));
  for (size_t begin = 0; begin < sample_.size(); begin += dimensions_)
    encode_row(std::span(sample_).subspan(begin, dimensions_));
  sample_ = {};
}

void code_search::encode_row(std::span<const float> row) {
  codes_.push_back(options_.center ? encode(center_.centered(row), options_.codes) : encode(row, options_.codes));
  if (rescores())
    documents_.push_back(encode(row, vector_encoding::int8));
}

size_t code_search::rescored_bytes() const {
  return rescores() ? packed_bytes(vector_encoding::int8, dimensions_) : 0;
}

std::vector<ranked> code_search::best(std::span<const float> query, size_t count) const {
  if (codes_.empty())
    return {};
  const auto asked = cleaned(query);
  const auto* center = options_.center ? &center_ : nullptr;
  const auto wanted = static_cast<uint32_t>(std::min<size_t>(count, codes_.size()));
  std::vector<match> matches;
  if (rescores())
    matches = search(asked, codes_, documents_, {.count = wanted, .factor = options_.rescore, .center = center});
  else
    matches = nearest_codes(encode(center ? center->centered(asked) : asked, options_.codes), codes_, wanted);
  std::vector<ranked> out;
  for (const auto& found : matches) {
    const auto& from = entries_[found.index];
    out.push_back({static_cast<float>(found.score), from.place, from.text, found.index});
  }
  return out;
}

} // namespace weft::cli
