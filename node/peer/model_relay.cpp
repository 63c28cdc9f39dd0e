#include "node/peer/model_relay.hpp"

#include "node/grpc/listen_probe.hpp"
#include "node/grpc/published.hpp"

#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

namespace weft {
namespace {

// What is asked is short; what is given is one piece a transfer, and what gRPC has of it.
constexpr int message_bytes_max = 65'536;
constexpr size_t memory_bytes_max = 64 * size_t{model_piece_bytes};
constexpr int calls_per_connection_max = 16;

status add_listener(grpc::ServerBuilder& builder, const model_relay_options& options, const char* key,
                    const std::string& listen, int& port) {
  auto credentials = make_credentials(options.tls, listen, options.allow_plaintext);
  auto usable = credentials ? probe_listen(listen) : status{credentials.error()};
  if (!usable)
    return failure{.code = usable.error().code, .message = std::string{key} + ": " + usable.error().message};
  builder.AddListeningPort(listen, *credentials, &port);
  return ok;
}

} // namespace

struct model_relay::parts {
  explicit parts(const model_relay_options& options)
      : service({.cluster_id = options.cluster_id, .transfers_max = options.transfers_max}),
        directory(options.cluster_id, [this] { return *addresses.get(); }) {}

  using address_list = std::vector<std::string>;

  model_service service;
  model_directory_service directory;
  std::string address;
  published<address_list> addresses{std::make_shared<const address_list>()}; // none before the port is known
  int peer_port = 0;
  std::unique_ptr<grpc::Server> server; // goes first: it calls the services until then
};

result<std::unique_ptr<model_relay>> model_relay::start(const model_relay_options& options) {
  auto made = std::make_unique<parts>(options);
  grpc::ServerBuilder builder;
  int data_port = 0;
  if (auto added = add_listener(builder, options, "node.peer", options.peer_listen, made->peer_port); !added)
    return added.error();
  if (auto added = add_listener(builder, options, "node.peer_data", options.data_listen, data_port); !added)
    return added.error();
  builder.SetMaxReceiveMessageSize(message_bytes_max);
  builder.SetResourceQuota(grpc::ResourceQuota("weft-model").Resize(memory_bytes_max));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, calls_per_connection_max);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
  builder.RegisterService(&made->service);
  builder.RegisterService(&made->directory);
  made->server = builder.BuildAndStart();
  if (!made->server || made->peer_port == 0 || data_port == 0)
    return failure{errc::unavailable, "cannot listen on " + options.peer_listen + " or " + options.data_listen};
  made->address = options.data_address(static_cast<uint16_t>(data_port));
  made->addresses.set(std::make_shared<const parts::address_list>(1, made->address));
  return std::unique_ptr<model_relay>(new model_relay(std::move(made)));
}

model_relay::model_relay(std::unique_ptr<parts> made) : parts_(std::move(made)) {}

model_relay::~model_relay() {
  stop(std::chrono::milliseconds{0});
}

const std::string& model_relay::data_address() const noexcept {
  return parts_->address;
}

uint16_t model_relay::peer_port() const noexcept {
  return static_cast<uint16_t>(parts_->peer_port);
}

void model_relay::offer(std::shared_ptr<model_shelf> shelf) {
  parts_->service.offer(std::move(shelf));
}

void model_relay::stop(std::chrono::milliseconds grace) {
  if (!parts_->server)
    return;
  parts_->server->Shutdown(std::chrono::system_clock::now() + grace);
  parts_->server->Wait();
  parts_->server.reset();
}

} // namespace weft
