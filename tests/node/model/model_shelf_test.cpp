#include "node/model/model_shelf.hpp"
#include "tests/node/model/model_folder.hpp"

#include <doctest/doctest.h>

#include <future>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

std::future<result<std::string>> read(model_shelf& shelf, const std::string& file, uint64_t offset) {
  const auto answer = std::make_shared<std::promise<result<std::string>>>();
  shelf.read(file, offset, [answer](result<std::string> piece) { answer->set_value(std::move(piece)); });
  return answer->get_future();
}

result<model_shelf::manifest_ptr> describe(model_shelf& shelf) {
  std::promise<result<model_shelf::manifest_ptr>> answer;
  shelf.describe([&answer](result<model_shelf::manifest_ptr> it) { answer.set_value(std::move(it)); });
  return answer.get_future().get();
}

bool is_open(std::future<result<std::string>>& answer) {
  return answer.wait_for(0s) != std::future_status::ready;
}

} // namespace

TEST_CASE("a whole model is described by the digests of its files and pieces, and read piece by piece") {
  const model_folder folder;
  const auto manifest = manifest_of(folder.path());
  const auto shelf = *model_shelf::whole(folder.files(), "m");
  const auto told = describe(*shelf);
  REQUIRE(told);
  CHECK(**told == manifest);
  for (const auto& place : places_of(manifest)) {
    const auto piece = read(*shelf, manifest.files[place.file].name, place.offset).get();
    REQUIRE(piece);
    CHECK(*piece == bytes_of(folder.path(), manifest, place));
  }
}

TEST_CASE("only places where a piece of the model begins can be read") {
  const model_folder folder;
  const auto shelf = *model_shelf::whole(folder.files(), "m");
  for (const auto& [file, offset] : {std::pair<const char*, uint64_t>{"config.json", model_piece_bytes},
                                     {"model.safetensors", 1},
                                     {"model.safetensors", 3 * uint64_t{model_piece_bytes}},
                                     {"model.safetensors", UINT64_MAX},
                                     {"../there/config.json", 0},
                                     {"/etc/passwd", 0},
                                     {"", 0}}) {
    CAPTURE(file);
    const auto piece = read(*shelf, file, offset).get();
    REQUIRE_FALSE(piece);
    CHECK(piece.error().code == errc::invalid_argument);
  }
}

TEST_CASE("files that were changed since the start are not described") {
  const model_folder folder;
  const auto shelf = *model_shelf::whole(folder.files(), "m");
  folder.write("config.json", "{\"seed\": 9}");
  const auto told = describe(*shelf);
  REQUIRE_FALSE(told);
  CHECK(told.error().code == errc::model_unusable);
}

TEST_CASE("a piece that has not come yet is waited for") {
  const model_folder folder;
  const auto shelf = *model_shelf::growing(folder.path(), manifest_of(folder.path()), {.patience = 60s});
  auto second = read(*shelf, "model.safetensors", model_piece_bytes);
  shelf->put(0);
  CHECK(read(*shelf, "model.safetensors", 0).get());
  CHECK(is_open(second));
  shelf->put(1);
  CHECK(second.get());
}

TEST_CASE("who waited in vain for a piece is told so") {
  const model_folder folder;
  const auto shelf = *model_shelf::growing(folder.path(), manifest_of(folder.path()), {.patience = 1ms});
  const auto piece = read(*shelf, "model.safetensors", 0).get();
  REQUIRE_FALSE(piece);
  CHECK(piece.error().code == errc::unavailable);
}

TEST_CASE("more questions than may wait are refused, with when to come back; a closed shelf answers all") {
  const model_folder folder;
  const auto shelf =
      *model_shelf::growing(folder.path(), manifest_of(folder.path()), {.waiting_max = 2, .patience = 60s});
  auto first = read(*shelf, "model.safetensors", 0);
  auto second = read(*shelf, "model.safetensors", 0);
  const auto third = read(*shelf, "model.safetensors", 0).get();
  REQUIRE_FALSE(third);
  CHECK(third.error().code == errc::overloaded);
  CHECK(third.error().retry_after);
  shelf->close();
  CHECK(first.get().error().code == errc::unavailable);
  CHECK(second.get().error().code == errc::unavailable);
  CHECK(read(*shelf, "config.json", 0).get().error().code == errc::unavailable);
}
