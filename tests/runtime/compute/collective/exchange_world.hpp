#pragma once

#include "runtime/base/random_source.hpp"
#include "runtime/compute/collective/rank_exchange.hpp"

#include <algorithm>
#include <chrono>
#include <deque>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

/// Of every verb.
inline constexpr std::chrono::milliseconds limit{500};

/// Ranks and what is on its way between them.
struct world {
  world(uint32_t ranks, uint64_t seed, uint64_t epoch = 0, size_t piece_bytes = 64) : chance(seed) {
    for (uint32_t r = 0; r < ranks; ++r)
      cores.emplace_back(collective_group{epoch, r, ranks}, piece_bytes);
    dead.resize(ranks);
  }

  void collect(uint32_t rank) {
    for (auto& [to, frame] : cores[rank].take_outgoing()) {
      if (dead[rank] || dead[to])
        continue;
      auto& line = lines[{rank, to}];
      line.push_back(std::move(frame));
      line_max = std::max(line_max, line.size());
    }
  }

  void advance(uint32_t rank) {
    cores[rank].advance();
    collect(rank);
  }

  /// Delivers one frame; false when none is on its way.
  bool step() {
    std::vector<std::pair<uint32_t, uint32_t>> ready;
    for (const auto& [direction, line] : lines)
      if (!line.empty())
        ready.push_back(direction);
    if (ready.empty())
      return false;
    const auto direction = ready[chance.below(static_cast<uint32_t>(ready.size()))];
    auto& line = lines[direction];
    auto frame = std::move(line.front());
    line.pop_front();
    cores[direction.second].receive(std::move(frame));
    advance(direction.second);
    return true;
  }

  /// The rank vanishes with what it sent; the others' links say so.
  void kill(uint32_t rank) {
    dead[rank] = true;
    for (auto& [direction, line] : lines)
      if (direction.first == rank || direction.second == rank)
        line.clear();
    for (uint32_t r = 0; r < cores.size(); ++r)
      if (!dead[r]) {
        cores[r].link_down(rank, "its process was killed");
        advance(r);
      }
  }

  void run() {
    while (step())
      ;
  }

  bool all_done() const {
    return std::all_of(cores.begin(), cores.end(), [](const rank_exchange& c) { return c.done(); });
  }

  random_source chance;
  std::deque<rank_exchange> cores;
  std::map<std::pair<uint32_t, uint32_t>, std::deque<rank_frame>> lines;
  std::vector<bool> dead;
  size_t line_max = 0; // the longest line that there was
  time_point now{};
};

using rank_values = std::vector<std::vector<int64_t>>;

inline rank_values random_values(uint32_t ranks, size_t count, uint64_t seed) {
  random_source chance(seed);
  rank_values out(ranks, std::vector<int64_t>(count));
  for (auto& values : out)
    for (auto& v : values)
      v = static_cast<int64_t>(chance.next());
  return out;
}

inline std::vector<int64_t> plain_sum(const rank_values& values) {
  std::vector<int64_t> out(values[0].size());
  for (const auto& of_rank : values)
    for (size_t i = 0; i < out.size(); ++i)
      out[i] = static_cast<int64_t>(static_cast<uint64_t>(out[i]) + static_cast<uint64_t>(of_rank[i]));
  return out;
}

inline void begin_reduce(world& w, uint32_t rank, std::vector<int64_t>& values) {
  w.cores[rank].begin(all_reduce_call(std::span<int64_t>{values}, reduce_op::sum), w.now, limit);
  w.advance(rank);
}

} // namespace weft::test
