#include "runtime/corpus/corpus_group.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <numeric>

namespace weft {

namespace {

/// One verb is worth that many bytes of padding.
constexpr uint64_t padded_bytes_min = 1 << 20;

} // namespace

status corpus_group::go_on() {
  std::array<int64_t, 1> stop{stop_ && stop_()};
  if (auto met = maximum(stop); !met)
    return met;
  if (stop[0] != 0)
    return failure{errc::cancelled, "the work on the corpus was cancelled; its last checkpoint can be continued"};
  return ok;
}

status corpus_group::same(uint64_t value, std::string_view what) {
  const auto mine = static_cast<int64_t>(value);
  std::array<int64_t, 2> ends{mine, ~mine}; // the largest complement belongs to the smallest value
  if (auto met = maximum(ends); !met)
    return met;
  if (ends[0] != ~ends[1])
    return failure{errc::internal, "the ranks were given different " + std::string{what} + ": give all the same"};
  return ok;
}

result<std::vector<std::string>> corpus_group::gather(std::string_view mine, uint64_t bytes_max) {
  std::vector<int64_t> sizes(ranks());
  sizes[rank()] = static_cast<int64_t>(mine.size());
  if (auto met = sum(sizes); !met)
    return met.error();
  const auto total = static_cast<uint64_t>(std::accumulate(sizes.begin(), sizes.end(), int64_t{0}));
  if (total > bytes_max)
    return failure{errc::invalid_argument, std::to_string(total) + " bytes would travel at once, at most " +
                                               std::to_string(bytes_max) + " may: ask for less, or raise the limit"};
  const auto widest = static_cast<size_t>(*std::max_element(sizes.begin(), sizes.end()));
  if (uint64_t{widest} * ranks() <= std::max(padded_bytes_min, 2 * total))
    return gather_padded(mine, sizes, widest);
  return gather_in_turn(mine, sizes);
}

result<std::vector<std::string>> corpus_group::gather_padded(std::string_view mine, std::span<const int64_t> sizes,
                                                             size_t widest) {
  std::vector<std::string> blocks(ranks());
  if (widest == 0)
    return blocks;
  std::string padded(mine);
  padded.resize(widest);
  std::string all(widest * ranks(), '\0');
  if (auto met = port_.all_gather(std::as_bytes(std::span(padded)), std::as_writable_bytes(std::span(all)), patience_);
      !met)
    return met.error();
  for (uint32_t r = 0; r < ranks(); ++r)
    blocks[r].assign(all, r * widest, static_cast<size_t>(sizes[r]));
  return blocks;
}

result<std::vector<std::string>> corpus_group::gather_in_turn(std::string_view mine, std::span<const int64_t> sizes) {
  std::vector<std::string> blocks(ranks());
  for (uint32_t r = 0; r < ranks(); ++r) {
    if (sizes[r] == 0)
      continue;
    if (r == rank())
      blocks[r] = mine;
    blocks[r].resize(static_cast<size_t>(sizes[r]));
    if (auto met = port_.broadcast(std::as_writable_bytes(std::span(blocks[r])), r, patience_); !met)
      return met.error();
  }
  return blocks;
}

result<std::string> corpus_group::share(std::string bytes, uint32_t root) {
  std::array<int64_t, 1> size{rank() == root ? static_cast<int64_t>(bytes.size()) : 0};
  if (auto met = maximum(size); !met)
    return met.error();
  bytes.resize(static_cast<size_t>(size[0]));
  if (bytes.empty())
    return bytes;
  if (auto met = port_.broadcast(std::as_writable_bytes(std::span(bytes)), root, patience_); !met)
    return met.error();
  return bytes;
}

failure corpus_group::leave(failure reason) {
  port_.abort(reason);
  return reason;
}

} // namespace weft
