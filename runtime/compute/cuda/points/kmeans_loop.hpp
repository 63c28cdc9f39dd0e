#pragma once

#include "runtime/base/result.hpp"

#include <cstdint>

namespace weft::cuda {

/// Assigns, then moves the centroids, until no label changes or for iterations_max assignments: the order of
/// run_kmeans() of runtime/points. Steps: assign() → result<uint64_t>, labels that changed; update() → status. Returns
/// the iterations.
template <class Steps> result<uint32_t> iterate_kmeans(Steps& steps, uint32_t iterations_max) {
  for (uint32_t iterations = 1;; ++iterations) {
    const result<uint64_t> changed = steps.assign();
    if (!changed)
      return changed.error();
    if (*changed == 0 || iterations == iterations_max)
      return iterations;
    if (const status moved = steps.update(); !moved)
      return moved.error();
  }
}

} // namespace weft::cuda
