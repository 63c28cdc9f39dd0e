#include "node/model/piece_folder.hpp"
#include "tests/node/model/model_folder.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <sys/resource.h>

using namespace weft;
using namespace weft::test;
namespace fs = std::filesystem;

namespace {

/// A model that is somewhere, and a place to fetch it to.
struct folder_world {
  fs::path target() const { return base.path() / "models" / "m"; }
  fs::path part() const { return base.path() / "models" / ".m.part"; }
  std::unique_ptr<piece_folder> open() const { return *piece_folder::open(target()); }
  void write(piece_folder& to, uint32_t piece) const {
    REQUIRE(to.write(piece, bytes_of(from.path(), manifest, places[piece])));
  }
  void write_all(piece_folder& to) const {
    for (uint32_t i = 0; i < places.size(); ++i)
      write(to, i);
  }

  model_folder from;
  model_manifest manifest = manifest_of(from.path());
  std::vector<piece_place> places = places_of(manifest);
  temporary_directory base;
};

/// Files of this process have at most so many bytes, as on a disk that is full; the signal is ignored, as weftd does.
struct small_files {
  explicit small_files(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before);
    const rlimit less{bytes, before.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &less);
  }
  ~small_files() { ::setrlimit(RLIMIT_FSIZE, &before); }
  rlimit before{};
};

} // namespace

TEST_CASE("files grow beside their place and come into it whole, with their digests") {
  const folder_world world;
  auto folder = world.open();
  REQUIRE(folder);
  CHECK(folder->begin(world.manifest)->empty());
  world.write_all(*folder);
  CHECK_FALSE(fs::exists(world.target()));
  const auto files = folder->install();
  REQUIRE(files);
  CHECK(files->directory == world.target());
  CHECK(files->version == world.manifest.version);
  CHECK(same_files(world.target(), world.from.path()));
  CHECK_FALSE(fs::exists(world.part()));
  CHECK(read_sums(world.target() / "SHA256SUMS").at("vocab.txt") == world.manifest.files[2].sha256);
  folder.reset();
  CHECK(check_model_files(world.target()));
}

TEST_CASE("a process that dies leaves nothing in the place, and the next one goes on with its pieces") {
  const folder_world world;
  {
    auto folder = world.open();
    REQUIRE(folder->begin(world.manifest));
    world.write(*folder, 0);
    world.write(*folder, 2);
    REQUIRE(folder->write(1, std::string(model_piece_bytes, 'x'))); // half written, in effect
  }
  CHECK_FALSE(fs::exists(world.target()));
  CHECK(look_at_target(world.target())->wanted);
  std::ofstream{world.part() / "stray"} << "of another version";
  auto folder = world.open();
  CHECK(*folder->begin(world.manifest) == std::vector<uint32_t>{0, 2});
  world.write_all(*folder);
  REQUIRE(folder->install());
  CHECK(same_files(world.target(), world.from.path()));
  CHECK_FALSE(fs::exists(world.target() / "stray"));
}

TEST_CASE("one process at a time fetches into a folder") {
  const folder_world world;
  auto first = world.open();
  REQUIRE(first);
  CHECK_FALSE(world.open());
  REQUIRE(first->begin(world.manifest));
  world.write_all(*first);
  REQUIRE(first->install());
  CHECK_FALSE(look_at_target(world.target())->wanted);
  first.reset();
  CHECK(world.open()); // and nobody is locked out
}

TEST_CASE("a folder where nothing came is removed") {
  const folder_world world;
  world.open().reset();
  CHECK_FALSE(fs::exists(world.part()));
}

TEST_CASE("files that are not what the manifest says are not installed, and nothing of them stays") {
  folder_world world;
  world.manifest.files[1].sha256 = world.manifest.files[0].sha256;
  {
    auto folder = world.open();
    REQUIRE(folder->begin(world.manifest));
    world.write_all(*folder);
    const auto files = folder->install();
    REQUIRE_FALSE(files);
    CHECK(files.error().code == errc::model_unusable);
  }
  CHECK_FALSE(fs::exists(world.target()));
  CHECK_FALSE(fs::exists(world.part()));
}

