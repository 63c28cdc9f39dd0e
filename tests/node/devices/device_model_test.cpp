#include "tests/node/devices/loaded_devices.hpp"
#include "tests/support/fake_model.hpp"

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <utility>

using namespace weft;
using namespace weft::test;

namespace {

struct device_fixture : loaded_devices {
  model_ptr make(bool cpu_serves) {
    return make_device_model({.on_cpu = std::make_shared<fake_model>(cpu),
                              .cpu_serves = cpu_serves,
                              .precision = numeric_class::bf16,
                              .directory = directory},
                             use);
  }

  std::shared_ptr<fake_device> cpu = std::make_shared<fake_device>();
  std::filesystem::path directory = "folder";
};

engine_reply run(engine& on, const weft::model& of, std::string_view text) {
  const auto tokens = of.tokenize(text, {});
  std::promise<engine_reply> promise;
  on.run(embed_batch{tokens->ids, {0, static_cast<uint32_t>(tokens->ids.size())}, {1}},
         [&](engine_reply reply) { promise.set_value(std::move(reply)); });
  return promise.get_future().get();
}

} // namespace

TEST_CASE("which class devices compute in: auto is fp16, and int16 is the CPUs' alone") {
  CHECK(class_on_devices(precision::automatic) == numeric_class::fp16);
  CHECK(class_on_devices(precision::fp16) == numeric_class::fp16);
  CHECK(class_on_devices(precision::bf16) == numeric_class::bf16);
  CHECK(class_on_devices(precision::fp32) == numeric_class::fp32);
  CHECK_FALSE(class_on_devices(precision::int16));
}

TEST_CASE("a model on devices has the devices' class and the CPU's tokenizer, and one engine a device") {
  device_fixture at;
  const auto model = at.make(false);
  CHECK(model->info().precision == numeric_class::bf16);
  CHECK(model->info().name == "m");
  CHECK(model->count_tokens("two words") == 2);
  CHECK(model->devices() == 2u);
  auto first = model->make_engine({.index = 4});
  auto second = model->make_engine({.index = 9});
  REQUIRE(first);
  REQUIRE(second);
  CHECK((*first)->info().device == "fake:0");
  CHECK((*second)->info().device == "fake:1");
  const auto made = at.fake->made();
  REQUIRE(made.size() == 2);
  CHECK(made[1].device == 1);
  CHECK(made[1].precision == numeric_class::bf16);
  CHECK(made[1].model_directory == "folder");
  CHECK(made[1].memory_bytes_max == 1 << 20);
  CHECK(made[1].plan_file == "plans");
  REQUIRE(run(**second, *model, "text").output);
  first = failure{};
  CHECK(at.use.board->devices()[0].engines == 0);
  CHECK(at.use.board->devices()[1].engines == 1);
}

TEST_CASE("a device that is lost is fenced before its worker hears of it, and gets no engine again") {
  device_fixture at;
  const auto model = at.make(false);
  auto first = model->make_engine({});
  REQUIRE(first);
  at.device(0).devices_to_lose = 1;
  CHECK(run(**first, *model, "text").device_lost);
  CHECK(model->devices() == 1u);
  REQUIRE(at.lost().size() == 1);
  CHECK(at.lost()[0].device.index == 0);
  CHECK(at.lost()[0].problem == "the device is lost");
  first = failure{};
  auto next = model->make_engine({});
  REQUIRE(next);
  CHECK((*next)->info().device == "fake:1");
}

TEST_CASE("a device on which no engine can be made is fenced; files that cannot be read are no device's fault") {
  device_fixture at;
  at.fake->break_device(0);
  const auto model = at.make(false);
  const auto failed = model->make_engine({});
  REQUIRE_FALSE(failed);
  CHECK(failed.error().code == errc::engine_failed);
  CHECK(model->devices() == 1u);
  CHECK(at.lost().at(0).problem == "cuda:0 does not answer");
  at.directory = "no model";
  const auto no_files = at.make(false)->make_engine({});
  REQUIRE_FALSE(no_files);
  CHECK(no_files.error().code == errc::model_unusable);
  CHECK(at.use.board->usable() == 1);
  CHECK(at.use.board->devices()[1].engines == 0);
}

TEST_CASE("without devices CPUs serve where they compute in the class, else the model has nothing to run on") {
  device_fixture at;
  const auto replaced = at.make(true);
  const auto ended = at.make(false);
  for (const uint32_t index : {0u, 1u})
    at.use.board->fence(index, "lost");
  CHECK_FALSE(replaced->devices());
  CHECK(ended->devices() == 0u);
  auto on_cpu = replaced->make_engine({.index = 3});
  REQUIRE(on_cpu);
  REQUIRE(run(**on_cpu, *replaced, "text").output);
  CHECK(at.cpu->engines_made == 1);
  const auto none = ended->make_engine({});
  REQUIRE_FALSE(none);
  CHECK(none.error().code == errc::engine_failed);
  CHECK(none.error().message.find("bf16") != std::string::npos);
}
