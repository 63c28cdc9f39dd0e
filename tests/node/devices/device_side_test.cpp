#include "node/device_side.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>
#include <prometheus/registry.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <string>

using namespace weft;
using namespace weft::test;

namespace {

/// What a node does about devices at its start, and what it says of them.
struct device_start {
  device_start() {
    auto opened = node_log::open({.file = (folder.path() / "log").string()});
    REQUIRE(opened);
    log = *opened;
  }
  device_use open() { return open_devices(config, folder.path(), log, meter); }
  /// Everything so far; nothing is written after it.
  std::string lines() {
    log->close();
    std::ifstream in{folder.path() / "log"};
    return {std::istreambuf_iterator<char>{in}, {}};
  }
  double usable(const std::string& device) const {
    for (const auto& family : registry->Collect())
      if (family.name == "weft_device_usable")
        for (const auto& series : family.metric)
          if (series.label.at(0).value == device)
            return series.gauge.value;
    return -1;
  }

  temporary_directory folder;
  node_config config;
  std::shared_ptr<node_log> log;
  std::shared_ptr<prometheus::Registry> registry = std::make_shared<prometheus::Registry>();
  std::shared_ptr<node_meter> meter = std::make_shared<node_meter>(registry);
};

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

size_t count(const std::string& text, const std::string& part) {
  size_t out = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++out;
  return out;
}

} // namespace

TEST_CASE("the devices that serve are one line of the log, and a loss is one more") {
  device_start at;
  at.config.devices.module = WEFT_FAKE_MODULE_FILE;
  at.config.devices.memory_bytes_max = 123;
  const auto use = at.open();
  REQUIRE(use.module != nullptr);
  CHECK(use.memory_bytes_max == 123);
  CHECK(use.plan_file.parent_path() == at.folder.path());
  CHECK(at.usable("cuda:0") == 1);
  CHECK(at.usable("cuda:1") == 1);
  use.board->fence(1, "an illegal address");
  use.board->fence(1, "an illegal address");
  CHECK(at.usable("cuda:0") == 1);
  CHECK(at.usable("cuda:1") == 0);
  const auto lines = at.lines();
  CAPTURE(lines);
  CHECK(count(lines, "devices serve") == 1);
  CHECK(has(lines, "cuda:0 Fake 0 1024 MiB, cuda:1 Fake 1 1024 MiB"));
  CHECK(has(lines, "fp16"));
  CHECK(count(lines, " is lost") == 1);
  CHECK(has(lines, "cuda:1 is lost"));
  CHECK(has(lines, "an illegal address"));
}

TEST_CASE("without devices the CPU serves, and one line says why") {
  for (const auto& [module, precision, why] : {std::tuple{"off", precision::automatic, "devices.module is"},
                                               {WEFT_FAKE_MODULE_FILE, precision::int16, "a class of CPUs alone"},
                                               {WEFT_OTHER_BUILD_FILE, precision::automatic, "another build"},
                                               {"/no/such/module.so", precision::automatic, "/no/such/module.so"}}) {
    CAPTURE(module);
    device_start at;
    at.config.devices.module = module;
    at.config.model.precision = precision;
    CHECK(at.open().module == nullptr);
    const auto lines = at.lines();
    CAPTURE(lines);
    CHECK(count(lines, "\n") == 1);
    CHECK(has(lines, "the CPU serves"));
    CHECK(has(lines, why));
  }
}
