#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compute/cuda/base/device_info.hpp"
#include "runtime/compute/cuda/base/device_pool.hpp"
#include "runtime/compute/cuda/base/stream.hpp"
#include "runtime/compute/cuda/encoder/plan_file.hpp"

#include <cublasLt.h>
#include <filesystem>
#include <map>
#include <memory>

namespace weft::cuda {

/// Matrix products by cuBLASLt, sums in fp32 (in class fp32 IEEE single precision: never TF32), with plans that are
/// measured once a shape and kept in a file. Belongs to one thread; all work goes to one stream.
class linear_products final : public linear_runner {
public:
  /// `order` and the pool outlive it. Plans are kept at plan_path(plan_file); a file that is damaged is as good as
  /// none.
  static result<linear_products> make(const device_info& device, device_pool& pool, const stream& order,
                                      std::filesystem::path plan_file);
  linear_products(linear_products&&) noexcept;
  linear_products& operator=(linear_products&&) noexcept;
  ~linear_products() override;

  /// Takes the shape's plan from the file, or measures those that the library proposes with these operands (y is
  /// overwritten; weights and bias may be any). Their values should be those of work: zeros take less power, so that
  /// the device runs faster than it will.
  status prepare(const linear_shape& shape, const linear_operands& operands);

  /// Writes the plans to the file if any were measured. A file that cannot be written costs time at the next start
  /// only.
  status save() const;

  /// May be captured into a graph. REQUIRES: prepare(shape) was fine.
  status run(const linear_shape& shape, const linear_operands& operands) override;

private:
  struct prepared;
  struct state;
  explicit linear_products(std::unique_ptr<state> all);

  std::unique_ptr<state> all_;
};

/// As describe() for the CUDA runtime. REQUIRES: code != CUBLAS_STATUS_SUCCESS.
failure describe(cublasStatus_t code, const char* call);

} // namespace weft::cuda
