#include "runtime/compress/document/document_editor.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compress/document/chunker.hpp"
#include "runtime/compress/text/characters.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

/// Chunks behind the edit that are asked for at first: cuts mostly fall together after one or two.
constexpr size_t tail_chunks_first = 3;
constexpr size_t tail_chunks_max = 32;

failure cuts_character(uint64_t byte) {
  return {errc::invalid_argument, "byte " + std::to_string(byte) + " of the document is inside of a character"};
}

} // namespace

document_editor::document_editor(document_list old, document_edit::span replaced, std::string_view added)
    : old_(std::move(old)), replaced_(replaced), added_(added) {
  uint64_t at = 0;
  for (const auto& chunk : old_.chunks) {
    starts_.push_back(at);
    at += chunk.bytes;
  }
  starts_.push_back(at);
  WEFT_ASSERT(replaced_.begin <= replaced_.end);
  WEFT_ASSERT(replaced_.end <= at);
  // A cut has seen what is up to cut_sight behind it, or that the document ends there.
  while (first_ + 1 < old_.chunks.size() && starts_[first_ + 1] + cut_sight <= replaced_.begin)
    ++first_;
  need_first();
  if (needed_.empty()) {
    begin_tail();
    cut();
  }
}

void document_editor::begin_tail() {
  begun_ = true;
  window_ += added_;
  tail_ = window_.size();
}

size_t document_editor::chunk_with(uint64_t byte) const {
  return static_cast<size_t>(std::upper_bound(starts_.begin(), starts_.end(), byte) - starts_.begin()) - 1;
}

void document_editor::need_first() {
  const size_t chunks = old_.chunks.size();
  const size_t head_end = std::min(chunk_with(replaced_.begin) + 1, chunks);
  const size_t tail = chunk_with(replaced_.end);
  for (size_t i = first_; i < head_end; ++i)
    needed_.push_back(i);
  next_ = std::min(chunks, std::max(head_end, tail + tail_chunks_first));
  for (size_t i = std::max(head_end, tail); i < next_; ++i)
    needed_.push_back(i);
}

void document_editor::need_more() {
  const size_t more = std::min(2 * (next_ - std::min(next_, chunk_with(replaced_.end))) + 1, tail_chunks_max);
  const size_t end = std::min(old_.chunks.size(), next_ + more);
  for (; next_ < end; ++next_)
    needed_.push_back(next_);
}

status document_editor::give(const std::vector<std::string_view>& chunks) {
  WEFT_ASSERT(chunks.size() == needed_.size());
  std::string tail;
  for (size_t i = 0; i < chunks.size(); ++i) {
    const auto begin = starts_[needed_[i]];
    const auto end = starts_[needed_[i] + 1];
    WEFT_ASSERT(chunks[i].size() == end - begin);
    for (const auto edge : {replaced_.begin, replaced_.end})
      if (edge >= begin && edge < end && is_continuation(chunks[i][edge - begin]))
        return cuts_character(edge);
    if (begin < replaced_.begin)
      window_ += chunks[i].substr(0, replaced_.begin - begin);
    if (end > replaced_.end)
      tail += chunks[i].substr(std::max(begin, replaced_.end) - begin);
  }
  if (!begun_)
    begin_tail();
  window_ += tail;
  needed_.clear();
  cut();
  return ok;
}

void document_editor::cut() {
  for (;;) {
    if (cut_ >= tail_) {
      const uint64_t old_at = replaced_.end + (cut_ - tail_);
      const auto same = std::lower_bound(starts_.begin(), starts_.end(), old_at);
      if (same != starts_.end() && *same == old_at)
        return finish(static_cast<size_t>(same - starts_.begin()));
    }
    const auto rest = std::string_view{window_}.substr(cut_);
    if (rest.size() < chunk_sight && next_ < old_.chunks.size())
      return need_more();
    WEFT_ASSERT(!rest.empty());
    cuts_.push_back(cut_);
    cut_ += first_chunk_bytes(rest);
  }
}

void document_editor::finish(size_t old_chunks_from) {
  cuts_.push_back(cut_);
  const auto at = [](size_t place) { return static_cast<std::ptrdiff_t>(place); };
  made_.chunks.assign(old_.chunks.begin(), old_.chunks.begin() + at(first_));
  last_ = first_ + cuts_.size() - 1;
  for (size_t i = first_; i < last_; ++i) {
    const auto bytes = bytes_of_cut(i);
    made_.chunks.push_back({chunk_id_of(bytes), static_cast<uint32_t>(bytes.size())});
  }
  old_chunks_from = std::min(old_chunks_from, old_.chunks.size());
  made_.chunks.insert(made_.chunks.end(), old_.chunks.begin() + at(old_chunks_from), old_.chunks.end());
}

std::string_view document_editor::bytes_of_cut(size_t place) const {
  WEFT_ASSERT(place >= first_);
  WEFT_ASSERT(place < last_);
  const auto begin = cuts_[place - first_];
  return std::string_view{window_}.substr(begin, cuts_[place - first_ + 1] - begin);
}

} // namespace weft
