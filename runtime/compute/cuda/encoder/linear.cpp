#include "runtime/compute/cuda/encoder/linear.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/cuda/base/cuda_error.hpp"
#include "runtime/compute/cuda/encoder/fastest_work.hpp"

#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#define WEFT_CUBLAS_TRY(...)                                                                                           \
  do {                                                                                                                 \
    if (const cublasStatus_t weft_code = (__VA_ARGS__); weft_code != CUBLAS_STATUS_SUCCESS) [[unlikely]]               \
      return describe(weft_code, #__VA_ARGS__);                                                                        \
  } while (false)

namespace weft::cuda {

namespace {

constexpr size_t workspace_bytes = 32 << 20; // what cuBLASLt asks for on compute capability 9.0
constexpr int proposals_max = 16;

cudaDataType_t type_of(numeric_class precision) {
  switch (precision) {
  case numeric_class::fp16:
    return CUDA_R_16F;
  case numeric_class::bf16:
    return CUDA_R_16BF;
  default:
    return CUDA_R_32F;
  }
}

struct delete_operation {
  void operator()(cublasLtMatmulDescOpaque_t* x) const noexcept { cublasLtMatmulDescDestroy(x); }
};
struct delete_layout {
  void operator()(cublasLtMatrixLayoutOpaque_t* x) const noexcept { cublasLtMatrixLayoutDestroy(x); }
};
struct delete_preference {
  void operator()(cublasLtMatmulPreferenceOpaque_t* x) const noexcept { cublasLtMatmulPreferenceDestroy(x); }
};
struct delete_handle {
  void operator()(cublasLtContext* x) const noexcept { cublasLtDestroy(x); }
};
using operation_ptr = std::unique_ptr<cublasLtMatmulDescOpaque_t, delete_operation>;
using layout_ptr = std::unique_ptr<cublasLtMatrixLayoutOpaque_t, delete_layout>;
using preference_ptr = std::unique_ptr<cublasLtMatmulPreferenceOpaque_t, delete_preference>;
using handle_ptr = std::unique_ptr<cublasLtContext, delete_handle>;

result<layout_ptr> make_layout(numeric_class precision, uint32_t rows, uint32_t columns) {
  cublasLtMatrixLayout_t out = nullptr;
  WEFT_CUBLAS_TRY(cublasLtMatrixLayoutCreate(&out, type_of(precision), rows, columns, rows));
  return layout_ptr(out);
}

template <class T> status set(cublasLtMatmulDesc_t of, cublasLtMatmulDescAttributes_t what, const T& value) {
  WEFT_CUBLAS_TRY(cublasLtMatmulDescSetAttribute(of, what, &value, sizeof value));
  return ok;
}

template <class T> status set(cublasLtMatmulPreference_t of, cublasLtMatmulPreferenceAttributes_t what, T value) {
  WEFT_CUBLAS_TRY(cublasLtMatmulPreferenceSetAttribute(of, what, &value, sizeof value));
  return ok;
}

/// cuBLASLt counts in columns: our row-major [tokens, outputs] is its [outputs, tokens], so the weight comes first.
result<operation_ptr> make_operation(const linear_shape& shape) {
  cublasLtMatmulDesc_t raw = nullptr;
  // COMPUTE_32F is IEEE single precision for fp32 operands; TF32 would have to be asked for.
  WEFT_CUBLAS_TRY(cublasLtMatmulDescCreate(&raw, CUBLAS_COMPUTE_32F, CUDA_R_32F));
  operation_ptr out(raw);
  WEFT_TRY(set(raw, CUBLASLT_MATMUL_DESC_TRANSA, CUBLAS_OP_T));
  WEFT_TRY(set(raw, CUBLASLT_MATMUL_DESC_EPILOGUE,
               shape.form == linear_form::gelu ? CUBLASLT_EPILOGUE_GELU_BIAS : CUBLASLT_EPILOGUE_BIAS));
  return out;
}

result<preference_ptr> make_preference() {
  cublasLtMatmulPreference_t raw = nullptr;
  WEFT_CUBLAS_TRY(cublasLtMatmulPreferenceCreate(&raw));
  preference_ptr out(raw);
  WEFT_TRY(set<uint64_t>(raw, CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, workspace_bytes));
  // Where a sum is divided, its parts are added in fp32, never in the type of the result.
  WEFT_TRY(set<uint32_t>(raw, CUBLASLT_MATMUL_PREF_REDUCTION_SCHEME_MASK, CUBLASLT_REDUCTION_SCHEME_COMPUTE_TYPE));
  return out;
}

cublasLtMatmulAlgo_t algorithm_of(const linear_plan& plan) {
  cublasLtMatmulAlgo_t out;
  static_assert(sizeof out == sizeof plan.algorithm);
  std::memcpy(&out, plan.algorithm.data(), sizeof out);
  return out;
}

} // namespace

failure describe(cublasStatus_t code, const char* call) {
  // The library reports a device that is gone as a failed execution: the runtime knows better.
  if (const auto last = cudaPeekAtLastError(); last != cudaSuccess)
    return describe(last, call);
  const auto name = std::string(cublasLtGetStatusName(code));
  if (code == CUBLAS_STATUS_ALLOC_FAILED)
    return {errc::overloaded, "cuBLASLt: " + std::string(call) + " failed: " + name + "; a smaller batch may fit"};
  return {errc::engine_failed, "cuBLASLt: " + std::string(call) + " failed: " + name + " (" +
                                   cublasLtGetStatusString(code) + "); check that library and driver fit each other"};
}

/// One shape, ready to run.
struct linear_products::prepared {
  operation_ptr operation;
  layout_ptr weight, x, y;
  cublasLtMatmulAlgo_t algorithm{};
};

struct linear_products::state {
  handle_ptr handle;
  device_buffer workspace;
  const stream* order = nullptr;
  plan_scope scope;
  std::filesystem::path plan_file;
  plan_table plans;
  bool measured = false; ///< plans that the file has not
  std::map<linear_shape, prepared> ready;

  status run(const prepared& what, const linear_operands& operands) {
    constexpr float one = 1, zero = 0;
    WEFT_TRY(set(what.operation.get(), CUBLASLT_MATMUL_DESC_BIAS_POINTER, operands.bias));
    const void* const added = operands.residual ? operands.residual : operands.y;
    WEFT_CUBLAS_TRY(cublasLtMatmul(handle.get(), what.operation.get(), &one, operands.weight, what.weight.get(),
                                   operands.x, what.x.get(), operands.residual ? &one : &zero, added, what.y.get(),
                                   operands.y, what.y.get(), &what.algorithm, workspace.data(), workspace_bytes,
                                   order->get()));
    return ok;
  }

  result<prepared> describe_shape(const linear_shape& shape) const;
  bool usable(const prepared& what) const;
  result<std::vector<cublasLtMatmulAlgo_t>> proposals(const prepared& what) const;
  result<linear_plan> measure_proposals(prepared& what, const linear_operands& operands);
};

result<linear_products::prepared> linear_products::state::describe_shape(const linear_shape& shape) const {
  prepared out;
  auto operation = make_operation(shape);
  auto weight = make_layout(shape.precision, shape.inputs, shape.outputs);
  auto x = make_layout(shape.precision, shape.inputs, shape.tokens);
  auto y = make_layout(shape.precision, shape.outputs, shape.tokens);
  if (!operation)
    return std::move(operation.error());
  for (auto* layout : {&weight, &x, &y})
    if (!*layout)
      return std::move(layout->error());
  out.operation = *std::move(operation);
  out.weight = *std::move(weight);
  out.x = *std::move(x);
  out.y = *std::move(y);
  return out;
}

bool linear_products::state::usable(const prepared& what) const {
  cublasLtMatmulHeuristicResult_t found{};
  return cublasLtMatmulAlgoCheck(handle.get(), what.operation.get(), what.weight.get(), what.x.get(), what.y.get(),
                                 what.y.get(), &what.algorithm, &found) == CUBLAS_STATUS_SUCCESS &&
         found.workspaceSize <= workspace_bytes;
}

result<std::vector<cublasLtMatmulAlgo_t>> linear_products::state::proposals(const prepared& what) const {
  auto preference = make_preference();
  if (!preference)
    return std::move(preference.error());
  std::array<cublasLtMatmulHeuristicResult_t, proposals_max> found{};
  int count = 0;
  WEFT_CUBLAS_TRY(cublasLtMatmulAlgoGetHeuristic(handle.get(), what.operation.get(), what.weight.get(), what.x.get(),
                                                 what.y.get(), what.y.get(), preference->get(), proposals_max,
                                                 found.data(), &count));
  std::vector<cublasLtMatmulAlgo_t> out;
  for (int i = 0; i < count; ++i)
    if (found[static_cast<size_t>(i)].state == CUBLAS_STATUS_SUCCESS)
      out.push_back(found[static_cast<size_t>(i)].algo);
  return out;
}

/// Leaves the fastest in `what`.
result<linear_plan> linear_products::state::measure_proposals(prepared& what, const linear_operands& operands) {
  const auto candidates = proposals(what);
  if (!candidates)
    return candidates.error();
  const auto fastest = find_fastest(*order, candidates->size(), [&](size_t index) {
    what.algorithm = (*candidates)[index];
    return run(what, operands);
  });
  if (!fastest)
    return fastest.error();
  if (!*fastest)
    return failure{errc::engine_failed, "cuBLASLt has no way to multiply matrices of this shape on this device"};
  linear_plan best{.microseconds = (*fastest)->microseconds};
  std::memcpy(best.algorithm.data(), &(*candidates)[(*fastest)->index], sizeof best.algorithm);
  what.algorithm = algorithm_of(best);
  return best;
}

linear_products::linear_products(std::unique_ptr<state> all) : all_(std::move(all)) {}
linear_products::linear_products(linear_products&&) noexcept = default;
linear_products& linear_products::operator=(linear_products&&) noexcept = default;
linear_products::~linear_products() = default;

result<linear_products> linear_products::make(const device_info& device, device_pool& pool, const stream& order,
                                              std::filesystem::path plan_file) {
  auto all = std::make_unique<state>();
  cublasLtHandle_t handle = nullptr;
  WEFT_CUBLAS_TRY(cublasLtCreate(&handle));
  all->handle.reset(handle);
  auto workspace = pool.allocate(workspace_bytes, order.get());
  if (!workspace)
    return std::move(workspace.error());
  all->workspace = *std::move(workspace);
  all->order = &order;
  all->scope = {device.name, device.compute_capability, cublasLtGetVersion()};
  if (!plan_file.empty()) {
    all->plan_file = plan_path(plan_file, all->scope);
    if (auto plans = read_plan_file(all->plan_file, all->scope))
      all->plans = *std::move(plans);
  }
  return linear_products(std::move(all));
}

status linear_products::prepare(const linear_shape& shape, const linear_operands& operands) {
  WEFT_ASSERT(operands.bias != nullptr);
  WEFT_ASSERT((shape.form == linear_form::residual) == (operands.residual != nullptr));
  if (all_->ready.contains(shape))
    return ok;
  auto what = all_->describe_shape(shape);
  if (!what)
    return std::move(what.error());
  // Some versions propose nothing where it is missing.
  WEFT_TRY(set(what->operation.get(), CUBLASLT_MATMUL_DESC_BIAS_POINTER, operands.bias));
  const auto known = all_->plans.find(shape);
  if (known != all_->plans.end())
    what->algorithm = algorithm_of(known->second);
  if (known == all_->plans.end() || !all_->usable(*what)) {
    auto plan = all_->measure_proposals(*what, operands);
    if (!plan)
      return std::move(plan.error());
    all_->plans.insert_or_assign(shape, *plan);
    all_->measured = true;
  }
  all_->ready.emplace(shape, *std::move(what));
  return ok;
}

status linear_products::save() const {
  if (!all_->measured || all_->plan_file.empty())
    return ok;
  WEFT_TRY(write_plan_file(all_->plan_file, all_->scope, all_->plans));
  all_->measured = false;
  return ok;
}

status linear_products::run(const linear_shape& shape, const linear_operands& operands) {
  const auto found = all_->ready.find(shape);
  WEFT_ASSERT(found != all_->ready.end());
  return all_->run(found->second, operands);
}

} // namespace weft::cuda
