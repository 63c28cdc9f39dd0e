#include "node/grpc/credentials.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace weft {
namespace {

using bio_ptr = std::unique_ptr<BIO, decltype(&BIO_free)>;
using x509_ptr = std::unique_ptr<X509, decltype(&X509_free)>;
using pkey_ptr = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

failure unusable(std::string_view what, const std::filesystem::path& file, std::string_view why) {
  ERR_clear_error();
  return {errc::invalid_argument, "TLS " + std::string(what) + " '" + file.string() + "': " + std::string(why)};
}

result<std::string> read_file(std::string_view what, const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in)
    return unusable(what, file, std::strerror(errno));
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

x509_ptr parse_certificate(const std::string& pem) {
  const bio_ptr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  return {PEM_read_bio_X509(in.get(), nullptr, nullptr, nullptr), X509_free};
}

pkey_ptr parse_key(const std::string& pem) {
  const bio_ptr in(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), BIO_free);
  return {PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), EVP_PKEY_free};
}

/// gRPC would start with files that do not fit and then fail every handshake without a word; so they are read here.
result<grpc::SslServerCredentialsOptions> read_files(const tls_files& files) {
  auto certificate = read_file("certificate", files.certificate);
  if (!certificate)
    return certificate.error();
  auto key = read_file("key", files.key);
  if (!key)
    return key.error();
  const auto x509 = parse_certificate(*certificate);
  if (!x509)
    return unusable("certificate", files.certificate, "is not a certificate in PEM form");
  const auto private_key = parse_key(*key);
  if (!private_key)
    return unusable("key", files.key, "is not an unencrypted private key in PEM form");
  if (X509_check_private_key(x509.get(), private_key.get()) != 1)
    return unusable("key", files.key, "does not belong to the certificate '" + files.certificate.string() + "'");

  grpc::SslServerCredentialsOptions out;
  out.pem_key_cert_pairs.push_back({*std::move(key), *std::move(certificate)});
  if (files.client_ca.empty())
    return out;
  auto authority = read_file("client CA", files.client_ca);
  if (!authority)
    return authority.error();
  if (!parse_certificate(*authority))
    return unusable("client CA", files.client_ca, "is not a certificate in PEM form");
  out.pem_root_certs = *std::move(authority);
  out.client_certificate_request = GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY;
  return out;
}

} // namespace

result<std::shared_ptr<grpc::ServerCredentials>> make_credentials(const std::optional<tls_files>& tls,
                                                                  std::string_view address, bool allow_plaintext) {
  if (tls) {
    auto options = read_files(*tls);
    if (!options)
      return options.error();
    return grpc::SslServerCredentials(*options);
  }
  if (!allow_plaintext && !is_loopback(address))
    return failure{errc::invalid_argument, "'" + std::string(address) +
                                               "' can be reached from other machines: configure TLS, listen on a "
                                               "loopback address, or allow plaintext explicitly"};
  return grpc::InsecureServerCredentials();
}

result<std::shared_ptr<grpc::ChannelCredentials>> make_channel_credentials(const std::optional<tls_files>& tls) {
  if (!tls)
    return grpc::InsecureChannelCredentials();
  auto options = read_files(*tls);
  if (!options)
    return options.error();
  auto& own = options->pem_key_cert_pairs.front();
  return grpc::SslCredentials({.pem_root_certs = std::move(options->pem_root_certs),
                               .pem_private_key = std::move(own.private_key),
                               .pem_cert_chain = std::move(own.cert_chain)});
}

bool is_loopback(std::string_view address) noexcept {
  if (address.starts_with("unix:") || address.starts_with("[::1]:") || address.starts_with("localhost:"))
    return true;
  // 127.0.0.0/8 as numbers only: "127.example.org" is a name like any other.
  const auto host = address.substr(0, address.rfind(':'));
  return host.starts_with("127.") && host.find_first_not_of("0123456789.") == std::string_view::npos;
}

} // namespace weft
