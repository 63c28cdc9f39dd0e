#include "runtime/base/random_source.hpp"
#include "runtime/compute/cuda/base/cuda_error.hpp"
#include "runtime/compute/cuda/points/device_values.hpp"
#include "tests/bench/gpu_session.hpp"

#include <algorithm>
#include <bit>
#include <cstdint>
#include <cublas_v2.h>

namespace weft::bench {
namespace {

constexpr size_t copied_bytes = size_t{2} << 30;
constexpr uint32_t part_tokens = 8'448; ///< device_encoder_options::tokens_max

struct product_shape {
  int rows, columns, depth;

  double flops() const { return 2.0 * rows * columns * depth; }
};

status checked(cublasStatus_t code, const char* call) {
  if (code == CUBLAS_STATUS_SUCCESS)
    return ok;
  return failure{errc::engine_failed, std::string(call) + ": " + cublasGetStatusString(code)};
}

/// bf16 products by cuBLAS on random values: zeros would cost less power and look faster.
class bfloat16_products {
public:
  static result<bfloat16_products> make(const gpu_session& session, size_t values_max) {
    bfloat16_products out;
    random_source draw(1);
    std::vector<uint16_t> values(values_max);
    for (auto& x : values)
      x = static_cast<uint16_t>(std::bit_cast<uint32_t>(static_cast<float>(draw.unit()) * 2 - 1) >> 16);
    for (auto* operand : {&out.a_, &out.b_}) {
      auto memory = cuda::uploaded_values(std::span<const uint16_t>(values), session.place);
      if (!memory)
        return memory.error();
      WEFT_TRY(session.order->wait());
      *operand = std::move(*memory);
      std::reverse(values.begin(), values.end());
    }
    auto c = session.place.memory->allocate_for<uint16_t>(values_max, session.order->get());
    if (!c)
      return c.error();
    out.c_ = std::move(*c);
    cublasHandle_t handle = nullptr;
    WEFT_TRY(checked(cublasCreate(&handle), "cublasCreate"));
    out.handle_.reset(handle);
    WEFT_TRY(checked(cublasSetStream(handle, session.order->get()), "cublasSetStream"));
    return out;
  }

  /// [rows, depth] by [columns, depth], as the layers of a model have them.
  status multiply(const product_shape& shape) const {
    const float one = 1, zero = 0;
    return checked(cublasGemmEx(handle_.get(), CUBLAS_OP_T, CUBLAS_OP_N, shape.columns, shape.rows, shape.depth, &one,
                                a_.data(), CUDA_R_16BF, shape.depth, b_.data(), CUDA_R_16BF, shape.depth, &zero,
                                c_.data(), CUDA_R_16BF, shape.columns, CUBLAS_COMPUTE_32F, CUBLAS_GEMM_DEFAULT),
                   "cublasGemmEx");
  }

private:
  struct destroy {
    void operator()(cublasHandle_t handle) const { cublasDestroy(handle); }
  };
  cuda::device_buffer a_, b_, c_;
  std::unique_ptr<cublasContext, destroy> handle_;
};

result<double> copy_rate(const gpu_session& session) {
  const auto from = cuda::filled_values<char>(copied_bytes, 1, session.place);
  if (!from)
    return from.error();
  const auto to = cuda::filled_values<char>(copied_bytes, 0, session.place);
  if (!to)
    return to.error();
  const auto milliseconds = median_milliseconds(session, [&] {
    return cuda::checked(
        cudaMemcpyAsync(to->data(), from->data(), copied_bytes, cudaMemcpyDeviceToDevice, session.order->get()),
        "copy");
  });
  if (!milliseconds)
    return milliseconds.error();
  return 2.0 * copied_bytes / (*milliseconds / 1e3);
}

result<double> product_rate(const gpu_session& session, const bfloat16_products& products,
                            const std::vector<product_shape>& shapes) {
  double flops = 0;
  for (const auto& shape : shapes)
    flops += shape.flops();
  const auto milliseconds = median_milliseconds(session, [&]() -> status {
    for (const auto& shape : shapes)
      WEFT_TRY(products.multiply(shape));
    return ok;
  });
  if (!milliseconds)
    return milliseconds.error();
  return flops / (*milliseconds / 1e3);
}

} // namespace

gpu_rates measure_rates(const gpu_session& session, figure_list& figures) {
  gpu_rates rates;
  const auto add = [&](const char* name, const result<double>& rate, double unit, const char* unit_name,
                       const char* note) {
    gpu_figure figure{.name = name, .unit = unit_name, .note = note};
    if (rate)
      figure.value = *rate / unit;
    else
      figure.note = rate.error().message;
    figures.add(figure);
    return rate ? *rate : 0;
  };
  rates.copy_bytes = add("copy, device to device", copy_rate(session), 1e9, "GB/s", "read and written, 2 GiB");
  const auto products = bfloat16_products::make(session, size_t{8'192} * 8'192);
  const auto rate_of = [&](const std::vector<product_shape>& shapes) {
    return products ? product_rate(session, *products, shapes) : result<double>(products.error());
  };
  rates.product_flops = add("bf16 product, 8192^3", rate_of({{8'192, 8'192, 8'192}}), 1e12, "TFLOP/s", "random values");
  constexpr int tokens = part_tokens;
  rates.model_flops =
      add("bf16 products of one layer",
          rate_of({{tokens, 1'152, 384}, {tokens, 384, 384}, {tokens, 1'536, 384}, {tokens, 384, 1'536}}), 1e12,
          "TFLOP/s", "8448 tokens");
  return rates;
}

} // namespace weft::bench
