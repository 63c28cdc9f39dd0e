#include "node/grpc/node_service.hpp"

#include "node/grpc/convert.hpp"
#include "node/grpc/rpc_call.hpp"

#include <fstream>
#include <unistd.h>

namespace weft {
namespace {

/// What the process holds in memory now, 0 where the system does not say.
uint64_t resident_bytes() {
  std::ifstream in("/proc/self/statm");
  uint64_t all = 0, resident = 0;
  in >> all >> resident;
  return resident * static_cast<uint64_t>(::sysconf(_SC_PAGESIZE));
}

} // namespace

node_service::node_service(std::shared_ptr<edge> edge, const node_identity& identity, std::function<void()> drain)
    : edge_(std::move(edge)), drain_(std::move(drain)), identity_(std::make_shared<const node_identity>(identity)) {}

void node_service::set_identity(const node_identity& identity) {
  identity_.set(std::make_shared<const node_identity>(identity));
  replies_.set(std::make_shared<const replies>());
}

grpc::ServerUnaryReactor* node_service::GetNode(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer*,
                                                grpc::ByteBuffer* out) {
  return answer_at_once(*edge_, "get_node", role::operator_, *rpc, *out,
                        [this]() -> result<grpc::ByteBuffer> { return current()->get_node; });
}

grpc::ServerUnaryReactor* node_service::ListNodes(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer*,
                                                  grpc::ByteBuffer* out) {
  return answer_at_once(*edge_, "list_nodes", role::operator_, *rpc, *out,
                        [this]() -> result<grpc::ByteBuffer> { return current()->list_nodes; });
}

grpc::ServerUnaryReactor* node_service::DrainNode(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer*,
                                                  grpc::ByteBuffer* out) {
  return answer_at_once(*edge_, "drain_node", role::operator_, *rpc, *out, [this]() -> result<grpc::ByteBuffer> {
    if (!drain_)
      return failure{errc::unavailable, "this node cannot be drained"};
    drain_();
    return write_drain_node_reply(*edge_->view->snapshot());
  });
}

std::shared_ptr<const node_service::replies> node_service::current() {
  auto known = replies_.get();
  auto snapshot = edge_->view->snapshot();
  if (known->of == snapshot)
    return known;
  const auto identity = identity_.get();
  const uint64_t memory = resident_bytes();
  auto made =
      std::make_shared<const replies>(replies{.of = snapshot,
                                              .get_node = write_get_node_reply(*snapshot, *identity, memory),
                                              .list_nodes = write_list_nodes_reply(*snapshot, *identity, memory)});
  replies_.set(made);
  return made;
}

} // namespace weft
