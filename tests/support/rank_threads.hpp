#pragma once

#include "runtime/ports/collective.hpp"

#include <functional>
#include <memory>
#include <thread>
#include <vector>

namespace weft {

/// All ends of one communicator, in the order of the ranks.
using rank_ends = std::vector<std::unique_ptr<collective>>;

/// Runs a function on each end, one thread a rank, and waits for all; the results are in the order of the ranks.
/// Check them in the test's thread.
template <class Result> std::vector<Result> on_each_rank(rank_ends& ends, std::function<Result(collective&)> run) {
  std::vector<std::unique_ptr<Result>> results(ends.size());
  std::vector<std::thread> threads;
  for (size_t rank = 0; rank < ends.size(); ++rank)
    if (ends[rank]) // a rank that died is null: it has no result
      threads.emplace_back([&, rank] { results[rank] = std::make_unique<Result>(run(*ends[rank])); });
  for (auto& t : threads)
    t.join();
  std::vector<Result> out;
  for (auto& r : results)
    if (r)
      out.push_back(std::move(*r));
  return out;
}

} // namespace weft
