#include "runtime/registry/model_registry.hpp"
#include "tests/support/fake_model.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{};

model_ptr some_model(std::string name) {
  return std::make_shared<fake_model>(std::make_shared<fake_device>(), std::move(name));
}

} // namespace

TEST_CASE("the first model is the default, and names are unique") {
  model_registry registry;
  CHECK(registry.find("") == nullptr);
  CHECK(registry.add("a", model_load::kept));
  CHECK(registry.add("b", model_load::lazy));
  CHECK_FALSE(registry.add("a", model_load::lazy));
  CHECK_FALSE(registry.add("", model_load::lazy));
  CHECK(registry.find("")->name == "a");
  CHECK(registry.find("b")->name == "b");
  CHECK(registry.find("c") == nullptr);
}

TEST_CASE("kept models are opened at start, once; lazy ones by the first call, once") {
  model_registry registry;
  registry.add("kept", model_load::kept);
  registry.add("lazy", model_load::lazy);
  CHECK(registry.start() == std::vector<std::string>{"kept"});
  CHECK(registry.start().empty());
  CHECK_FALSE(registry.wanted("kept", start));
  CHECK(registry.wanted("lazy", start));
  CHECK_FALSE(registry.wanted("lazy", start));
  CHECK_FALSE(registry.wanted("other", start));
  registry.opened("lazy", some_model("lazy"));
  CHECK_FALSE(registry.wanted("lazy", start));
  CHECK(registry.find("lazy")->state == model_state::ready);
}

TEST_CASE("a model that failed says why and is tried again after a while, not before") {
  model_registry registry;
  registry.add("a", model_load::kept);
  registry.start();
  registry.failed("a", "no such file", start);
  CHECK(registry.status().front().state == model_state::failed);
  CHECK(registry.status().front().problem == "no such file");
  CHECK_FALSE(registry.wanted("a", start + model_retry_wait - 1ms));
  CHECK(registry.wanted("a", start + model_retry_wait));
  registry.opened("a", some_model("a"));
  CHECK(registry.status().front().problem.empty());
}

TEST_CASE("a dropped model lets go of its weights, and the next call opens it anew") {
  model_registry registry;
  registry.add("a", model_load::kept);
  CHECK_FALSE(registry.drop("a"));
  registry.start();
  auto model = some_model("a");
  std::weak_ptr<const weft::model> seen = model;
  registry.opened("a", std::move(model));
  CHECK(registry.drop("a"));
  CHECK(seen.expired());
  CHECK(registry.status().front().state == model_state::unloaded);
  CHECK(registry.status().front().info.name == "a");
  CHECK(registry.wanted("a", start));
}

TEST_CASE("the start is settled when every kept model is ready or has failed") {
  model_registry registry;
  registry.add("a", model_load::kept);
  registry.add("b", model_load::kept);
  registry.add("c", model_load::lazy);
  CHECK_FALSE(registry.settled());
  registry.start();
  registry.opened("a", some_model("a"));
  CHECK_FALSE(registry.settled());
  registry.failed("b", "damaged", start);
  CHECK(registry.settled());
}
