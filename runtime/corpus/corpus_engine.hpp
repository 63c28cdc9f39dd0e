#pragma once

#include "runtime/corpus/corpus_shard.hpp"
#include "runtime/ports/engine.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace weft {

/// Waits for the answer; called once at most. Of several engines that hang, who waits for their answers in turn waits
/// as long as for one.
using engine_answer = std::function<result<engine_output>()>;

/// One engine of the node, to a rank: takes work and returns at once, so that several compute at the same time. What it
/// is given may outlive the rank.
using corpus_engine = std::function<engine_answer(engine_work)>;

/// Points `first` to first + count - 1 of a shard, as engines take them. The shard's points stay as they are.
inline shared_points_ptr share_points(const std::shared_ptr<const corpus_shard>& shard, size_t first, size_t count) {
  const auto values = std::span(shard->points).subspan(first * shard->dimensions, count * shard->dimensions);
  return std::make_shared<const shared_points>(shared_points{shard->dimensions, values, shard});
}

/// The same, but once it has failed it is not asked again by any who have copies of this: k-means and duplicates of one
/// rank know of each other. Not thread-safe.
inline corpus_engine once_failed_left_alone(corpus_engine engine) {
  return [engine = std::move(engine), failed = std::make_shared<bool>(false)](engine_work work) -> engine_answer {
    if (*failed)
      return [] { return result<engine_output>{failure{errc::unavailable, "this engine has failed before"}}; };
    return [answer = engine(std::move(work)), failed] {
      auto output = answer();
      *failed = *failed || !output;
      return output;
    };
  };
}

/// What an engine answered, if it is what was asked for; null: a failure, or something else.
template <class Output> Output* wanted_output(result<engine_output>& answer) {
  return answer ? std::get_if<Output>(&*answer) : nullptr;
}

} // namespace weft
