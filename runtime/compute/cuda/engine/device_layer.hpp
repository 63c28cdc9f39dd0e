#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/engine.hpp"

#include <cstdint>
#include <span>

namespace weft::cuda {

/// A part of a batch, as a device takes it.
struct part_view {
  std::span<const int32_t> ids;       ///< [tokens]
  std::span<const uint32_t> offsets;  ///< [sequences + 1], from any number on: ids[0] is token offsets[0]
  std::span<const uint8_t> normalize; ///< [sequences]

  uint32_t tokens() const noexcept { return offsets.back() - offsets.front(); }
  uint32_t sequences() const noexcept { return static_cast<uint32_t>(normalize.size()); }
};

/// What an engine needs of its device; a fake one in tests. All calls but the destructor come from the engine's thread.
/// After a failure that says that the device is lost (is_lost()) no further call is made.
class device_layer {
public:
  virtual ~device_layer() = default;

  /// Called once, first, on the engine's thread.
  virtual status attach() = 0;

  /// Tokens of the largest part, and parts that may be under way at once.
  virtual uint32_t tokens_max() const noexcept = 0;
  virtual uint32_t slots() const noexcept = 0;

  /// Copies the part and starts it; returns before it is computed. errc::overloaded: out of memory, nothing was
  /// started. REQUIRES: the slot is free; the part is well formed and has at most tokens_max() tokens.
  virtual status submit(uint32_t slot, const part_view& part) = 0;

  /// Whether collect() of the slot's part would return at once. True too where the part failed: collect() says why.
  virtual bool finished(uint32_t slot) noexcept = 0;

  /// Waits for the slot's part, and frees the slot whatever comes of it. A device that does not answer for long is
  /// lost. out: [sequences, dimensions].
  virtual status collect(uint32_t slot, std::span<float> out) = 0;

  /// Work on points, while no part is under way: no batch, and well formed. errc::overloaded: it does not fit the
  /// device.
  virtual result<engine_output> compute(const engine_work& work) = 0;

  /// Whether a failure of this layer means that the device computes no more.
  virtual bool is_lost(const failure& reason) const noexcept = 0;
};

} // namespace weft::cuda
