#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/cuda/base/stream.hpp"
#include "runtime/compute/cuda/points/kernel_arguments.hpp"

namespace weft::cuda {

/// Starts one kernel on a stream of the current device; returns before it has run. errc::engine_failed: it could not be
/// started; what fails later shows where the stream is waited for. REQUIRES: something to do, so that the grid is not
/// empty, and memory of the device as the arguments say.
status start(const assign_arguments& arguments, const stream& order);
status start(const move_arguments& arguments, const stream& order);
status start(const squares_arguments& arguments, const stream& order);
status start(const update_arguments& arguments, const stream& order);
status start(const similarity_arguments& arguments, const stream& order);
status start(const lengths_arguments& arguments, const stream& order);
status start(const near_pairs_arguments& arguments, const stream& order);
status start(const leaders_arguments& arguments, const stream& order);
status start(const top_arguments& arguments, const stream& order);
status start(const largest_arguments& arguments, const stream& order);
status start(row_code code, const pack_arguments& arguments, const stream& order);

} // namespace weft::cuda
