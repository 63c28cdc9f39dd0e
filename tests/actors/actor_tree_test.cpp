#include "actors/actor_tree.hpp"
#include "tests/support/fake_model.hpp"
#include "tests/support/recording_call.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace weft::test;

namespace {

tree_options options_for(const std::shared_ptr<fake_device>& device) {
  tree_options options{.node_name = "n1", .version = "0.1.0"};
  options.models.push_back({"m", model_load::kept, [device]() -> result<model_ptr> {
                              return model_ptr{std::make_shared<fake_model>(device)};
                            }});
  options.pools.push_back({.model = "m"});
  return options;
}

} // namespace

TEST_CASE("a call comes back with one vector a text, in the order of its texts") {
  auto device = std::make_shared<fake_device>(fake_device::mode::threads);
  actor_tree tree{options_for(device)};
  auto [call, outcome] = make_call({"hello", "", "actors"});
  tree.entrance().submit(std::move(call));
  outcome->wait();
  REQUIRE(outcome->code() == errc::none);
  auto reply = outcome->reply();
  fake_model same{device};
  REQUIRE(reply.items.size() == 3);
  CHECK(reply.items[0].values == same.vector("hello"));
  CHECK(reply.items[1].values == same.vector(""));
  CHECK(reply.items[2].values == same.vector("actors"));
  CHECK(reply.items[2].tokens == 8);
  CHECK(reply.model == "m");
  CHECK(reply.model_version == "0123456789ab");
  CHECK(reply.usage.tokens == 7 + 2 + 8);
  CHECK(reply.usage.device_seconds > 0);
}
