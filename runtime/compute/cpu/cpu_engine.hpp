#pragma once

#include "runtime/compute/cpu/encoder.hpp"
#include "runtime/compute/model/bert_weights.hpp"
#include "runtime/ports/engine.hpp"
#include "runtime/ports/model.hpp"

#include <cstddef>
#include <memory>

namespace weft {

/// Pieces of work that may wait in one engine; a worker keeps one or two there. More are answered with
/// errc::overloaded.
inline constexpr size_t cpu_engine_queue_max = 64;

/// The engine of one CPU thread around one encoder. The thread is named after the device ("weft-cpu-0"), and the
/// kernels that it runs start no others. Work on points is done by runtime/points. A batch that
/// is not well formed (offsets, ids, lengths) is answered with errc::internal, as are points that are not; a kernel
/// that throws (out of memory) with errc::engine_failed; the engine then takes the next piece. Fails with
/// errc::engine_failed when memory or the thread cannot be had.
result<std::unique_ptr<engine>> make_cpu_engine(const cpu_encoder_factory& encoders, const bert_shape& shape,
                                                const engine_options& options);

} // namespace weft
