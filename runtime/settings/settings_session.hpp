#pragma once

#include "runtime/settings/settings_exchange.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace weft {

/// What one node asks another about the settings. Entries alone are a push: what has just changed.
struct settings_question {
  settings_summary summary;
  std::optional<settings_digest> digest; ///< asks for what is newer there
  std::vector<settings_entry> entries;   ///< newer here
  /// The asker was away for longer than tombstones are kept, and knows settings that may have been removed meanwhile.
  bool stale = false;
};

struct settings_reply {
  settings_summary summary;
  std::optional<settings_delta> delta; ///< the answer to a digest
  bool stale = false;
};

/// The settings of a node and whether they can be trusted to have no removed ones among them.
struct shared_settings {
  settings_map map;
  bool stale = false;
};

/// Takes in a question's entries and answers it. Of a stale asker only what a blank or stale node has not got yet is
/// taken. Messages keep within `bytes_max` as settings_exchange.hpp says.
settings_reply answer_settings(shared_settings& ours, const settings_question& question, size_t bytes_max);

/// The asking side of one push-pull, question by question: first(), then next() with each answer until it gives none.
/// A stale node takes what the other one has in place of its own, all at the end. Not thread-safe.
class settings_session {
public:
  explicit settings_session(size_t bytes_max) : bytes_max_(bytes_max) {}

  settings_question first(const shared_settings& ours) const;
  /// What came is in `ours` when it returns nothing (a stale node's), or at once (else).
  std::optional<settings_question> next(shared_settings& ours, const settings_reply& reply);

private:
  std::optional<settings_question> begin(shared_settings& ours, const settings_reply& reply);

  // Ends the exchange with a peer that answers without end; far more than 8192 entries of any size need.
  static constexpr uint32_t rounds_max = 10'000;

  size_t bytes_max_;
  std::optional<settings_digest> sent_;
  std::optional<settings_map> fresh_; ///< in place of a stale map, when it is whole
  uint32_t rounds_ = 0;
};

} // namespace weft
