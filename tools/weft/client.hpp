#pragma once

#include "tools/weft/problem.hpp"
#include "tools/weft/retry.hpp"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weft::cli {

struct tls_options {
  bool on = false;
  std::string ca_pem{}; ///< "": the system's
  std::string certificate_pem{};
  std::string key_pem{};
  std::string name{}; ///< expected in the node's certificate; "": the endpoint's host
};

struct client_options {
  std::vector<std::string> endpoints{}; ///< tried in this order
  std::string api_key{};
  tls_options tls{};
  /// For the whole command; unset: no end.
  std::optional<std::chrono::system_clock::time_point> deadline{};
};

/// The way to a cluster: the first endpoint that can be reached, the next one when it is lost. Keeps to an endpoint
/// while it answers. Not thread-safe; one a process.
/// REQUIRES: at least one endpoint.
class client {
public:
  explicit client(client_options options);

  /// Connects, starting with the current endpoint and giving each its chance once. Fails with unreachable or
  /// timed_out, naming what each endpoint said.
  std::optional<problem> connect();

  /// The current connection is no good: the next connect() starts with the endpoint behind it.
  void next();

  /// REQUIRES: connect() has succeeded since the last next().
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  const std::string& endpoint() const { return options_.endpoints[current_]; }
  size_t endpoints() const { return options_.endpoints.size(); }

  /// Deadline and metadata of one call. limit: a shorter deadline than the command's.
  void prepare(grpc::ClientContext& context, std::optional<std::chrono::milliseconds> limit = {}) const;

  using unary = std::function<grpc::Status(const std::shared_ptr<grpc::Channel>&, grpc::ClientContext&)>;
  /// Runs a call that is safe to repeat: UNAVAILABLE moves on to the next endpoint, with pauses (retry_policy).
  std::optional<problem> call(const unary& run);
  /// The same without a second try of any endpoint: for what is asked again and again anyway.
  std::optional<problem> call_once(const unary& run, std::optional<std::chrono::milliseconds> limit = {});

  /// What is known about a failed call.
  problem failed(const grpc::Status& status, const grpc::ClientContext& context) const;

  /// Waits unless the command's deadline comes first; false then.
  bool pause(std::chrono::milliseconds wait) const;
  /// The command's deadline has passed.
  bool expired() const;
  std::optional<std::chrono::system_clock::time_point> deadline() const { return options_.deadline; }

private:
  /// "" when connected, else the reason.
  std::string try_endpoint(const std::string& endpoint);
  std::shared_ptr<grpc::Channel> make_channel(const std::string& endpoint) const;

  client_options options_;
  size_t current_ = 0;
  std::shared_ptr<grpc::Channel> channel_;
};

} // namespace weft::cli
