#pragma once

#include "runtime/corpus/corpus_engine.hpp"
#include "runtime/points/held_shard.hpp"
#include "runtime/points/points_work.hpp"

#include <atomic>
#include <functional>
#include <limits>
#include <memory>
#include <utility>

namespace weft::test {

/// An engine of a node as a rank sees it. It keeps labels from step to step as devices do, computes when it is waited
/// for, and is lost after some answers. Belongs to one rank.
struct held_engine {
  std::atomic<int> asked{0};
  std::atomic<int> answers_max{std::numeric_limits<int>::max()};
  std::function<void(engine_output&)> spoil; ///< what it answers; null: the truth
  held_shards shards;

  result<engine_output> answer(const engine_work& work) {
    if (asked > answers_max)
      return failure{errc::unavailable, "the device is lost"};
    if (auto fault = find_points_fault(work))
      return std::move(*fault);
    const auto* step = std::get_if<assign_work>(&work);
    auto output = step ? engine_output{shards.step(*step)} : run_points(work);
    if (spoil)
      spoil(output);
    return output;
  }
};

inline corpus_engine engine_of(std::shared_ptr<held_engine> it) {
  return [it = std::move(it)](engine_work work) -> engine_answer {
    ++it->asked;
    return [it, work = std::move(work)] { return it->answer(work); };
  };
}

} // namespace weft::test
