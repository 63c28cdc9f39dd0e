#include "runtime/compress/document/document_editing.hpp"

#include "runtime/compress/text/characters.hpp"

#include <algorithm>

namespace weft {
namespace {

status check_text(std::string_view text) {
  const auto valid = valid_utf8_bytes(text);
  if (valid == text.size())
    return ok;
  return failure{errc::invalid_utf8,
                 "byte " + std::to_string(valid) + " of the text is not UTF-8",
                 {{"byte", std::to_string(valid)}}};
}

status check_size(uint64_t bytes, uint64_t limit) {
  if (bytes <= limit)
    return ok;
  return failure{errc::text_too_large,
                 "the document would have " + std::to_string(bytes) + " bytes, more than " + std::to_string(limit),
                 {{"limit", std::to_string(limit)}, {"bytes", std::to_string(bytes)}}};
}

status check_span(const document_edit::span& span, uint64_t bytes) {
  if (span.begin > span.end)
    return failure{errc::invalid_argument, "the replaced span ends before it begins"};
  if (span.end <= bytes)
    return ok;
  return failure{errc::invalid_argument, "the replaced span ends at byte " + std::to_string(span.end) +
                                             ", but the document has " + std::to_string(bytes)};
}

} // namespace

document_editing::document_editing(document_edit edit, const std::string& tenant, uint64_t generation,
                                   document_limits limits)
    : edit_(std::move(edit)), limits_(limits), entries_(tenant, generation) {}

result<document_step> document_editing::start() {
  if (auto size = check_size(edit_.text.size(), limits_.bytes_max); !size)
    return size.error();
  if (auto text = check_text(edit_.text); !text)
    return text.error();
  if (edit_.handle.empty())
    return begin({});
  return ask_for({{document_part::list, edit_.handle}}, stage::list);
}

result<document_step> document_editing::ask_for(std::vector<entry_name> names, stage next, uint32_t places) {
  stage_ = next;
  search_.emplace(std::move(names), places);
  return document_step{search_->question(entries_)};
}

result<document_step> document_editing::resume(const entries_found& found) {
  if (!search_->take(found, entries_))
    return document_step{search_->question(entries_)};
  if (stage_ == stage::known)
    return keep_chunks();
  if (!search_->found_all())
    return search_->reason();
  if (stage_ == stage::chunks)
    return edited();
  auto list = decode_document_list(*search_->bytes().front());
  if (!list)
    return failure{errc::unknown_handle, "what this handle names is no document that this release can read"};
  return begin(*std::move(list));
}

result<document_step> document_editing::begin(document_list old) {
  const auto bytes = bytes_of(old);
  const auto span = edit_.replaced.value_or(document_edit::span{bytes, bytes});
  if (auto checked = check_span(span, bytes); !checked)
    return checked.error();
  if (auto size = check_size(bytes - (span.end - span.begin) + edit_.text.size(), limits_.bytes_max); !size)
    return size.error();
  for (const auto& chunk : old.chunks)
    seen_.insert(chunk.id);
  editor_.emplace(std::move(old), span, edit_.text);
  return go_on();
}

/// What the editor asked for is there.
result<document_step> document_editing::edited() {
  std::vector<std::string_view> chunks;
  for (const auto place : editor_->needed()) {
    const auto& wanted = editor_->old_list().chunks[place];
    const auto at = std::ranges::find(search_->names(), to_hex(wanted.id), &entry_name::id) - search_->names().begin();
    const auto& bytes = *search_->bytes()[static_cast<size_t>(at)];
    if (bytes.size() != wanted.bytes)
      return failure{errc::unknown_handle, "the document's list does not match its chunks"};
    chunks.emplace_back(bytes);
  }
  if (auto given = editor_->give(chunks); !given)
    return given.error();
  return go_on();
}

result<document_step> document_editing::go_on() {
  std::vector<entry_name> names;
  for (const auto place : editor_->needed()) {
    auto id = to_hex(editor_->old_list().chunks[place].id);
    if (std::ranges::find(names, id, &entry_name::id) == names.end())
      names.push_back({document_part::chunk, std::move(id)});
  }
  if (!names.empty())
    return ask_for(std::move(names), stage::chunks);
  next_ = editor_->first_cut();
  return look_for_known();
}

/// Asks the first owners for some of the chunks that the old document does not have: other documents may.
result<document_step> document_editing::look_for_known() {
  asked_.clear();
  std::vector<entry_name> names;
  for (; next_ < editor_->last_cut() && names.size() < entries_at_once; ++next_) {
    const auto& id = editor_->list().chunks[next_].id;
    if (!seen_.insert(id).second)
      continue;
    asked_.push_back(next_);
    names.push_back({document_part::chunk, to_hex(id)});
  }
  if (names.empty())
    return keep_list();
  return ask_for(std::move(names), stage::known, 1);
}

result<document_step> document_editing::keep_chunks() {
  std::vector<stored_entry> unknown;
  for (size_t i = 0; i < asked_.size(); ++i)
    if (!search_->bytes()[i])
      unknown.push_back(entries_.pack(search_->names()[i], editor_->bytes_of_cut(asked_[i])));
  if (unknown.empty())
    return look_for_known();
  chunks_new_ += static_cast<uint32_t>(unknown.size());
  stage_ = stage::chunks_kept;
  keeping_.emplace(std::move(unknown));
  return document_step{keeping_->question()};
}

result<document_step> document_editing::keep_list() {
  stage_ = stage::list_kept;
  const auto& list = editor_->list();
  keeping_.emplace(std::vector{entries_.pack({document_part::list, handle_of(list)}, encode(list))});
  return document_step{keeping_->question()};
}

result<document_step> document_editing::resume(const entries_kept& kept) {
  if (!keeping_->take(kept))
    return document_step{keeping_->question()};
  if (!keeping_->kept_all())
    return keeping_->reason();
  if (stage_ == stage::chunks_kept)
    return look_for_known();
  const auto& list = editor_->list();
  return document_step{document_state{.handle = handle_of(list),
                                      .bytes = bytes_of(list),
                                      .chunks = static_cast<uint32_t>(list.chunks.size()),
                                      .chunks_new = chunks_new_}};
}

} // namespace weft
