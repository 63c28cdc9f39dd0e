#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/cpu/cpu_features.hpp"
#include "runtime/compute/cpu/encoder.hpp"
#include "runtime/job/numeric_class.hpp"

#include <span>

namespace weft {

/// One row of the table behind `precision = auto`: the fastest class for CPUs with a feature whose vectors agree with
/// fp32 to cosine ≥ 0.9995 for every golden text; a test proves each row on the machine that it runs on.
struct precision_row {
  bool cpu_features::*feature;
  numeric_class fastest;
};

/// Best first; where none fits it is fp32.
std::span<const precision_row> precision_table() noexcept;

/// The class that "auto" means on a CPU with these features.
numeric_class fastest_class(const cpu_features& cpu) noexcept;

/// Turns a wish into a class. Fails with errc::model_unusable when this CPU (or this build) cannot run the class.
result<numeric_class> resolve_precision(precision wanted);

/// The encoders of a class. REQUIRES: cpu_supports(precision).
cpu_encoder_factory_ptr make_encoder_factory(numeric_class precision, std::shared_ptr<const bert_weights> weights);

} // namespace weft
