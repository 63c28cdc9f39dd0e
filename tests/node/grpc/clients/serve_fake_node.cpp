// A node with the real gRPC surface and actors and a fake model, for clients in other languages: prints its port on one
// line and serves until its input ends.
#include "actors/actor_tree.hpp"
#include "node/grpc/server.hpp"
#include "tests/support/fake_model.hpp"

#include <iostream>
#include <thread>

int main() {
  const auto device = std::make_shared<weft::test::fake_device>(weft::test::fake_device::mode::threads);
  weft::tree_options tree_options{.node_name = "n1", .version = "0.1.0", .meter = std::make_shared<weft::null_meter>()};
  tree_options.models.push_back({"m", weft::model_load::kept, [device]() -> weft::result<weft::model_ptr> {
                                   return weft::model_ptr{std::make_shared<weft::test::fake_model>(device)};
                                 }});
  tree_options.pools.push_back({.model = "m"});
  tree_options.cache.enabled = false;
  weft::actor_tree tree{std::move(tree_options)};
  weft::grpc_server_options options;
  options.listen = {"127.0.0.1:0"};
  options.tei = {
      .concurrent_requests_max = 8'192, .batch_tokens_max = 16'384, .call_items_max = 1'024, .tokenizers = 1};
  weft::grpc_server server(options, tree.entrance(), tree.view(), std::make_shared<weft::null_meter>());
  const auto port = server.start();
  if (!port) {
    std::cerr << port.error().message << '\n';
    return 1;
  }
  const auto ready = [&] {
    const auto node = tree.view()->snapshot();
    return node->state == weft::node_state::serving && node->models.front().state == weft::model_state::ready;
  };
  while (!ready())
    std::this_thread::yield();
  server.set_serving(true);
  std::cout << *port << std::endl;
  for (std::string line; std::getline(std::cin, line);)
    ;
  server.shutdown(std::chrono::seconds(10));
}
