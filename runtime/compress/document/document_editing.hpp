#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compress/document/document_editor.hpp"
#include "runtime/compress/document/document_entries.hpp"
#include "runtime/compress/document/document_step.hpp"
#include "runtime/compress/document/entry_keeping.hpp"
#include "runtime/compress/document/entry_search.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

namespace weft {

/// Makes a document, or another one out of it: a state machine that says which entries it needs or gives away, and is
/// resumed with what came of it. Ends in document_state, when chunks and list are kept; the list last, so that none
/// names a chunk that was not. Errors: those of document_store::edit, but what has to do with time and stopping. Not
/// thread-safe; may move between threads.
class document_editing {
public:
  document_editing(document_edit edit, const std::string& tenant, uint64_t generation, document_limits limits = {});
  document_editing(const document_editing&) = delete;
  document_editing& operator=(const document_editing&) = delete;

  result<document_step> start();
  result<document_step> resume(const entries_found& found);
  result<document_step> resume(const entries_kept& kept);

private:
  enum class stage { list, chunks, known, chunks_kept, list_kept };

  result<document_step> begin(document_list old);
  result<document_step> ask_for(std::vector<entry_name> names, stage next, uint32_t places = entry_places);
  result<document_step> edited();
  result<document_step> go_on();
  result<document_step> look_for_known();
  result<document_step> keep_chunks();
  result<document_step> keep_list();

  document_edit edit_;
  document_limits limits_;
  document_entries entries_;
  stage stage_ = stage::list;
  std::optional<entry_search> search_;
  std::optional<entry_keeping> keeping_;
  std::optional<document_editor> editor_;
  std::unordered_set<chunk_id, chunk_id_hash> seen_; ///< chunks of the old document, and new ones that are seen to
  size_t next_ = 0;                                  ///< of the chunks cut anew: before it all are seen to
  std::vector<size_t> asked_;                        ///< of these: those of search_
  uint32_t chunks_new_ = 0;
};

} // namespace weft
