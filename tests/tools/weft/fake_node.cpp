#include "tests/tools/weft/fake_node.hpp"

#include "google/rpc/status.pb.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server_builder.h>

#include <algorithm>

namespace weft::test {

grpc::Status refusal(grpc::StatusCode code, const std::string& reason, const std::string& message) {
  google::rpc::ErrorInfo info;
  info.set_reason(reason);
  info.set_domain("weft");
  google::rpc::Status details;
  details.set_code(code);
  details.set_message(message);
  details.add_details()->PackFrom(info);
  return {code, message, details.SerializeAsString()};
}

fake_node::fake_node(fake_node_options options) : options_(std::move(options)) {
  int port = 0;
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(static_cast<v1::EmbedService::Service*>(this));
  builder.RegisterService(static_cast<v1::NodeService::Service*>(this));
  server_ = builder.BuildAndStart();
  server_->GetHealthCheckService()->SetServingStatus(options_.state == v1::NODE_STATE_SERVING);
  endpoint_ = "127.0.0.1:" + std::to_string(port);
}

fake_node::~fake_node() {
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

std::vector<float> fake_node::fake_vector(const std::string& text) {
  // The letters' counts in four groups: texts with the same letters are the same, others are not.
  std::vector<float> v(4, 0.0F);
  for (const char c : text)
    v[static_cast<uint8_t>(c) % 4] += 1;
  return v;
}

std::vector<std::string> fake_node::texts() const {
  const std::lock_guard lock{mutex_};
  return texts_;
}

v1::EmbedStreamRequest fake_node::first_message() const {
  const std::lock_guard lock{mutex_};
  return first_message_;
}

void fake_node::become(v1::NodeState state, const std::string& reason) {
  const std::lock_guard lock{mutex_};
  options_.state = state;
  options_.reason = reason;
}

grpc::Status fake_node::enter(grpc::ServerContext* context) {
  ++calls_;
  context->AddInitialMetadata("x-request-id", "req-7");
  const auto& metadata = context->client_metadata();
  const auto key = metadata.find("authorization");
  if (!options_.api_key.empty() && (key == metadata.end() || key->second != "Bearer " + options_.api_key))
    return refusal(grpc::StatusCode::UNAUTHENTICATED, "UNAUTHENTICATED", "no valid API key");
  const std::lock_guard lock{mutex_};
  if (!options_.refuse || options_.refusals == 0)
    return grpc::Status::OK;
  options_.refusals -= options_.refusals > 0 ? 1 : 0;
  if (!options_.pushback.empty())
    context->AddTrailingMetadata("grpc-retry-pushback-ms", options_.pushback);
  return *options_.refuse;
}

v1::EmbedStreamResponse fake_node::answer(const std::string& text, uint64_t index) const {
  v1::EmbedStreamResponse response;
  response.set_index(index);
  if (text == "FAIL") {
    response.mutable_error()->set_code(grpc::StatusCode::INVALID_ARGUMENT);
    response.mutable_error()->set_reason("TEXT_TOO_LONG");
    response.mutable_error()->set_message("the text has 300 tokens");
  } else {
    auto& embedding = *response.mutable_embedding();
    const auto vector = fake_vector(text);
    if (first_message_.options().encoding() <= v1::VECTOR_ENCODING_FLOAT32) {
      embedding.mutable_values()->Assign(vector.begin(), vector.end());
    } else {
      for (const float x : vector)
        embedding.mutable_packed()->push_back(static_cast<char>(x));
      embedding.set_scale(first_message_.options().encoding() == v1::VECTOR_ENCODING_INT8 ? 0.5F : 0);
    }
    embedding.set_tokens(2 + (text.empty() ? 0 : 1 + static_cast<uint32_t>(std::count(text.begin(), text.end(), ' '))));
    embedding.set_truncated(text == "LONG");
    embedding.set_source(v1::SOURCE_COMPUTED);
  }
  if (index == 0) {
    auto& info = *response.mutable_info();
    info.set_model("fake");
    info.set_model_version(options_.model_version);
    info.set_precision(options_.precision);
    info.set_dimensions(4);
  }
  return response;
}

grpc::Status fake_node::EmbedStream(grpc::ServerContext* context,
                                    grpc::ServerReaderWriter<v1::EmbedStreamResponse, v1::EmbedStreamRequest>* stream) {
  if (auto status = enter(context); !status.ok())
    return status;
  v1::EmbedStreamRequest request;
  uint64_t index = 0;
  for (bool first = true; stream->Read(&request); first = false) {
    const std::lock_guard lock{mutex_};
    if (first)
      first_message_ = request;
    for (const auto& text : request.texts()) {
      if (options_.lost_after && index == *options_.lost_after)
        return {grpc::StatusCode::UNAVAILABLE, "Socket closed"};
      texts_.push_back(text);
      if (!options_.silent)
        stream->Write(answer(text, index++));
    }
  }
  // gRPC's synchronous API tells of a cancellation only to those who look.
  std::unique_lock lock{mutex_};
  while (options_.silent && !context->IsCancelled())
    never_.wait_for(lock, std::chrono::milliseconds{5});
  return grpc::Status::OK;
}

void fake_node::fill(v1::Node& node) const {
  const std::lock_guard lock{mutex_};
  node.set_name(options_.name);
  node.set_version("0.1.0");
  node.set_state(options_.state);
  node.set_reason(options_.reason);
  node.set_endpoint(endpoint_);
  node.set_region("local");
  node.set_zone("a");
  node.set_uptime_seconds(3725);
  node.mutable_load()->set_calls_in_flight(3);
  node.mutable_load()->set_calls_done(10 * calls_);
  node.mutable_load()->set_memory_bytes(123456789);
  auto& model = *node.add_models();
  model.set_name("fake");
  model.set_version(options_.model_version);
  model.set_precision("fp32");
  model.set_dimensions(4);
  model.set_tokens_max(256);
  model.set_state("ready");
  auto& pool = *node.add_pools();
  pool.set_name("cpu");
  pool.set_model("fake");
  pool.set_workers(2);
  pool.set_workers_min(1);
  pool.set_workers_max(4);
  pool.set_workers_busy(1);
  pool.set_queued_items(42);
  pool.set_items_done(100 * calls_);
  pool.set_tokens_done(1000 * calls_);
  pool.set_utilization(0.5);
  auto& engine = *pool.add_engines();
  engine.set_device("cuda:0");
  engine.set_kind("gpu");
  engine.set_name("NVIDIA H200");
  engine.set_precision("fp32");
  engine.set_tokens_per_second(1'234'567);
  engine.set_batch_seconds(0.0025);
  auto& device = *node.add_devices();
  device.set_device("cuda:0");
  device.set_name("NVIDIA H200");
  device.set_memory_bytes(150'000'000'000);
  device.set_usable(true);
  device.set_engines(1);
  device.set_utilization(0.875);
  device.set_temperature_celsius(61);
}

grpc::Status fake_node::GetNode(grpc::ServerContext* context, const v1::GetNodeRequest*,
                                v1::GetNodeResponse* response) {
  const auto status = enter(context);
  fill(*response->mutable_node());
  return status;
}

grpc::Status fake_node::ListNodes(grpc::ServerContext* context, const v1::ListNodesRequest*,
                                  v1::ListNodesResponse* response) {
  const auto status = enter(context);
  fill(*response->add_nodes());
  const std::lock_guard lock{mutex_};
  for (const auto& entry : others_)
    *response->add_nodes() = entry.second;
  return status;
}

grpc::Status fake_node::DrainNode(grpc::ServerContext* context, const v1::DrainNodeRequest*,
                                  v1::DrainNodeResponse* response) {
  const auto status = enter(context);
  response->set_name(options_.name);
  if (status.ok() && options_.on_drain)
    options_.on_drain();
  return status;
}

void fake_node::know(const v1::Node& other) {
  const std::lock_guard lock{mutex_};
  others_[other.id()] = other;
}

} // namespace weft::test
