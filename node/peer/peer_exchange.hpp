#pragma once

#include "node/grpc/credentials.hpp"
#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"
#include "runtime/base/time.hpp"
#include "weft/peer/v1/membership.pb.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace grpc {
class Service;
}

namespace weft {

struct peer_exchange_options {
  std::string listen = "127.0.0.1:7701"; ///< HOST:PORT; port 0 picks one
  std::optional<tls_files> tls;
  bool allow_plaintext = false; ///< also on addresses that are not loopback, without tls
  /// Served at the same address by gRPC's threads: answers at once, for nodes that are no members yet. May be null.
  std::shared_ptr<grpc::Service> beside;

  std::chrono::milliseconds send_time_max{5'000}; ///< a message that did not arrive by then is lost
  uint32_t sends_max = 512;                       ///< on their way at once; further ones are lost
  uint32_t receives_max = 64;                     ///< being received at once; further ones wait at their sender
  uint32_t channels_max = 512;                    ///< connections that are kept
  uint32_t message_bytes_max = 33'554'432;        ///< a sync of 16 384 members has 4 MiB
};

/// A message came.
using peer_arrival = peer::v1::ExchangeRequest;

/// A message could not be sent.
struct peer_undelivered {
  node_id node{}; ///< 0: known by its address only
  std::string address;
  std::string why;
};

using peer_exchange_event = std::variant<peer_arrival, peer_undelivered>;

/// weft.peer.v1.MembershipService, both sides of it, on a listener and a completion queue of its own. All of it runs on
/// the one thread that calls wait(), so that nothing which other threads do delays a probe. There is no retry: who
/// sends knows better what to say the next time. send() and wait() on one thread; wake() and stop() on any.
class peer_exchange {
public:
  explicit peer_exchange(const peer_exchange_options& options);
  ~peer_exchange();
  peer_exchange(const peer_exchange&) = delete;
  peer_exchange& operator=(const peer_exchange&) = delete;

  /// Listens; the value is the bound port. Fails with errc::invalid_argument (address, TLS files, plaintext where it is
  /// not allowed) or errc::unavailable (the address cannot be bound).
  result<uint16_t> start();

  void send(node_id node, const std::string& address, const peer::v1::ExchangeRequest& message);

  /// Waits for events until then, or until wake(); appends what came. False: stopped, and never again.
  bool wait(time_point until, std::vector<peer_exchange_event>& out);

  void wake();

  /// Ends all; wait() then returns false. Blocks until the server is down: REQUIRES: another thread goes on calling
  /// wait() until it returns false.
  void stop();

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace weft
