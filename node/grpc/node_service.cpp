#include "node/grpc/node_service.hpp"

#include "node/grpc/convert.hpp"
#include "node/grpc/rpc_call.hpp"

namespace weft {

node_service::node_service(std::shared_ptr<edge> edge, const node_identity& identity, hooks given)
    : edge_(std::move(edge)), hooks_(std::move(given)), identity_(std::make_shared<const node_identity>(identity)) {}

void node_service::set_identity(const node_identity& identity) {
  identity_.set(std::make_shared<const node_identity>(identity));
  replies_.set(std::make_shared<const replies>());
}

grpc::ServerUnaryReactor* node_service::GetNode(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer*,
                                                grpc::ByteBuffer* out) {
  return answer_at_once(*edge_, "get_node", role::operator_, *rpc, *out,
                        [this]() -> result<grpc::ByteBuffer> { return current()->get_node; });
}

grpc::ServerUnaryReactor* node_service::ListNodes(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                                  grpc::ByteBuffer* out) {
  // A client that goes away saves nothing: the others were asked, and what they say serves the next one.
  auto* reactor = rpc->DefaultReactor();
  const auto answer = std::make_shared<later_answer>(unary_answer(*rpc, *reactor, *out, *edge_, "list_nodes"));
  if (auto entered = enter(*edge_, *rpc, role::operator_, answer->caller); !entered)
    answer->finish.fail(entered.error(), answer->caller);
  else if (const auto reports = read_list_nodes_request(*in); !reports)
    answer->finish.fail(reports.error(), answer->caller);
  else if (!*reports || !hooks_.reports)
    answer->finish.send(current()->list_nodes, answer->caller);
  else
    hooks_.reports([this, answer](const node_reports& others) {
      answer->finish.send(write_list_nodes_reply(*edge_->view->snapshot(), *identity_.get(), hooks_.look(), *others),
                          answer->caller);
    });
  return reactor;
}

grpc::ServerUnaryReactor* node_service::DrainNode(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer*,
                                                  grpc::ByteBuffer* out) {
  return answer_at_once(*edge_, "drain_node", role::operator_, *rpc, *out, [this]() -> result<grpc::ByteBuffer> {
    if (!hooks_.drain)
      return failure{errc::unavailable, "this node cannot be drained"};
    hooks_.drain();
    return write_drain_node_reply(*edge_->view->snapshot());
  });
}

std::shared_ptr<const node_service::replies> node_service::current() {
  auto known = replies_.get();
  auto snapshot = edge_->view->snapshot();
  if (known->of == snapshot)
    return known;
  const auto identity = identity_.get();
  const auto facts = hooks_.look();
  auto made =
      std::make_shared<const replies>(replies{.of = snapshot,
                                              .get_node = write_get_node_reply(*snapshot, *identity, facts),
                                              .list_nodes = write_list_nodes_reply(*snapshot, *identity, facts, {})});
  replies_.set(made);
  return made;
}

} // namespace weft
