#pragma once

#include "runtime/base/ids.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace weft {

/// Looks whether somebody listens at an address: a raw TCP connection, fresh for each look, because gRPC repeats a
/// refusal that it remembers. Has a thread of its own, since names may have to be resolved. Thread-safe.
class connection_looker {
public:
  /// refused: told, on the looker's thread, when a machine is there and nobody listens. An answer, silence, or a
  /// machine that cannot be reached is told to nobody. patience: how long one look waits.
  connection_looker(std::function<void(node_id)> refused, std::chrono::milliseconds patience);
  ~connection_looker();
  connection_looker(const connection_looker&) = delete;
  connection_looker& operator=(const connection_looker&) = delete;

  /// Beyond looks_max at a time it is not looked: the detector asks again.
  static constexpr size_t looks_max = 64;
  void look(node_id node, const std::string& address);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace weft
