#pragma once

#include "runtime/compress/document/document_entries.hpp"
#include "runtime/compress/document/document_step.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace weft {

/// Looks for some entries place by place: what one place lacks, or has damaged, is looked for at the next.
/// REQUIRES: at most entries_at_once names, each once.
class entry_search {
public:
  explicit entry_search(std::vector<entry_name> names, uint32_t places = entry_places);

  entries_wanted question(const document_entries& entries) const;
  /// What came of question(). True: the search is over.
  bool take(const entries_found& found, document_entries& entries);

  const std::vector<entry_name>& names() const noexcept { return names_; }
  /// [names]; null: not found.
  const std::vector<cached_value::bytes_ptr>& bytes() const noexcept { return bytes_; }
  bool found_all() const noexcept { return missing_.empty(); }
  /// Why not all were found: errc::unknown_handle, or overloaded or unavailable where a place did not answer.
  failure reason() const;

private:
  std::vector<entry_name> names_;
  std::vector<cached_value::bytes_ptr> bytes_;
  std::vector<size_t> missing_; ///< of names_
  uint32_t place_ = 0;
  uint32_t places_;
  std::optional<failure> trouble_;
};

} // namespace weft
