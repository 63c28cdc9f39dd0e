#include "node/digest.hpp"
#include "node/model_files.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <set>

using weft::test::temporary_directory;

namespace {

void write_model(const temporary_directory& folder) {
  folder.write("model.safetensors", "weights");
  folder.write("config.json", "{}");
  folder.write("vocab.txt", "[PAD]\n");
}

std::string sum_of(const std::filesystem::path& file) {
  return *weft::sha256_of_file(file) + "  " + file.filename().string() + '\n';
}

} // namespace

TEST_CASE("a file's digest is its SHA-256") {
  const temporary_directory folder;
  CHECK(*weft::sha256_of_file(folder.write("empty", "")) ==
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(*weft::sha256_of_file(folder.write("abc", "abc")) ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(*weft::sha256_of_file(folder.write("million", std::string(1'000'000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
  CHECK_FALSE(weft::sha256_of_file(folder.path() / "none"));
  CHECK_FALSE(weft::sha256_of_file(folder.path()));
}

TEST_CASE("the version names the content of every file that results depend on, with or without SHA256SUMS") {
  const temporary_directory folder;
  write_model(folder);
  const auto first = weft::check_model_files(folder.path())->version;
  std::string listed;
  for (const auto* name : {"model.safetensors", "config.json", "vocab.txt"})
    listed += sum_of(folder.path() / name);
  CHECK(first == weft::sha256_of_text(listed).substr(0, 12));
  folder.write("SHA256SUMS", sum_of(folder.path() / "model.safetensors") + sum_of(folder.path() / "vocab.txt"));
  const auto checked = weft::check_model_files(folder.path());
  REQUIRE(checked);
  CHECK(checked->version == first);
  CHECK(checked->directory == folder.path());
  std::filesystem::remove(folder.path() / "SHA256SUMS");
  std::set<std::string> versions{first};
  for (const auto* name : {"model.safetensors", "config.json", "vocab.txt", "sentence_bert_config.json"}) {
    CAPTURE(name);
    folder.write(name, "changed");
    CHECK(versions.insert(weft::check_model_files(folder.path())->version).second);
  }
}

TEST_CASE("a missing file is named with the command that mends it") {
  for (const auto* name : {"model.safetensors", "config.json", "vocab.txt"}) {
    CAPTURE(name);
    const temporary_directory folder;
    write_model(folder);
    std::filesystem::remove(folder.path() / name);
    const auto checked = weft::check_model_files(folder.path());
    REQUIRE_FALSE(checked);
    CHECK(checked.error().code == weft::errc::model_unusable);
    CHECK(checked.error().message.starts_with("model file " + (folder.path() / name).string() + " is missing"));
    CHECK(checked.error().message.find("./tools/setup model") != std::string::npos);
  }
}

TEST_CASE("a file that differs from SHA256SUMS is named as damaged") {
  for (const auto* name : {"model.safetensors", "config.json", "vocab.txt"}) {
    CAPTURE(name);
    const temporary_directory folder;
    write_model(folder);
    std::string sums;
    for (const auto* file : {"model.safetensors", "config.json", "vocab.txt"})
      sums += sum_of(folder.path() / file);
    folder.write("SHA256SUMS", sums);
    REQUIRE(weft::check_model_files(folder.path()));
    folder.write(name, "damaged");
    const auto checked = weft::check_model_files(folder.path());
    REQUIRE_FALSE(checked);
    CHECK(checked.error().message.starts_with("model file " + (folder.path() / name).string() + " is damaged"));
  }
}

TEST_CASE("an optional file is missed only where SHA256SUMS lists it") {
  const temporary_directory folder;
  write_model(folder);
  const auto optional = folder.write("sentence_bert_config.json", "{}");
  folder.write("SHA256SUMS", sum_of(optional));
  REQUIRE(weft::check_model_files(folder.path()));
  std::filesystem::remove(optional);
  CHECK_FALSE(weft::check_model_files(folder.path()));
  std::filesystem::remove(folder.path() / "SHA256SUMS");
  CHECK(weft::check_model_files(folder.path()));
}

TEST_CASE("the model's folder is the configured one, else below the cache folder") {
  weft::node_config::model_section model;
  CHECK(weft::model_directory(model, {{"HOME", "/h"}}) == "/h/.cache/weft/models/all-MiniLM-L6-v2");
  CHECK(weft::model_directory(model, {{"HOME", "/h"}, {"XDG_CACHE_HOME", "/c"}}) == "/c/weft/models/all-MiniLM-L6-v2");
  model.dir = "/m";
  CHECK(weft::model_directory(model, {{"HOME", "/h"}}) == "/m");
}
