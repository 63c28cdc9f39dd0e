#include "node/model/model_fetcher.hpp"
#include "tests/node/model/model_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>
#include <map>
#include <optional>
#include <set>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// Nodes that give a folder's files, in memory; each may misbehave.
class folder_link final : public model_link {
public:
  struct node {
    fs::path folder;
    std::vector<std::string> upstream{};
    uint32_t pieces_max = UINT32_MAX;      ///< then it is gone
    bool damaged = false;                  ///< every piece has a wrong byte
    std::optional<model_manifest> tells{}; ///< nothing: the link's
  };
  folder_link(const fs::path& folder, std::map<std::string, node> nodes)
      : manifest(manifest_of(folder)), nodes_(std::move(nodes)) {}

  result<std::vector<std::string>> find(const std::string&) override {
    if (cancelled_)
      return gone;
    std::vector<std::string> out;
    for (const auto& [address, it] : nodes_)
      out.push_back(address);
    return out;
  }
  result<model_offer> describe(const std::string& address, const std::string&) override {
    if (cancelled_)
      return gone;
    const auto& it = nodes_.at(address);
    return model_offer{it.tells.value_or(manifest), it.upstream};
  }
  status fetch(const std::string& address, const range& what,
               const std::function<bool(std::string piece)>& take) override {
    auto& it = nodes_.at(address);
    const auto bytes = contents(it.folder / what.file);
    for (uint32_t i = 0; i < what.pieces_max; ++i) {
      const auto offset = what.offset + uint64_t{i} * model_piece_bytes;
      if (it.pieces_max == 0 || cancelled_)
        return gone;
      --it.pieces_max;
      auto piece = bytes.substr(offset, model_piece_bytes);
      if (it.damaged)
        piece.back() = static_cast<char>(piece.back() ^ 1);
      ++pieces;
      if (!take(std::move(piece)))
        return ok;
    }
    return ok;
  }
  void cancel() override { cancelled_ = true; }

  model_manifest manifest;
  uint32_t pieces = 0;

private:
  const failure gone{errc::unavailable, "gone"};
  std::map<std::string, node> nodes_;
  std::atomic<bool> cancelled_{false};
};

struct fetcher_world {
  fs::path target() const { return base.path() / "m"; }
  fetch_options options() const { return {.model = "m", .addresses = {"peer"}, .pause = 1ms}; }
  result<fetched_model> run(folder_link& link, fetch_listener listener = {}) const {
    return model_fetcher{options(), target(), link, std::move(listener)}.run();
  }

  model_folder from;
  temporary_directory base;
};

} // namespace

TEST_CASE("a model is fetched, checked and in its place") {
  const fetcher_world world;
  folder_link link{world.from.path(), {{"a", {.folder = world.from.path()}}}};
  std::vector<std::string> sources;
  std::shared_ptr<model_shelf> shelf;
  const auto fetched = world.run(link, {.on_shelf = [&](auto it) { shelf = std::move(it); },
                                        .on_source = [&](const auto& it) { sources.push_back(it); }});
  REQUIRE(fetched);
  CHECK(fetched->files.version == link.manifest.version);
  CHECK(fetched->bytes_from == std::map<std::string, uint64_t>{{"a", bytes_of(link.manifest)}});
  CHECK(sources == std::vector<std::string>{"a"});
  CHECK(same_files(world.target(), world.from.path()));
  REQUIRE(shelf);
  std::promise<result<std::string>> piece; // passed on, also now that the folder has another name
  shelf->read("vocab.txt", 0, [&](auto it) { piece.set_value(std::move(it)); });
  CHECK(*piece.get_future().get() == contents(world.from.path() / "vocab.txt"));
}

TEST_CASE("when a node goes in mid transfer, the next one gives what is missing, and nothing twice") {
  const fetcher_world world;
  folder_link link{world.from.path(),
                   {{"a", {.folder = world.from.path(), .upstream = {"b", "c"}}},
                    {"b", {.folder = world.from.path(), .pieces_max = 1}},
                    {"c", {.folder = world.from.path(), .pieces_max = 2}}}};
  const auto fetched = world.run(link);
  REQUIRE(fetched);
  CHECK(fetched->bytes_from.at("b") == model_piece_bytes);
  CHECK(fetched->bytes_from.size() == 3);
  CHECK(link.pieces == places_of(link.manifest).size());
  CHECK(same_files(world.target(), world.from.path()));
}

TEST_CASE("damaged bytes are refused, told, and come from another node") {
  const fetcher_world world;
  folder_link link{
      world.from.path(),
      {{"a", {.folder = world.from.path(), .upstream = {"b"}}}, {"b", {.folder = world.from.path(), .damaged = true}}}};
  std::vector<std::string> troubles;
  const auto fetched = world.run(link, {.on_trouble = [&](const auto& address, const auto& why) {
                                   troubles.push_back(address + ": " + why.message);
                                 }});
  REQUIRE(fetched);
  REQUIRE(troubles.size() == 1);
  CHECK(troubles[0] == "b: sent a damaged piece of model.safetensors");
  CHECK_FALSE(fetched->bytes_from.contains("b"));
  CHECK(same_files(world.target(), world.from.path()));
}

