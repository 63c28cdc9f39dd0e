#include "runtime/settings/settings_exchange.hpp"

namespace weft {
namespace {

/// Of a settings_known on the wire, beside its key.
constexpr size_t known_bytes = 32;

/// Counts bytes; the first thing always fits.
class budget {
public:
  explicit budget(size_t bytes_max) noexcept : left_(bytes_max) {}
  bool take(size_t bytes) noexcept {
    if (used_ && bytes > left_)
      return false;
    used_ = true;
    left_ -= bytes < left_ ? bytes : left_;
    return true;
  }

private:
  size_t left_;
  bool used_ = false;
};

} // namespace

settings_summary summary_of(const settings_map& map) noexcept {
  return {map.hash(), static_cast<uint32_t>(map.slots().size())};
}

settings_digest digest_of(const settings_map& map, const std::string& after, size_t bytes_max) {
  settings_digest out{after, {}, true};
  budget room{bytes_max};
  for (auto at = map.slots().upper_bound(after); at != map.slots().end(); ++at) {
    if (!room.take(at->first.size() + known_bytes)) {
      out.last = false;
      break;
    }
    out.known.push_back({at->first, at->second.stamp});
  }
  return out;
}

settings_delta compare(const settings_map& map, const settings_digest& theirs, size_t bytes_max) {
  settings_delta out;
  budget room{bytes_max};
  std::string done = theirs.after;
  auto ours = map.slots().upper_bound(theirs.after);
  auto known = theirs.known.begin();
  const auto in_range = [&] {
    return ours != map.slots().end() &&
           (theirs.last || (!theirs.known.empty() && ours->first <= theirs.known.back().key));
  };
  // Two sorted lists side by side.
  while (known != theirs.known.end() || in_range()) {
    const bool have = in_range() && (known == theirs.known.end() || ours->first <= known->key);
    const bool have_theirs = known != theirs.known.end() && (!in_range() || known->key <= ours->first);
    const std::string& key = have ? ours->first : known->key;
    const bool newer_here = have && (!have_theirs || ours->second.stamp > known->stamp);
    const bool newer_there = have_theirs && (!have || known->stamp > ours->second.stamp);
    const size_t bytes = newer_here ? settings_bytes(ours->second.entry) : newer_there ? key.size() + known_bytes : 0;
    if (bytes > 0 && !room.take(bytes)) {
      out.stopped_after = done;
      return out;
    }
    if (newer_here)
      out.entries.push_back(ours->second.entry);
    if (newer_there)
      out.wanted.push_back(key);
    done = key;
    if (have)
      ++ours;
    if (have_theirs)
      ++known;
  }
  return out;
}

std::vector<settings_entry> entries_of(const settings_map& map, const std::vector<std::string>& wanted,
                                       size_t bytes_max) {
  std::vector<settings_entry> out;
  budget room{bytes_max};
  for (const auto& key : wanted) {
    const auto at = map.slots().find(key);
    if (at == map.slots().end())
      continue;
    if (!room.take(settings_bytes(at->second.entry)))
      break;
    out.push_back(at->second.entry);
  }
  return out;
}

bool next_range(const settings_digest& sent, const settings_delta& answer, std::string& after) {
  if (!answer.stopped_after.empty())
    after = answer.stopped_after;
  else if (!sent.last)
    after = sent.known.back().key;
  else
    return false;
  return true;
}

} // namespace weft
