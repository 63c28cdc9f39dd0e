#include "runtime/compute/tokenizer/token_trie.hpp"

#include "runtime/base/assert.hpp"

#include <algorithm>

namespace weft {
namespace {

/// Older blocks are nearly full: trying them again would make building quadratic.
constexpr size_t open_blocks = 8;

} // namespace

token_trie::root token_trie::add(std::vector<entry> keys) {
  std::sort(keys.begin(), keys.end(), [](const entry& a, const entry& b) { return a.key < b.key; });
  for (size_t i = 0; i < keys.size(); ++i) {
    WEFT_ASSERT(!keys[i].key.empty());
    WEFT_ASSERT(keys[i].id >= 0);
    WEFT_ASSERT(i == 0 || keys[i - 1].key != keys[i].key);
  }
  return build(keys, 0);
}

/// Lays out the children of the node that `keys` share `depth` bytes with; returns where they are.
/// Recurses once a byte of a key, of which there are at most vocabulary::token_bytes_max.
uint32_t token_trie::build(std::span<const entry> keys, size_t depth) {
  struct child {
    size_t begin;
    size_t end;
  };
  std::vector<unsigned char> bytes;
  std::vector<child> ranges;
  for (size_t i = 0; i < keys.size(); ++i) {
    if (keys[i].key.size() == depth)
      continue; // the node itself: its id is in its own cell
    const auto byte = static_cast<unsigned char>(keys[i].key[depth]);
    WEFT_ASSERT(byte != 0);
    if (bytes.empty() || bytes.back() != byte) {
      bytes.push_back(byte);
      ranges.push_back({i, i});
    }
    ranges.back().end = i + 1;
  }
  if (bytes.empty())
    return 0;
  const uint32_t children = place(bytes);
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto range = keys.subspan(ranges[i].begin, ranges[i].end - ranges[i].begin);
    const bool is_key = range.front().key.size() == depth + 1;
    const uint32_t below = build(range, depth + 1);
    cell& c = cells_[children ^ bytes[i]];
    c.children = below & (cells_max - 1);
    c.id = is_key ? range.front().id : -1;
  }
  return children;
}

/// Reserves cells for a node's children.
uint32_t token_trie::place(std::span<const unsigned char> bytes) {
  const size_t blocks = free_.size();
  uint32_t found = 0;
  for (size_t block = blocks > open_blocks ? blocks - open_blocks : 1; block < blocks && found == 0; ++block) {
    if (free_[block] < bytes.size())
      continue;
    const auto first = static_cast<uint32_t>(block * block_size);
    for (uint32_t children = first; children < first + block_size && found == 0; ++children)
      if (fits(children, bytes))
        found = children;
  }
  if (found == 0) {
    found = static_cast<uint32_t>(cells_.size());
    add_block();
  }
  taken_[found] = true;
  for (const unsigned char byte : bytes)
    cells_[found ^ byte].byte = byte;
  free_[found / block_size] = static_cast<uint16_t>(free_[found / block_size] - bytes.size());
  return found;
}

bool token_trie::fits(uint32_t children, std::span<const unsigned char> bytes) const {
  return !taken_[children] &&
         std::all_of(bytes.begin(), bytes.end(), [&](unsigned char byte) { return cells_[children ^ byte].byte == 0; });
}

void token_trie::add_block() {
  WEFT_ASSERT(cells_.size() + block_size <= cells_max);
  cells_.resize(cells_.size() + block_size);
  taken_.resize(cells_.size(), false);
  free_.push_back(block_size);
}

} // namespace weft
