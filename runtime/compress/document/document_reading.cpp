#include "runtime/compress/document/document_reading.hpp"

#include <algorithm>
#include <memory>
#include <utility>

namespace weft {

document_reading::document_reading(std::string handle, const std::string& tenant, uint64_t generation,
                                   document_limits limits)
    : limits_(limits), entries_(tenant, generation),
      search_(std::vector<entry_name>{{document_part::list, std::move(handle)}}) {}

result<document_step> document_reading::start() {
  return document_step{search_->question(entries_)};
}

result<document_step> document_reading::resume(const entries_found& found) {
  if (!search_->take(found, entries_))
    return document_step{search_->question(entries_)};
  if (!search_->found_all())
    return search_->reason();
  return list_ ? take_chunks() : take_list();
}

result<document_step> document_reading::take_list() {
  list_ = decode_document_list(*search_->bytes().front());
  if (!list_ || bytes_of(*list_) > limits_.bytes_max)
    return failure{errc::unknown_handle, "what this handle names is no document that this release can read"};
  text_.reserve(bytes_of(*list_));
  return next_chunks();
}

result<document_step> document_reading::take_chunks() {
  for (; first_ < last_; ++first_) {
    const auto id = to_hex(list_->chunks[first_].id);
    const auto at = std::ranges::find(search_->names(), id, &entry_name::id) - search_->names().begin();
    const auto& bytes = *search_->bytes()[static_cast<size_t>(at)];
    if (bytes.size() != list_->chunks[first_].bytes)
      return failure{errc::unknown_handle, "the document's list does not match its chunks"};
    text_ += bytes;
  }
  return next_chunks();
}

result<document_step> document_reading::next_chunks() {
  if (first_ == list_->chunks.size())
    return document_step{std::make_shared<const std::string>(std::move(text_))};
  std::vector<entry_name> names;
  for (; last_ < list_->chunks.size(); ++last_) {
    auto id = to_hex(list_->chunks[last_].id);
    if (std::ranges::find(names, id, &entry_name::id) != names.end())
      continue; // repeated text
    if (names.size() == entries_at_once)
      break;
    names.push_back({document_part::chunk, std::move(id)});
  }
  search_.emplace(std::move(names));
  return document_step{search_->question(entries_)};
}

} // namespace weft
