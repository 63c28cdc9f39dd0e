#include "node/peer/peer_server.hpp"

#include "node/grpc/listen_probe.hpp"
#include "node/peer/ask_call.hpp"
#include "runtime/compute/collective/rank_frame_codec.hpp"

#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <algorithm>

namespace weft {
namespace {

namespace pb = weft::peer::v1;

/// Called from gRPC's threads.
class peer_service final
    : public pb::PeerService::WithCallbackMethod_Ask<
          pb::PeerService::WithCallbackMethod_StoreEntries<pb::PeerService::WithCallbackMethod_FindEntries<
              pb::PeerService::WithCallbackMethod_ListHotKeys<pb::PeerService::Service>>>> {
public:
  peer_service(ask_edge edge, entries_door entries) : edge_(std::move(edge)), entries_(std::move(entries)) {}

  grpc::ServerWriteReactor<pb::AskResponse>* Ask(grpc::CallbackServerContext* rpc, const pb::AskRequest* in) override {
    // gRPC keeps the message until the RPC ends and does not look at it again: its texts are taken out of it.
    return start_ask(edge_, *rpc, const_cast<pb::AskRequest&>(*in));
  }
  grpc::ServerUnaryReactor* StoreEntries(grpc::CallbackServerContext* rpc, const pb::StoreEntriesRequest* in,
                                         pb::StoreEntriesResponse*) override {
    return store_entries(entries_, *rpc, const_cast<pb::StoreEntriesRequest&>(*in)); // as above
  }
  grpc::ServerUnaryReactor* FindEntries(grpc::CallbackServerContext* rpc, const pb::FindEntriesRequest* in,
                                        pb::FindEntriesResponse* out) override {
    return find_entries(entries_, *rpc, *in, *out);
  }
  grpc::ServerUnaryReactor* ListHotKeys(grpc::CallbackServerContext* rpc, const pb::ListHotKeysRequest* in,
                                        pb::ListHotKeysResponse* out) override {
    return list_hot_keys(entries_, *rpc, *in, *out);
  }

private:
  ask_edge edge_;
  const entries_door entries_;
};

void set_limits(grpc::ServerBuilder& builder, const peer_server_options& options) {
  // Whatever clients may send, ranks must get their frames through: a frame, and the two tags around it.
  const auto frame = static_cast<uint32_t>(rank_frame_bytes_max + 16);
  builder.SetMaxReceiveMessageSize(static_cast<int>(std::max(options.message_bytes_max, options.ranks ? frame : 0U)));
  builder.SetResourceQuota(grpc::ResourceQuota("weft-peers").Resize(options.memory_bytes_max));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(options.calls_per_connection_max));
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 5'000);
}

} // namespace

struct peer_server::parts {
  peer_server_options options;
  peer_service service;
  settings_service settings{options.cluster_id, options.settings};
  report_service report{options.report};
  job_peer_service jobs{options.jobs};
  rank_service ranks{options.ranks, options.rank_patience};
  std::unique_ptr<grpc::Server> server; // goes first: it calls the service until then
};

peer_server::peer_server(const peer_server_options& options, ingress& entrance, std::shared_ptr<meter> meter)
    : parts_(new parts{.options = options,
                       .service = peer_service(
                           {.entrance = entrance,
                            .meter = std::move(meter),
                            .log = std::make_shared<const rpc_log>(options.log ? options.log : [](const rpc_end&) {}),
                            .load = options.load},
                           options.entries),
                       .server = nullptr}) {}

peer_server::~peer_server() {
  shutdown(std::chrono::milliseconds(0));
}

result<uint16_t> peer_server::start() {
  const auto& options = parts_->options;
  auto credentials = make_credentials(options.tls, options.listen, options.allow_plaintext);
  if (!credentials)
    return credentials.error();
  if (auto usable = probe_listen(options.listen); !usable)
    return usable.error();
  grpc::ServerBuilder builder;
  set_limits(builder, options);
  int port = 0;
  builder.AddListeningPort(options.listen, *credentials, &port);
  builder.RegisterService(&parts_->service);
  builder.RegisterService(&parts_->settings);
  builder.RegisterService(&parts_->report);
  builder.RegisterService(&parts_->jobs);
  builder.RegisterService(&parts_->ranks);
  if (options.model)
    builder.RegisterService(options.model.get());
  parts_->server = builder.BuildAndStart();
  if (!parts_->server || port == 0)
    return failure{errc::unavailable, "cannot listen on " + options.listen};
  return static_cast<uint16_t>(port);
}

void peer_server::shutdown(std::chrono::milliseconds grace) {
  if (!parts_->server)
    return;
  parts_->server->Shutdown(std::chrono::system_clock::now() + grace);
  parts_->server->Wait();
}

} // namespace weft
