#include "runtime/compute/cpu/encoder.hpp"
#include "tests/node/devices/loaded_devices.hpp"
#include "tests/support/model_directory.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace weft::test;

namespace {

model_ptr open(precision wanted, const device_use& use) {
  const auto opened = open_device_model(
      {.directory = model_directory(), .name = "m", .version = "0123456789ab", .precision = wanted}, use);
  REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().message));
  return *opened;
}

} // namespace

TEST_CASE("a model is opened on devices in the class that is asked for, and on CPUs where they have not that class") {
  loaded_devices loaded;
  for (const auto& [wanted, want] : {std::pair{precision::automatic, numeric_class::fp16},
                                     {precision::fp16, numeric_class::fp16},
                                     {precision::bf16, numeric_class::bf16},
                                     {precision::fp32, numeric_class::fp32}}) {
    const auto model = open(wanted, loaded.use);
    CHECK(model->info().precision == want);
    CHECK(model->info().dimensions == 384);
    CHECK(model->devices() == 2u);
    CHECK(model->count_tokens("hello world") == 2);
  }
  if (cpu_supports(numeric_class::int16))
    CHECK_FALSE(open(precision::int16, loaded.use)->devices());
  CHECK_FALSE(open(precision::automatic, {})->devices());
}

TEST_CASE("once its devices are lost a model in fp32 goes on on CPUs; one in fp16 is another when opened anew") {
  loaded_devices loaded;
  const auto exact = open(precision::fp32, loaded.use);
  const auto fast = open(precision::automatic, loaded.use);
  for (const uint32_t index : {0u, 1u})
    loaded.use.board->fence(index, "lost");
  CHECK_FALSE(exact->devices());
  const auto engine = exact->make_engine({});
  REQUIRE(engine);
  CHECK((*engine)->info().precision == numeric_class::fp32);
  CHECK((*engine)->info().device == "cpu:0");
  CHECK(fast->devices() == 0u);
  CHECK_FALSE(fast->make_engine({}));
  const auto anew = open(precision::automatic, loaded.use);
  CHECK_FALSE(anew->devices());
  CHECK(anew->info().precision != numeric_class::fp16);
  const auto refused = open_device_model(
      {.directory = model_directory(), .name = "m", .version = "0123456789ab", .precision = precision::fp16},
      loaded.use);
  REQUIRE_FALSE(refused);
  CHECK(refused.error().code == errc::model_unusable);
  CHECK(refused.error().message.find("fp16") != std::string::npos);
}
