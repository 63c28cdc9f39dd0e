#pragma once

#include "actors/actor_tree.hpp"
#include "node/grpc/server.hpp"
#include "tests/node/grpc/test_node.hpp"
#include "tests/support/fake_model.hpp"

namespace weft::test {

inline tree_options one_model_tree(const std::shared_ptr<fake_device>& device, std::shared_ptr<meter> counts) {
  tree_options out{.node_name = "n1", .version = "0.1.0", .meter = std::move(counts)};
  out.models.push_back({"m", model_load::kept,
                        [device]() -> result<model_ptr> { return model_ptr{std::make_shared<fake_model>(device)}; }});
  out.pools.push_back({.model = "m"});
  out.cache.enabled = false;
  return out;
}

/// The real gRPC surface in front of the real actors; only the model is a fake. Ready to serve when made.
struct whole_node {
  explicit whole_node(fake_device::mode how = fake_device::mode::threads, const call_limits& limits = {},
                      grpc_server_options options = on_any_port())
      : device(std::make_shared<fake_device>(how)), tree(with_limits(limits)),
        server(options, tree.entrance(), tree.view(), counts) {
    auto started = server.start();
    REQUIRE_MESSAGE(started, (started ? "" : started.error().message));
    port = *started;
    REQUIRE(eventually([&] { return tree.view()->snapshot()->state == node_state::serving; }));
    server.set_serving(true);
    channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
  }

  std::shared_ptr<fake_device> device;
  std::shared_ptr<counting_meter> counts = std::make_shared<counting_meter>();
  actor_tree tree;
  grpc_server server; // goes before the actors
  uint16_t port = 0;
  std::shared_ptr<grpc::Channel> channel;

private:
  tree_options with_limits(const call_limits& limits) const {
    auto out = one_model_tree(device, counts);
    out.limits = limits;
    return out;
  }
};

} // namespace weft::test
