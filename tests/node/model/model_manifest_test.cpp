#include "node/model/model_manifest.hpp"
#include "tests/node/model/model_folder.hpp"

#include <doctest/doctest.h>

#include <functional>

using namespace weft;
using namespace weft::test;

TEST_CASE("pieces are numbered through all files, and the last one of a file may be shorter") {
  const model_folder folder;
  const auto manifest = manifest_of(folder.path());
  REQUIRE(check_manifest(manifest, "m"));
  const auto places = places_of(manifest);
  REQUIRE(places.size() == 5);
  CHECK(places[2].file == 0);
  CHECK(places[2].offset == 2 * model_piece_bytes);
  CHECK(places[2].bytes == model_piece_bytes / 2);
  CHECK(places[2].file_end == 3);
  CHECK(places[4].file == 2);
  CHECK(places[4].file_end == 5);
  uint64_t sum = 0;
  for (const auto& place : places) {
    CHECK(sha256_of_text(bytes_of(folder.path(), manifest, place)) == digest_of(manifest, place));
    sum += place.bytes;
  }
  CHECK(sum == bytes_of(manifest));
}

TEST_CASE("a manifest is refused that is not one, with the reason") {
  const model_folder folder;
  const auto good = manifest_of(folder.path());
  const auto refused = [&](const char* why, const std::function<void(model_manifest&)>& change) {
    auto bad = good;
    change(bad);
    const auto checked = check_manifest(bad, "m");
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == errc::model_unusable);
    CHECK_MESSAGE(checked.error().message.find(why) != std::string::npos, checked.error().message);
  };
  refused("another model", [](auto& it) { it.model = "x"; });
  refused("no file vocab.txt", [](auto& it) { it.files.pop_back(); });
  refused("no file", [](auto& it) { it.files.clear(); });
  refused("no file config.json", [](auto& it) { it.files[1].name = "../config.json"; });
  refused("out of order", [](auto& it) { it.files.push_back(it.files.back()); });
  refused("out of order", [](auto& it) { it.files.push_back({.name = "/etc/passwd", .sha256 = it.files[0].sha256}); });
  refused("pieces", [](auto& it) { it.files[0].pieces.pop_back(); });
  refused("pieces", [](auto& it) { it.files[0].bytes += model_piece_bytes; });
  refused("digests", [](auto& it) { it.files[0].pieces[1] = "beef"; });
  refused("digests", [](auto& it) { it.files[0].sha256[0] = 'G'; });
  refused("version", [](auto& it) { it.version = "000000000000"; });
  refused("more than", [](auto& it) { it.files[0].bytes = model_bytes_max + 1; });
  refused("more than", [](auto& it) { it.files[0].bytes = UINT64_MAX; });
}

TEST_CASE("the optional file is part of a manifest, and of its version") {
  const model_folder folder;
  folder.write("sentence_bert_config.json", "{}");
  auto manifest = manifest_of(folder.path()); // names three of four
  CHECK_FALSE(check_manifest(manifest, "m"));
  manifest.files.push_back({.name = "sentence_bert_config.json",
                            .bytes = 2,
                            .sha256 = sha256_of_text("{}"),
                            .pieces = {sha256_of_text("{}")}});
  CHECK(check_manifest(manifest, "m"));
}
