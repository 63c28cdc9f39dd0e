#pragma once

#include "node/grpc/credentials.hpp"
#include "node/peer/rank_pair.hpp"
#include "node/peer/rank_stream.hpp"
#include "runtime/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

namespace weft {

struct rank_dialer_options {
  std::optional<tls_files> tls;
  uint32_t streams_max = 4'096; ///< open ones; further ones get errc::overloaded
  uint32_t channels_max = 256;  ///< connections that are kept
};

/// Calls ranks of other nodes, on connections of its own: frames delay no call. One a node; thread-safe.
class rank_dialer {
public:
  /// Fails with errc::invalid_argument (TLS files).
  static result<std::shared_ptr<rank_dialer>> make(const rank_dialer_options& options);
  /// As close().
  ~rank_dialer();
  rank_dialer(const rank_dialer&) = delete;
  rank_dialer& operator=(const rank_dialer&) = delete;

  /// Calls and does not wait; REQUIRES: the caller starts the stream. An address where nobody answers ends it. It ends
  /// after time_max in any case. Fails with errc::unavailable (closed) or errc::overloaded.
  result<std::shared_ptr<rank_stream>> call(const std::string& address, const rank_pair& pair,
                                            std::chrono::milliseconds time_max);

  /// Cancels all streams, and makes no more. Blocks until they have ended; never from one of their callbacks.
  void close();

private:
  struct parts;
  explicit rank_dialer(std::unique_ptr<parts> made);
  const std::unique_ptr<parts> parts_;
};

} // namespace weft
