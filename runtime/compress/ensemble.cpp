#include "runtime/compress/ensemble.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace weft {
namespace {

constexpr uint64_t fusion_constant = 60;
constexpr double coverage_slack = 0.97;

double worth_of(const extract_quality& quality) {
  return std::max(0.0, quality.coverage) + quality.term_coverage / 2 + quality.exceptions_kept / 4;
}

} // namespace

std::vector<uint32_t> fuse_orders(std::span<const weighted_order> orders, std::span<const uint32_t> first,
                                  uint32_t units) {
  std::vector<uint64_t> sums(units);
  for (const auto& [order, weight] : orders)
    for (size_t place = 0; place < order.size(); ++place)
      sums[order[place]] += (uint64_t{weight} << 40) / (fusion_constant + place + 1);
  std::vector<uint32_t> out;
  std::vector<uint8_t> is_in(units);
  for (const auto unit : first)
    if (!is_in[unit]) {
      is_in[unit] = 1;
      out.push_back(unit);
    }
  const auto ahead = static_cast<std::ptrdiff_t>(out.size());
  for (uint32_t unit = 0; unit < units; ++unit)
    if (!is_in[unit] && sums[unit] > 0)
      out.push_back(unit);
  std::stable_sort(out.begin() + ahead, out.end(), [&](uint32_t a, uint32_t b) { return sums[a] > sums[b]; });
  return out;
}

size_t best_of(std::span<const extract_quality> measured) {
  WEFT_ASSERT(!measured.empty());
  double most = 0;
  for (const auto& each : measured)
    most = std::max(most, each.coverage);
  size_t best = measured.size();
  for (size_t i = 0; i < measured.size(); ++i) {
    if (measured[i].coverage < most * coverage_slack && most > 0)
      continue;
    if (best == measured.size() || worth_of(measured[i]) > worth_of(measured[best]))
      best = i;
  }
  return best;
}

} // namespace weft
