#pragma once

#include "runtime/compute/cuda/points/device_kmeans.hpp"
#include "runtime/points/held_table.hpp"
#include "runtime/ports/engine.hpp"

#include <memory>
#include <optional>
#include <vector>

namespace weft::cuda {

/// Every kind of work on points by one device, with the bits of run_points(). Keeps shared points on the device, and
/// their labels, as long as somebody else has the points, the device has room, and not too many others were worked on
/// since; what has to go goes with the next work. Belongs to the engine's thread, whose current device it is.
class points_desk {
public:
  explicit points_desk(device_place at);

  /// Waits until it is done. Errors: errc::overloaded where it does not fit, errc::engine_failed where the device
  /// fails. REQUIRES: no batch of texts; find_points_fault() found nothing.
  result<engine_output> compute(const engine_work& work);

private:
  struct held_points {
    std::shared_ptr<const device_points> points;
    std::optional<device_kmeans> kmeans{};
    std::vector<int8_t> centroids{}; ///< of the last assignment
  };
  struct held_steps;

  result<engine_output> compute_once(const engine_work& work);
  result<held_points> take(const shared_points_ptr& points);
  result<assign_output> assign(const assign_work& work);
  result<assign_output> step(held_points& held, const assign_work& work) const;
  result<leaders_output> lead(const leaders_work& work) const;
  result<nearest_output> find_nearest(const nearest_work& work);

  const device_place at_;
  held_table<held_points> held_;
};

} // namespace weft::cuda
