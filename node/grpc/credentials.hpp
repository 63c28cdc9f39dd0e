#pragma once

#include "runtime/base/result.hpp"

#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string_view>

namespace weft {

/// PEM files. With `client_ca`, clients must show a certificate that it signed (mTLS).
struct tls_files {
  std::filesystem::path certificate; ///< the node's, with its chain
  std::filesystem::path key;
  std::filesystem::path client_ca; ///< empty: clients need no certificate
};

/// What a listen address demands of connections: TLS where files are given, else plaintext, which addresses that are
/// not loopback refuse unless allow_plaintext. Fails with errc::invalid_argument; the message names the file or address
/// and says what to do.
result<std::shared_ptr<grpc::ServerCredentials>> make_credentials(const std::optional<tls_files>& tls,
                                                                  std::string_view address, bool allow_plaintext);

/// How this node connects to others: the same files, seen from the other side. It shows its own certificate, and the
/// other's must be signed by client_ca (the system's authorities where that is empty) and name the dialed host. Fails
/// as make_credentials() does.
result<std::shared_ptr<grpc::ChannelCredentials>> make_channel_credentials(const std::optional<tls_files>& tls);

/// Whether only this machine can reach the address: 127.0.0.0/8, [::1], localhost or a unix socket.
bool is_loopback(std::string_view address) noexcept;

} // namespace weft
