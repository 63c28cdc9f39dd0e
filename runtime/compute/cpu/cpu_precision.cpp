#include "runtime/compute/cpu/cpu_precision.hpp"

#include "runtime/base/assert.hpp"

#include <array>
#include <string>
#include <utility>

namespace weft {

std::span<const precision_row> precision_table() noexcept {
  static constexpr std::array rows{
      precision_row{&cpu_features::amx_bf16, numeric_class::bf16},
      precision_row{&cpu_features::avx512, numeric_class::int16},
      precision_row{&cpu_features::avx2_fma, numeric_class::int16},
  };
  return rows;
}

numeric_class fastest_class(const cpu_features& cpu) noexcept {
  for (const auto& row : precision_table())
    if (cpu.*row.feature)
      return row.fastest;
  return numeric_class::fp32;
}

bool cpu_supports(numeric_class precision) noexcept {
  switch (precision) {
  case numeric_class::fp32:
    return true;
  case numeric_class::int16:
    return this_cpu().avx2_fma;
  case numeric_class::bf16:
    return this_cpu().amx_bf16;
  case numeric_class::fp16: // a device's class
    return false;
  }
  return false;
}

result<numeric_class> resolve_precision(precision wanted) {
  numeric_class chosen = numeric_class::fp32;
  switch (wanted) {
  case precision::automatic:
    return fastest_class(this_cpu());
  case precision::fp32:
    break;
  case precision::bf16:
    chosen = numeric_class::bf16;
    break;
  case precision::int16:
    chosen = numeric_class::int16;
    break;
  case precision::fp16:
    chosen = numeric_class::fp16;
    break;
  }
  if (!cpu_supports(chosen))
    return failure{errc::model_unusable, "this CPU cannot compute in " + std::string(to_string(chosen)) +
                                             ": set precision to \"auto\" or \"fp32\""};
  return chosen;
}

cpu_encoder_factory_ptr make_encoder_factory(numeric_class precision, std::shared_ptr<const bert_weights> weights) {
  WEFT_ASSERT(cpu_supports(precision));
  switch (precision) {
  case numeric_class::bf16:
    return make_bf16_encoder_factory(std::move(weights));
  case numeric_class::int16:
    return make_int16_encoder_factory(std::move(weights));
  case numeric_class::fp32:
  case numeric_class::fp16:
    break;
  }
  return make_fp32_encoder_factory(std::move(weights));
}

} // namespace weft
