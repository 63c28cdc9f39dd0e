#include "tests/bench/gpu_session.hpp"

#include "runtime/compute/cuda/base/cuda_error.hpp"
#include "runtime/compute/cuda/base/device_memory.hpp"

#include <algorithm>

namespace weft::bench {

namespace {

constexpr size_t memory_max = size_t{24} << 30;

} // namespace

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values.empty() ? 0 : values[values.size() / 2];
}

result<double> median_milliseconds(const gpu_session& session, const std::function<status()>& enqueue) {
  auto begin = cuda::event::make(cuda::event::kind::timer);
  if (!begin)
    return begin.error();
  auto end = cuda::event::make(cuda::event::kind::timer);
  if (!end)
    return end.error();
  std::vector<double> times;
  for (int run = -3; run < session.repeats; ++run) {
    WEFT_TRY(begin->record(*session.order));
    WEFT_TRY(enqueue());
    WEFT_TRY(end->record(*session.order));
    WEFT_TRY(end->wait());
    const auto took = end->milliseconds_since(*begin);
    if (!took)
      return took.error();
    if (run >= 0)
      times.push_back(*took);
  }
  return median(std::move(times));
}

result<gpu_session> open_gpu_session() {
  const failure none{errc::unavailable, "no CUDA device"};
  if (!cuda::driver_present())
    return none;
  const auto devices = cuda::find_devices();
  if (!devices)
    return devices.error();
  if (devices->empty())
    return none;
  auto info = cuda::open_device(devices->front().index);
  if (!info)
    return info.error();
  auto memory = cuda::make_device_memory(info->index, memory_max);
  if (!memory)
    return memory.error();
  auto order = cuda::stream::make();
  if (!order)
    return order.error();
  gpu_session out;
  out.info = *info;
  out.order = std::make_unique<cuda::stream>(std::move(*order));
  out.place = {
      cuda::device_pool::make(std::move(*memory), std::min<size_t>(memory_max, info->memory_bytes_free / 10 * 9)),
      out.order.get()};
  return out;
}

} // namespace weft::bench
