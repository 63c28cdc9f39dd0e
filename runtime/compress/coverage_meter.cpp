#include "runtime/compress/coverage_meter.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weft {

coverage_meter::coverage_meter(const unit_vectors& vectors, std::vector<std::vector<uint32_t>> kept)
    : vectors_(vectors) {
  const auto units = static_cast<uint32_t>(vectors.dimensions == 0 ? 0 : vectors.values.size() / vectors.dimensions);
  const uint32_t rows = std::min(units, coverage_sample_max);
  for (uint32_t i = 0; i < rows; ++i)
    sample_.push_back(static_cast<uint32_t>(uint64_t{units} * i / rows));
  std::vector<uint8_t> wanted(units);
  for (const auto& extract : kept)
    for (const auto unit : extract)
      wanted[unit] = 1;
  for (uint32_t unit = 0; unit < units; ++unit)
    if (wanted[unit])
      columns_.push_back(unit);
  for (const auto& extract : kept) {
    auto& has = has_.emplace_back(columns_.size());
    for (const auto unit : extract)
      has[static_cast<size_t>(std::lower_bound(columns_.begin(), columns_.end(), unit) - columns_.begin())] = 1;
    best_.emplace_back(rows);
  }
}

size_t coverage_meter::columns_left() const noexcept {
  return std::min<size_t>(columns_.size() - done_, coverage_columns_max);
}

std::optional<engine_work> coverage_meter::next() const {
  const size_t columns = columns_left();
  if (columns == 0)
    return std::nullopt;
  similarity_work work;
  work.dimensions = vectors_.dimensions;
  const auto append = [this](std::vector<int8_t>& to, uint32_t unit) {
    const auto row = vectors_.of(unit);
    to.insert(to.end(), row.begin(), row.end());
  };
  work.rows.reserve(sample_.size() * vectors_.dimensions);
  for (const auto unit : sample_)
    append(work.rows, unit);
  work.columns.reserve(columns * vectors_.dimensions);
  for (size_t i = 0; i < columns; ++i)
    append(work.columns, columns_[done_ + i]);
  return work;
}

status coverage_meter::take(const engine_output& output) {
  const size_t columns = columns_left();
  const auto* found = std::get_if<similarity_output>(&output);
  if (!found || columns == 0 || found->products.size() != sample_.size() * columns)
    return failure{errc::internal, "an engine answered similarities with something else"};
  const auto one = static_cast<int32_t>(vectors_.one());
  for (size_t extract = 0; extract < has_.size(); ++extract)
    for (size_t row = 0; row < sample_.size(); ++row) {
      auto& best = best_[extract][row];
      for (size_t i = 0; i < columns; ++i)
        if (has_[extract][done_ + i]) {
          // A unit that is kept is covered whole, whatever rounding has made of its length.
          const bool itself = columns_[done_ + i] == sample_[row];
          best = std::max(best, itself ? one : found->products[row * columns + i]);
        }
    }
  done_ += columns;
  return ok;
}

double coverage_meter::coverage(size_t extract) const {
  WEFT_ASSERT(columns_left() == 0);
  if (sample_.empty())
    return 0;
  const int64_t one = vectors_.one();
  int64_t sum = 0;
  for (const int64_t best : best_[extract])
    sum += std::min(best, one);
  return static_cast<double>(sum) / (static_cast<double>(one) * static_cast<double>(sample_.size()));
}

double fidelity_of(const unit_vectors& vectors, std::span<const uint32_t> tokens, std::span<const uint32_t> kept) {
  std::vector<int64_t> all(vectors.dimensions);
  std::vector<int64_t> part(vectors.dimensions);
  const auto add = [&](std::vector<int64_t>& to, uint32_t unit) {
    const auto row = vectors.of(unit);
    for (size_t d = 0; d < row.size(); ++d)
      to[d] += int64_t{tokens[unit]} * row[d];
  };
  for (uint32_t unit = 0; unit < tokens.size(); ++unit)
    add(all, unit);
  for (const auto unit : kept)
    add(part, unit);
  double product = 0;
  double length_all = 0;
  double length_part = 0;
  for (size_t d = 0; d < all.size(); ++d) {
    product += static_cast<double>(all[d]) * static_cast<double>(part[d]);
    length_all += static_cast<double>(all[d]) * static_cast<double>(all[d]);
    length_part += static_cast<double>(part[d]) * static_cast<double>(part[d]);
  }
  const double lengths = std::sqrt(length_all) * std::sqrt(length_part);
  return lengths > 0 ? std::clamp(product / lengths, 0.0, 1.0) : 0;
}

} // namespace weft
