#pragma once

#include "runtime/compute/cuda/base/device_info.hpp"
#include "runtime/compute/cuda/base/device_memory.hpp"
#include "runtime/compute/cuda/points/device_points.hpp"

#include <doctest/doctest.h>

#include <cstdio>
#include <memory>
#include <optional>

namespace weft::cuda {

/// The first device of this machine and a stream of it.
struct test_device {
  device_info info;
  std::unique_ptr<stream> order;
  device_place place;
};

/// Nothing where there is no device: it says so, ctest then lists the program as skipped, and whoever reads the line
/// knows that nothing was tested.
inline std::optional<test_device> open_test_device() {
  const auto devices = find_devices();
  REQUIRE_MESSAGE(static_cast<bool>(devices),
                  (devices ? "" : devices.error().message)); // not even whether there is one
  if (devices->empty()) {
    std::puts("skipped: no CUDA device");
    return std::nullopt;
  }
  auto info = open_device(devices->front().index);
  REQUIRE(info);
  auto memory = make_device_memory(info->index, size_t{1} << 30);
  REQUIRE(memory);
  auto order = stream::make();
  REQUIRE(order);
  test_device out{*info, std::make_unique<stream>(std::move(*order)), {}};
  out.place = {device_pool::make(std::move(*memory), size_t{8} << 30), out.order.get()};
  return out;
}

} // namespace weft::cuda
