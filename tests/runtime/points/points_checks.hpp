#pragma once

#include "runtime/points/points_work.hpp"
#include "runtime/ports/engine.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace weft {

/// Points of so many values each, as engines share them.
inline shared_points_ptr share(std::vector<int8_t> values, uint32_t dimensions) {
  const auto owner = std::make_shared<const std::vector<int8_t>>(std::move(values));
  return std::make_shared<const shared_points>(shared_points{dimensions, *owner, owner});
}

/// All that a step gives, to the bit.
inline void check_equal(const assign_output& got, const assign_output& want) {
  CHECK(got.changed == want.changed);
  CHECK(got.sums == want.sums);
  CHECK(got.counts == want.counts);
  CHECK(got.labels == want.labels);
  CHECK(got.similarities == want.similarities);
}

/// A step that an engine did is the plain one's.
inline void check_step(const assign_output& got, const assign_work& work) {
  check_equal(got, std::get<assign_output>(run_points(work)));
}

} // namespace weft
