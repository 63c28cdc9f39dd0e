#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compress/document/document_list.hpp"
#include "runtime/ports/documents.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Makes the list of an edited document out of the old list and the few old chunks around the edit: cuts anew from the
/// last cut before the edit that cannot have seen it, until old and new cuts fall together again. The result is what
/// cutting the whole edited text gives. Not thread-safe.
///
///   while (!editor.needed().empty()) if (auto given = editor.give(their bytes); !given) fail
class document_editor {
public:
  /// replaced: bytes of the old document. REQUIRES: replaced.begin <= replaced.end <= bytes_of(old); `added` is valid
  /// UTF-8, and so is the old document.
  document_editor(document_list old, document_edit::span replaced, std::string_view added);

  /// Old chunks that are needed next, by their places in the list, ascending, at most 64; none: it is done.
  const std::vector<size_t>& needed() const noexcept { return needed_; }

  /// [needed()]: their bytes. errc::invalid_argument: the span cuts a character. REQUIRES: each has the bytes that the
  /// list says.
  status give(const std::vector<std::string_view>& chunks);

  const document_list& old_list() const noexcept { return old_; }
  /// The edited document, once nothing is needed.
  const document_list& list() const noexcept { return made_; }
  /// Chunks that were cut anew, by their places in list(): [first, last). Some may be the old ones.
  size_t first_cut() const noexcept { return first_; }
  size_t last_cut() const noexcept { return last_; }
  /// The bytes of one of these.
  std::string_view bytes_of_cut(size_t place) const;

private:
  size_t chunk_with(uint64_t byte) const; ///< by its place; the number of chunks for the end
  void need_first();
  void need_more();
  void begin_tail();
  void cut();
  void finish(size_t old_chunks_from);

  document_list old_;
  std::vector<uint64_t> starts_; ///< [old chunks + 1]: first bytes, and the document's end
  document_edit::span replaced_;
  std::string_view added_;
  std::vector<size_t> needed_;
  size_t first_ = 0; ///< the first chunk that is cut anew
  size_t next_ = 0;  ///< old chunks before it need not be asked for any more
  size_t last_ = 0;
  std::string window_;       ///< the new document from first_ on: what is known of it
  bool begun_ = false;       ///< it has what is before the edit, and what the edit adds
  size_t tail_ = 0;          ///< where what follows the edit begins in it
  size_t cut_ = 0;           ///< what of it has been cut
  std::vector<size_t> cuts_; ///< where chunks begin in it
  document_list made_;
};

} // namespace weft
