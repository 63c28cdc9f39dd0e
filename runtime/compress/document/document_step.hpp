#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"
#include "runtime/ports/documents.hpp"
#include "runtime/ports/entry_store.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weft {

/// Where an entry may be, by rank: its key's first owner, its second one, then this node, if it is neither.
inline constexpr uint32_t entry_places = 3;
/// Entries that are asked for or given at once: 4 MiB of text at most.
inline constexpr size_t entries_at_once = 64;

/// The entries of these keys, at the places of this rank.
struct entries_wanted {
  std::vector<cache_key> keys; ///< at most entries_at_once
  uint32_t place = 0;
};
struct entries_found {
  std::vector<std::optional<stored_entry>> entries; ///< [keys]; empty: not there, or there is no such place
  std::optional<failure> trouble;                   ///< one of the places did not answer: it may have some
};

/// Entries for the places of this rank.
struct entries_to_keep {
  std::vector<stored_entry> entries; ///< at most entries_at_once
  uint32_t place = 0;
};
struct entries_kept {
  std::vector<bool> kept;         ///< [entries]
  std::optional<failure> trouble; ///< why not
};

using document_text = std::shared_ptr<const std::string>;

/// What a document_editing or document_reading cannot go on without, or what it has come to.
using document_step = std::variant<entries_wanted, entries_to_keep, document_state, document_text>;

struct document_limits {
  uint64_t bytes_max = 16ULL << 20; ///< of one document
};

} // namespace weft
