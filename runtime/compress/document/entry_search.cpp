#include "runtime/compress/document/entry_search.hpp"

#include "runtime/base/assert.hpp"

#include <numeric>
#include <utility>

namespace weft {

entry_search::entry_search(std::vector<entry_name> names, uint32_t places)
    : names_(std::move(names)), bytes_(names_.size()), missing_(names_.size()), places_(places) {
  WEFT_ASSERT(names_.size() <= entries_at_once);
  std::iota(missing_.begin(), missing_.end(), size_t{0});
}

entries_wanted entry_search::question(const document_entries& entries) const {
  entries_wanted out{.keys = {}, .place = place_};
  for (const auto i : missing_)
    out.keys.push_back(entries.key_of(names_[i]));
  return out;
}

bool entry_search::take(const entries_found& found, document_entries& entries) {
  if (found.trouble)
    trouble_ = found.trouble;
  std::vector<size_t> still;
  for (size_t i = 0; i < missing_.size(); ++i) {
    const auto name = missing_[i];
    if (i < found.entries.size() && found.entries[i])
      bytes_[name] = entries.unpack(names_[name], *found.entries[i]);
    if (!bytes_[name])
      still.push_back(name);
  }
  missing_ = std::move(still);
  return ++place_ == places_ || missing_.empty();
}

failure entry_search::reason() const {
  if (trouble_ && trouble_->code == errc::overloaded)
    return *trouble_;
  if (trouble_)
    return {errc::unavailable, "a node that may keep the document does not answer: " + trouble_->message};
  return {errc::unknown_handle, "no node keeps this document, or not all of it any more; send the whole text again"};
}

} // namespace weft
