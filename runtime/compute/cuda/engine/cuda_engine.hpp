#pragma once

#include "runtime/compute/cuda/engine/device_layer.hpp"
#include "runtime/compute/model/bert_weights.hpp"
#include "runtime/ports/engine.hpp"

#include <cstddef>
#include <memory>

namespace weft::cuda {

/// Pieces of work that may wait in one engine; more are answered with errc::overloaded.
inline constexpr size_t cuda_engine_queue_max = 64;

/// The engine of one device, on a thread of its own ("weft-cuda-0"). A batch goes to the device in parts; while one is
/// computed the next is copied, those of the next batch too, so that the device has no pause between batches.
///
/// - Out of memory: parts are halved and tried again, down to one sequence. Small work on points that does not fit the
///   device is done by runtime/points, with the same bits; larger work is errc::overloaded: a CPU engine takes it.
/// - Device lost: the batch, and all that comes later, is answered with errc::engine_failed and `device_lost`. The
///   engine makes no further call to the device; its owner destroys it and makes another.
/// - A batch that is not well formed is errc::internal, as are points that are not.
///
/// Answers come in the order of the work. Fails with errc::engine_failed when the thread cannot be had.
result<std::unique_ptr<engine>> make_cuda_engine(std::unique_ptr<device_layer> device, const bert_shape& shape,
                                                 engine_info info);

} // namespace weft::cuda
