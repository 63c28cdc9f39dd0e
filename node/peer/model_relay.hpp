#pragma once

#include "node/grpc/credentials.hpp"
#include "node/peer/model_service.hpp"
#include "runtime/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace weft {

struct model_relay_options {
  std::string cluster_id;
  std::string peer_listen; ///< HOST:PORT that seeds name; where others look for the model
  std::string data_listen; ///< HOST:PORT where it is given; port 0 picks one, as above
  std::function<std::string(uint16_t port)> data_address; ///< how others know that listener
  std::optional<tls_files> tls;
  bool allow_plaintext = false;
  uint32_t transfers_max = 4;
};

/// The side of a node that fetches the model and is no member yet: it listens where the node will, and passes on what
/// has come, so that nodes that start at the same time get the model from each other. Thread-safe.
class model_relay {
public:
  /// Fails as peer_server::start() does; the message begins with the listener's key.
  static result<std::unique_ptr<model_relay>> start(const model_relay_options& options);
  /// As stop(), without grace.
  ~model_relay();
  model_relay(const model_relay&) = delete;
  model_relay& operator=(const model_relay&) = delete;

  /// HOST:PORT, as others are told.
  const std::string& data_address() const noexcept;
  /// Of the listener that seeds name.
  uint16_t peer_port() const noexcept;

  void offer(std::shared_ptr<model_shelf> shelf);

  /// Gives its addresses back; transfers get `grace` to end. Blocks.
  void stop(std::chrono::milliseconds grace);

private:
  struct parts;
  explicit model_relay(std::unique_ptr<parts> made);
  std::unique_ptr<parts> parts_;
};

} // namespace weft
