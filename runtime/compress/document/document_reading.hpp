#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compress/document/document_entries.hpp"
#include "runtime/compress/document/document_list.hpp"
#include "runtime/compress/document/document_step.hpp"
#include "runtime/compress/document/entry_search.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace weft {

/// Puts a document together: a state machine that says which entries it needs, and is resumed with them. Ends in
/// document_text. Errors: errc::unknown_handle, unavailable, overloaded. Not thread-safe; may move between threads.
class document_reading {
public:
  document_reading(std::string handle, const std::string& tenant, uint64_t generation, document_limits limits = {});
  document_reading(const document_reading&) = delete;
  document_reading& operator=(const document_reading&) = delete;

  result<document_step> start();
  result<document_step> resume(const entries_found& found);

private:
  result<document_step> take_list();
  result<document_step> take_chunks();
  result<document_step> next_chunks();

  document_limits limits_;
  document_entries entries_;
  std::optional<entry_search> search_;
  std::optional<document_list> list_;
  size_t first_ = 0; ///< chunks [first_, last_) are asked for
  size_t last_ = 0;
  std::string text_;
};

} // namespace weft
