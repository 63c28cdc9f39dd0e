#pragma once

#include "runtime/compress/document/document_step.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace weft {

/// Gives entries to the first place that takes them, each at its own. REQUIRES: at most entries_at_once.
class entry_keeping {
public:
  explicit entry_keeping(std::vector<stored_entry> entries);

  entries_to_keep question() const;
  /// What came of question(). True: it is over.
  bool take(const entries_kept& kept);

  bool kept_all() const noexcept { return entries_.empty(); }
  /// Why not: errc::overloaded, unavailable.
  failure reason() const;

private:
  std::vector<stored_entry> entries_; ///< that nobody has taken
  uint32_t place_ = 0;
  std::optional<failure> trouble_;
};

} // namespace weft
