#include "node/grpc/server.hpp"

#include "grpc/health/v1/health.pb.h"
#include "node/grpc/admin_service.hpp"
#include "node/grpc/compress_service.hpp"
#include "node/grpc/edge.hpp"
#include "node/grpc/embed_service.hpp"
#include "node/grpc/job_service.hpp"
#include "node/grpc/listen_probe.hpp"
#include "node/grpc/node_service.hpp"
#include "node/grpc/tei_service.hpp"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

namespace weft {
namespace {

/// The services that health answers for by name.
const std::vector<std::string>& service_names() {
  static const std::vector<std::string> names{
      v1::EmbedService::service_full_name(), v1::CompressService::service_full_name(),
      v1::JobService::service_full_name(),   v1::NodeService::service_full_name(),
      v1::AdminService::service_full_name(), tei::v1::Info::service_full_name(),
      tei::v1::Embed::service_full_name()};
  return names;
}

/// gRPC's switches for these are global and hold for every server built afterwards.
void set_extensions(bool reflection) {
  grpc::EnableDefaultHealthCheckService(true);
  if (!reflection)
    return;
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  // gRPC's health service has no descriptor of its own; naming one links it, so that reflection can show the service.
  WEFT_ASSERT(grpc::health::v1::HealthCheckRequest::descriptor() != nullptr);
}

void set_limits(grpc::ServerBuilder& builder, const grpc_server_options& options) {
  builder.SetMaxReceiveMessageSize(static_cast<int>(options.message_bytes_max));
  builder.SetResourceQuota(grpc::ResourceQuota("weft").Resize(options.memory_bytes_max));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, static_cast<int>(options.calls_per_connection_max));
  // Two nodes on one port would each get half of the connections; the second must fail.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, static_cast<int>(options.keepalive_time.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, static_cast<int>(options.keepalive_timeout.count()));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
}

/// The listen address with the port that was given to it.
std::string bound_address(const std::string& address, int port) {
  if (address.starts_with("unix:"))
    return address;
  return address.substr(0, address.rfind(':') + 1) + std::to_string(port);
}

rpc_log_ptr make_log(const rpc_log& log) {
  return std::make_shared<const rpc_log>(log ? log : [](const rpc_end&) {});
}

} // namespace

struct grpc_server::parts {
  grpc_server_options options;
  std::shared_ptr<weft::edge> edge;
  embed_service embed{edge, options.stream};
  compress_service compress{edge, options.documents, options.compress_items_max};
  job_service jobs{edge, options.jobs};
  node_service node{edge, options.identity, {options.look, options.reports, options.drain}};
  admin_service admin{edge, {options.settings, options.cached, options.backups, options.compress_table}};
  tei_info_service tei_info{edge, options.tei};
  tei_embed_service tei_embed{edge, options.stream};
  std::unique_ptr<grpc::Server> server; // goes first: it calls the services until then
};

grpc_server::grpc_server(const grpc_server_options& options, ingress& entrance, std::shared_ptr<const node_view> view,
                         std::shared_ptr<meter> meter)
    : parts_(new parts{
          .options = options,
          .edge =
              std::shared_ptr<edge>(new edge{.entrance = entrance,
                                             .view = std::move(view),
                                             .meter = std::move(meter),
                                             .log = make_log(options.log),
                                             .streams = stream_registry(options.streams_max),
                                             .share = stream_share(options.share),
                                             .replies = std::make_shared<byte_budget>(options.reply_bytes_max),
                                             .submissions = std::make_shared<byte_budget>(options.submission_bytes_max),
                                             .current = options.current}),
      }) {}

grpc_server::~grpc_server() {
  shutdown(std::chrono::milliseconds(0));
}

result<uint16_t> grpc_server::start() {
  const auto& options = parts_->options;
  if (auto keys = set_api_keys(options.api_keys); !keys)
    return keys.error();
  if (options.listen.empty())
    return failure{errc::invalid_argument, "no listen address is given"};
  if (options.memory_bytes_max == 0) // gRPC would take it for a quota that nothing fits in
    return failure{errc::invalid_argument, "memory_bytes_max is 0: no message could be received"};
  set_extensions(options.reflection);
  grpc::ServerBuilder builder;
  set_limits(builder, options);
  std::vector<int> ports(options.listen.size(), 0); // filled in by BuildAndStart()
  for (size_t i = 0; i < ports.size(); ++i) {
    auto credentials = make_credentials(options.tls, options.listen[i], options.allow_plaintext);
    if (!credentials)
      return credentials.error();
    if (auto usable = probe_listen(options.listen[i]); !usable)
      return usable.error();
    builder.AddListeningPort(options.listen[i], *credentials, &ports[i]);
  }
  for (grpc::Service* service :
       std::initializer_list<grpc::Service*>{&parts_->embed, &parts_->compress, &parts_->jobs, &parts_->node,
                                             &parts_->admin, &parts_->tei_info, &parts_->tei_embed})
    builder.RegisterService(service);
  parts_->server = builder.BuildAndStart();
  for (size_t i = 0; i < ports.size(); ++i)
    if (!parts_->server || ports[i] == 0)
      return failure{errc::unavailable, "cannot listen on " + options.listen[i]};
  set_serving(false);
  if (options.identity.endpoint.empty())
    parts_->node.set_identity(
        {bound_address(options.listen.front(), ports.front()), options.identity.region, options.identity.zone});
  return static_cast<uint16_t>(ports.front());
}

void grpc_server::set_serving(bool serving) {
  if (!parts_->server)
    return;
  auto* health = parts_->server->GetHealthCheckService();
  health->SetServingStatus(serving); // "" and all names known so far
  for (const auto& name : service_names())
    health->SetServingStatus(name, serving);
}

status grpc_server::set_api_keys(const std::vector<api_key>& keys) {
  auto ring = key_ring::make(keys);
  if (!ring)
    return ring.error();
  parts_->edge->keys.set(*std::move(ring));
  return ok;
}

uint64_t grpc_server::streams_stopped() const noexcept {
  return parts_->edge->share.stopped;
}

void grpc_server::drain(std::function<void()> streams_ended) {
  parts_->edge->draining = true;
  parts_->edge->streams.drain(std::move(streams_ended));
}

void grpc_server::shutdown(std::chrono::milliseconds grace) {
  if (!parts_->server)
    return;
  drain({}); // else open streams would use up the grace
  parts_->server->Shutdown(std::chrono::system_clock::now() + grace);
  parts_->server->Wait();
}

} // namespace weft
