#include "runtime/compress/document/entry_keeping.hpp"

#include "runtime/base/assert.hpp"

#include <utility>

namespace weft {

entry_keeping::entry_keeping(std::vector<stored_entry> entries) : entries_(std::move(entries)) {
  WEFT_ASSERT(entries_.size() <= entries_at_once);
}

entries_to_keep entry_keeping::question() const {
  return {.entries = entries_, .place = place_};
}

bool entry_keeping::take(const entries_kept& kept) {
  if (kept.trouble)
    trouble_ = kept.trouble;
  std::vector<stored_entry> refused;
  for (size_t i = 0; i < entries_.size(); ++i)
    if (i >= kept.kept.size() || !kept.kept[i])
      refused.push_back(std::move(entries_[i]));
  entries_ = std::move(refused);
  return ++place_ == entry_places || entries_.empty();
}

failure entry_keeping::reason() const {
  if (trouble_ && trouble_->code == errc::overloaded)
    return *trouble_;
  return {errc::unavailable, "no node could keep the document: " + (trouble_ ? trouble_->message : "none was there")};
}

} // namespace weft