TEST_CASE("the next start fetches what the last one did not") {
  const fetcher_world world;
  {
    folder_link link{world.from.path(), {{"a", {.folder = world.from.path(), .pieces_max = 2}}}};
    auto options = world.options();
    options.patience = 20ms;
    const auto fetched = model_fetcher{options, world.target(), link, {}}.run();
    REQUIRE_FALSE(fetched);
    CHECK(fetched.error().code == errc::model_unusable);
    CHECK_FALSE(fs::exists(world.target()));
  }
  folder_link link{world.from.path(), {{"a", {.folder = world.from.path()}}}};
  const auto fetched = world.run(link);
  REQUIRE(fetched);
  CHECK(fetched->bytes_before == 2 * model_piece_bytes);
  CHECK(link.pieces == places_of(link.manifest).size() - 2);
}

TEST_CASE("two processes that share a folder fetch the model once") {
  const fetcher_world world;
  folder_link link{world.from.path(), {{"a", {.folder = world.from.path()}}}};
  folder_link other{world.from.path(), {{"a", {.folder = world.from.path()}}}};
  std::promise<void> waits;
  // The first one has the folder, and goes on when the second one waits for it.
  fetch_listener slow;
  std::future<result<fetched_model>> second;
  slow.on_source = [&](const auto&) {
    second = std::async(std::launch::async,
                        [&] { return world.run(other, {.on_other_process = [&] { waits.set_value(); }}); });
    waits.get_future().wait();
  };
  const auto fetched = world.run(link, std::move(slow));
  REQUIRE(fetched);
  const auto shared = second.get();
  REQUIRE(shared);
  CHECK(shared->files.version == fetched->files.version);
  CHECK(shared->bytes_from.empty());
  CHECK(other.pieces == 0);
}

TEST_CASE("a piece of another size than described is not written, and its description is given up") {
  const fetcher_world world;
  auto lie = manifest_of(world.from.path());
  lie.files[1].bytes += 3; // the digest is that of what comes
  folder_link link{world.from.path(),
                   {{"a", {.folder = world.from.path(), .tells = lie}}, {"b", {.folder = world.from.path()}}}};
  std::vector<std::string> troubles;
  const auto fetched = world.run(link, {.on_trouble = [&](const auto& address, const auto& why) {
                                   troubles.push_back(address + ": " + why.message);
                                 }});
  REQUIRE(fetched);
  CHECK(troubles == std::vector<std::string>{"a: described a piece of config.json that has another size"});
  CHECK(same_files(world.target(), world.from.path()));
}

TEST_CASE("the patience begins when another process has given the folder up") {
  const fetcher_world world;
  folder_link link{world.from.path(), {{"a", {.folder = world.from.path()}}}};
  auto holder = *piece_folder::open(world.target());
  auto options = world.options();
  options.patience = 200ms; // less than a look at the folder of another process takes
  const auto fetched =
      model_fetcher{options, world.target(), link, {.on_other_process = [&] { holder.reset(); }}}.run();
  REQUIRE_MESSAGE(static_cast<bool>(fetched), (fetched ? "" : fetched.error().message));
  CHECK(same_files(world.target(), world.from.path()));
}

TEST_CASE("what comes into the place meanwhile is no fault of the node that gave the model") {
  const fetcher_world world;
  folder_link link{world.from.path(), {{"a", {.folder = world.from.path()}}}};
  const auto fetched = world.run(link, {.on_source = [&](const auto&) {
                                   fs::create_directories(world.target());
                                   std::ofstream{world.target() / "notes.txt"} << "mine";
                                 }});
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().message.find("notes.txt") != std::string::npos);
  CHECK(link.pieces == places_of(link.manifest).size()); // none of them twice
}

TEST_CASE("stopped, it ends at once and leaves nothing in the place") {
  const fetcher_world world;
  folder_link link{world.from.path(), {{"a", {.folder = world.from.path(), .pieces_max = 1}}}};
  auto options = world.options();
  options.pause = 60s; // it would wait that long for the node to come back
  std::shared_ptr<model_shelf> shelf;
  model_fetcher* running = nullptr;
  model_fetcher fetcher{options,
                        world.target(),
                        link,
                        {.on_shelf = [&](auto it) { shelf = std::move(it); },
                         .on_trouble = [&](const auto&, const auto&) { running->stop(); }}};
  running = &fetcher;
  const auto fetched = fetcher.run();
  REQUIRE_FALSE(fetched);
  CHECK(fetched.error().code == errc::cancelled);
  CHECK_FALSE(shelf);
  CHECK_FALSE(fs::exists(world.target()));
}

TEST_CASE("files that are not as described are fetched again, as another node describes them") {
  const fetcher_world world;
  folder_link link{world.from.path(), {{"a", {.folder = world.from.path()}}, {"b", {.folder = world.from.path()}}}};
  const auto honest = link.manifest;
  // Weights that fit their pieces and not their digest, by a version that fits the digests.
  std::string digest = honest.files[1].sha256;
  link.manifest.files[0].sha256 = digest;
  std::vector<model_file_digest> digests;
  for (const auto& file : link.manifest.files)
    digests.push_back({file.name, file.sha256});
  link.manifest.version = model_version(digests);
  int shelves = 0;
  const auto fetched = world.run(link, {.on_shelf = [&](auto it) {
                                   if (it && ++shelves == 2)
                                     CHECK(link.manifest == honest);
                                   else if (!it)
                                     link.manifest = honest;
                                 }});
  REQUIRE(fetched);
  CHECK(shelves == 2);
  CHECK(fetched->files.version == honest.version);
}