TEST_CASE("an empty folder is filled, a folder with any model file is left alone, one with other files is refused") {
  const folder_world world;
  fs::create_directories(world.target());
  CHECK(look_at_target(world.target())->wanted);
  std::ofstream{world.target() / "vocab.txt"} << "mine";
  CHECK_FALSE(look_at_target(world.target())->wanted);
  fs::rename(world.target() / "vocab.txt", world.target() / "notes.txt");
  const auto look = look_at_target(world.target());
  REQUIRE_FALSE(look);
  CHECK(look.error().message.find("notes.txt") != std::string::npos);
  CHECK(look.error().message.find("model.dir") != std::string::npos);
  fs::remove(world.target() / "notes.txt");
  auto folder = world.open();
  REQUIRE(folder->begin(world.manifest));
  world.write_all(*folder);
  CHECK(folder->install());
}

TEST_CASE("what came into the place meanwhile is never replaced") {
  const folder_world world;
  const auto put = [&](const fs::path& what) {
    fs::create_directories(world.target());
    for (const auto& file : fs::directory_iterator{what})
      fs::copy(file, world.target());
  };
  auto folder = world.open();
  REQUIRE(folder->begin(world.manifest));
  world.write_all(*folder);
  SUBCASE("the same version counts as fetched") {
    put(world.from.path());
    const auto files = folder->install();
    REQUIRE(files);
    CHECK(files->directory == world.target());
    CHECK_FALSE(fs::exists(world.target() / "SHA256SUMS"));
    CHECK_FALSE(fs::exists(world.part()));
  }
  SUBCASE("another version is an error") {
    const model_folder other{1'000, 7};
    put(other.path());
    const auto files = folder->install();
    REQUIRE_FALSE(files);
    CHECK(files.error().message.find(other.files().version) != std::string::npos);
    CHECK(same_files(world.target(), other.path()));
  }
}

TEST_CASE("a SHA256SUMS that asks for a version stays as it was written") {
  const folder_world world;
  fs::create_directories(world.target());
  const auto wanted = world.manifest.files[2].sha256 + " *vocab.txt\n";
  std::ofstream{world.target() / "SHA256SUMS"} << wanted;
  CHECK(look_at_target(world.target())->pinned.at("vocab.txt") == world.manifest.files[2].sha256);
  auto folder = world.open();
  REQUIRE(folder->begin(world.manifest));
  world.write_all(*folder);
  REQUIRE(folder->install());
  CHECK(contents(world.target() / "SHA256SUMS") == wanted);
  CHECK(same_files(world.target(), world.from.path()));
  CHECK_FALSE(fs::exists(world.part()));
}

TEST_CASE("the folder is where a link leads") {
  const folder_world world;
  fs::create_directories(world.base.path() / "disk" / "m");
  fs::create_directories(world.base.path() / "models");
  fs::create_directory_symlink(world.base.path() / "disk" / "m", world.target());
  auto folder = world.open();
  REQUIRE(folder->begin(world.manifest));
  world.write_all(*folder);
  REQUIRE(folder->install());
  CHECK(fs::is_symlink(world.target()));
  CHECK(same_files(world.base.path() / "disk" / "m", world.from.path()));
}

TEST_CASE("a full disk is named with what to do, when room is made and when a piece is written") {
  const folder_world world;
  auto folder = world.open();
  {
    const small_files limit{model_piece_bytes};
    const auto begun = folder->begin(world.manifest);
    REQUIRE_FALSE(begun);
    CHECK(begun.error().code == errc::storage_full);
    CHECK(begun.error().message.find("make room") != std::string::npos);
  }
  REQUIRE(folder->begin(world.manifest));
  const small_files limit{model_piece_bytes};
  const auto written = folder->write(1, bytes_of(world.from.path(), world.manifest, world.places[1]));
  REQUIRE_FALSE(written);
  CHECK(written.error().code == errc::storage_full);
}

TEST_CASE("a place that cannot be written is named") {
  const temporary_directory base;
  std::ofstream{base.path() / "file"} << "x";
  const auto opened = piece_folder::open(base.path() / "file" / "m");
  REQUIRE_FALSE(opened);
  CHECK(opened.error().message.find((base.path() / "file").string()) != std::string::npos);
}
