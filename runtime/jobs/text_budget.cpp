#include "runtime/jobs/text_budget.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/shorten.hpp"

#include <algorithm>
#include <string_view>
#include <utility>
#include <vector>

namespace weft {

void text_budget::add(uint64_t item, std::string text, size_t at_most) {
  const auto [at, is_new] = texts_.try_emplace(item);
  WEFT_ASSERT(is_new);
  auto& it = at->second;
  it.counted = text.size();
  it.text = std::move(text);
  cut(it, std::min(at_most, level_));
  bytes_ += it.counted;
  if (bytes_ > 2 * bytes_max_) // seldom: it looks at all of them
    lower_level();
}

void text_budget::cut(entry& it, size_t bytes) {
  if (it.counted <= bytes)
    return;
  it.counted = bytes; // also where a character that does not fit leaves some bytes: then no order matters
  it.is_cut = true;
  if (it.text.size() <= bytes)
    return;
  it.text.resize(whole_characters(it.text, bytes));
  it.text.shrink_to_fit();
}

/// Cuts the longest so far that all have room.
void text_budget::lower_level() {
  std::vector<size_t> sizes;
  for (const auto& [item, it] : texts_)
    sizes.push_back(it.counted);
  std::ranges::sort(sizes);
  uint64_t room = bytes_max_;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const auto each = room / (sizes.size() - i);
    if (sizes[i] > each) {
      level_ = each;
      break;
    }
    room -= sizes[i];
  }
  bytes_ = 0;
  for (auto& [item, it] : texts_) {
    cut(it, level_);
    bytes_ += it.counted;
  }
}

std::map<uint64_t, std::string> text_budget::take() {
  if (bytes_ > bytes_max_)
    lower_level();
  std::map<uint64_t, std::string> out;
  for (auto& [item, it] : texts_)
    out.emplace_hint(out.end(), item, std::move(it.text.append(it.is_cut ? cut_mark : std::string_view{})));
  texts_.clear();
  bytes_ = 0;
  level_ = SIZE_MAX;
  return out;
}

} // namespace weft
