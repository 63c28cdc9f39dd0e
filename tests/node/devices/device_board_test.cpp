#include "node/devices/device_board.hpp"

#include <doctest/doctest.h>

#include <string>
#include <vector>

using namespace weft;

namespace {

std::vector<module_device> three_devices() {
  return {{.index = 2, .name = "a"}, {.index = 5, .name = "b"}, {.index = 7, .name = "c"}};
}

} // namespace

TEST_CASE("engines are spread over the devices: the one with the fewest is next, the first of several") {
  device_board board{three_devices()};
  CHECK(board.take()->index == 2);
  CHECK(board.take()->index == 5);
  CHECK(board.take()->index == 7);
  CHECK(board.take()->index == 2);
  board.release(5);
  CHECK(board.take()->index == 5);
  CHECK(board.devices().at(0).engines == 2);
}

TEST_CASE("a device that is fenced is not given to anybody any more, and is told of once") {
  std::vector<std::string> told;
  device_board board{three_devices(), [&](const device_status& it) { told.push_back(it.device.name + it.problem); }};
  CHECK(board.take()->index == 2);
  board.fence(2, " burnt");
  board.fence(2, " burnt again");
  CHECK(told == std::vector<std::string>{"a burnt"});
  CHECK(board.usable() == 2);
  CHECK(board.take()->index == 5);
  CHECK(board.take()->index == 7);
  CHECK(board.take()->index == 5);
  board.release(2); // its engine goes later
  const auto devices = board.devices();
  CHECK_FALSE(devices.at(0).usable);
  CHECK(devices.at(0).problem == " burnt");
  CHECK(devices.at(0).engines == 0);
  CHECK(devices.at(1).usable);
}

TEST_CASE("ranks of corpora are on the first device, as long as that computes") {
  device_board board{three_devices()};
  board.fence(5, "lost");
  CHECK(board.first_usable());
  board.fence(2, "lost");
  CHECK_FALSE(board.first_usable());
}

TEST_CASE("with all devices fenced there is none to take") {
  device_board board{three_devices()};
  for (const uint32_t index : {2u, 5u, 7u})
    board.fence(index, "lost");
  CHECK(board.usable() == 0);
  CHECK_FALSE(board.take());
  CHECK(device_board{{}}.usable() == 0);
}
