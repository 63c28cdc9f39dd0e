#include "tools/weft/client.hpp"

#include "runtime/base/assert.hpp"
#include "tools/weft/reply_limits.hpp"
#include "tools/weft/utf8.hpp"
#include "weft/v1/node.grpc.pb.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <algorithm>
#include <charconv>
#include <random>
#include <thread>

namespace weft::cli {
namespace {

using clock = std::chrono::system_clock;

// Long enough for a slow handshake across the world, short enough to reach the next endpoint while one still waits.
constexpr auto connect_max = std::chrono::seconds{3};

std::string metadata_value(const std::multimap<grpc::string_ref, grpc::string_ref>& metadata, const char* key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? std::string{} : printable({found->second.data(), found->second.size()});
}

} // namespace

client::client(client_options options) : options_(std::move(options)) {
  WEFT_ASSERT(!options_.endpoints.empty());
}

std::shared_ptr<grpc::Channel> client::make_channel(const std::string& endpoint) const {
  grpc::ChannelArguments arguments;
  // A new channel really connects anew, instead of repeating the refusal of an earlier one.
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // An http_proxy in the environment is meant for the web.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  // Retries are decided here (retry_policy), where the next endpoint is known.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  arguments.SetMaxReceiveMessageSize(static_cast<int>(receive_bytes_max));
  // A node that is gone without a word is found while a stream waits for its job.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 20'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 10'000);
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetUserAgentPrefix("weft-cli/" WEFT_VERSION);
  const auto& tls = options_.tls;
  if (!tls.on)
    return grpc::CreateCustomChannel(endpoint, grpc::InsecureChannelCredentials(), arguments);
  if (!tls.name.empty())
    arguments.SetSslTargetNameOverride(tls.name);
  return grpc::CreateCustomChannel(
      endpoint,
      grpc::SslCredentials(
          {.pem_root_certs = tls.ca_pem, .pem_private_key = tls.key_pem, .pem_cert_chain = tls.certificate_pem}),
      arguments);
}

std::string client::try_endpoint(const std::string& endpoint) {
  channel_ = make_channel(endpoint);
  const auto limit = std::min(clock::now() + connect_max, options_.deadline.value_or(clock::time_point::max()));
  auto state = channel_->GetState(true);
  while (state != GRPC_CHANNEL_READY && state != GRPC_CHANNEL_TRANSIENT_FAILURE) {
    if (!channel_->WaitForStateChange(state, limit))
      return "no answer";
    state = channel_->GetState(true);
  }
  if (state == GRPC_CHANNEL_READY)
    return {};
  // gRPC tells why only to a call.
  grpc::ClientContext context;
  context.set_deadline(clock::now() + std::chrono::seconds{1});
  v1::GetNodeResponse none;
  const auto status = v1::NodeService::NewStub(channel_)->GetNode(&context, {}, &none);
  return status.ok() ? std::string{} : connect_reason(printable(status.error_message()), options_.tls.on);
}

bool client::expired() const {
  return options_.deadline && clock::now() >= *options_.deadline;
}

std::optional<problem> client::connect() {
  if (channel_)
    return std::nullopt;
  std::string reasons;
  for (size_t tried = 0; tried < endpoints(); ++tried) {
    const std::string reason = try_endpoint(endpoint());
    if (reason.empty())
      return std::nullopt;
    reasons += (reasons.empty() ? "" : ", ") + endpoint() + " (" + reason + ")";
    next();
    if (expired())
      return problem{.code = exit_code::timed_out,
                     .what = "no connection in time: " + reasons,
                     .advice = advice_for("DEADLINE_EXCEEDED")};
  }
  return problem{.code = exit_code::unreachable,
                 .what = "cannot reach " + reasons,
                 .advice = "Is the node running there? Name others with --endpoint HOST:PORT or WEFT_ENDPOINT.",
                 .retryable = true};
}

void client::next() {
  channel_.reset();
  current_ = (current_ + 1) % endpoints();
}

void client::prepare(grpc::ClientContext& context, std::optional<std::chrono::milliseconds> limit) const {
  auto deadline = options_.deadline;
  if (limit)
    deadline = std::min(clock::now() + *limit, deadline.value_or(clock::time_point::max()));
  if (deadline)
    context.set_deadline(*deadline);
  if (!options_.api_key.empty())
    context.AddMetadata("authorization", "Bearer " + options_.api_key);
}

problem client::failed(const grpc::Status& status, const grpc::ClientContext& context) const {
  problem p = to_problem(status, endpoint());
  const auto& trailers = context.GetServerTrailingMetadata();
  p.request_id = metadata_value(context.GetServerInitialMetadata(), "x-request-id");
  if (p.request_id.empty())
    p.request_id = metadata_value(trailers, "x-request-id");
  const std::string wish = metadata_value(trailers, "grpc-retry-pushback-ms");
  int64_t milliseconds = 0;
  if (!wish.empty()) {
    const auto parsed = std::from_chars(wish.data(), wish.data() + wish.size(), milliseconds);
    // gRPC's own rule: a value that is not a number forbids the retry.
    p.retry_after = std::chrono::milliseconds{parsed.ec == std::errc{} ? milliseconds : -1};
  }
  return p;
}

std::optional<problem> client::call_once(const unary& run, std::optional<std::chrono::milliseconds> limit) {
  if (auto p = connect())
    return p;
  grpc::ClientContext context;
  prepare(context, limit);
  const grpc::Status status = run(channel_, context);
  if (status.ok())
    return std::nullopt;
  auto p = failed(status, context);
  if (p.retryable)
    next();
  return p;
}

std::optional<problem> client::call(const unary& run) {
  retry_policy retries{endpoints(), std::random_device{}()};
  for (;;) {
    if (auto p = connect())
      return p; // every endpoint has had its turn
    auto p = call_once(run);
    if (!p || !p->retryable)
      return p;
    const auto step = retries.failed(p->retry_after);
    if (!step.again || !pause(step.wait))
      return p;
  }
}

bool client::pause(std::chrono::milliseconds wait) const {
  if (options_.deadline && clock::now() + wait >= *options_.deadline)
    return false;
  std::this_thread::sleep_for(wait);
  return true;
}

} // namespace weft::cli
