#include "tests/cluster/cluster_fixture.hpp"
#include "tests/cluster/lone_answers.hpp"
#include "tests/cluster/weftd_fixture.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <filesystem>
#include <iostream>
#include <numeric>
#include <sstream>

using namespace weft::test;
namespace fs = std::filesystem;

namespace {

std::string model_in(const fs::path& folder) {
  return "model.dir=" + folder.string();
}

std::vector<size_t> numbers(size_t from, size_t count) {
  std::vector<size_t> out(count);
  std::iota(out.begin(), out.end(), from);
  return out;
}

/// A weftd that looks for its model at `seed`.
std::vector<std::string> looking(const temporary_directory& folder, const fs::path& model, const std::string& seed) {
  return on_free_ports(folder,
                       {"--set", "cluster.id=test", "--set", model_in(model), "--set", "cluster.seeds=" + seed});
}

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

/// What it has logged already.
nlohmann::json line_of(const weftd_process& process, const std::string& text) {
  std::istringstream lines{process.errors()};
  for (std::string line; std::getline(lines, line);)
    if (says(line, text))
      return nlohmann::json::parse(line);
  FAIL("it did not log: " << text);
  return {};
}

} // namespace

TEST_CASE("nodes that start without the model get it from the cluster, and from each other, and answer as the first") {
  const temporary_directory folder;
  const auto second = folder.path() / "second" / "m";
  const auto third = folder.path() / "third" / "m";
  const std::vector<cluster_node::options> nodes{
      {.name = "n1"}, {.name = "n2", .settings = {model_in(second)}}, {.name = "n3", .settings = {model_in(third)}}};
  cluster_fixture cluster{nodes};
  const auto& answers = known_answers();
  const auto version = cluster[0].embed(answers.request(numbers(0, 1))).second.info().model_version();
  for (size_t i = 0; i < 3; ++i) {
    const auto [status, reply] = cluster[i].embed(answers.request(numbers(0, 8)));
    REQUIRE(status.ok());
    CHECK(answers.differs(numbers(0, 8), reply) == "");
    CHECK(reply.info().model_version() == version);
  }
  for (size_t i = 1; i < 3; ++i) {
    const auto line = line_of(cluster[i].process(), "model fetched");
    std::cout << "  " << cluster[i].name() << ": " << line["megabytes"] << " MB in " << line["seconds"] << " s from "
              << line["from"] << '\n';
    CHECK(line["version"] == version);
  }
  // Each computes by itself what nobody has asked for yet.
  cluster[0].end(SIGKILL);
  cluster[1].end(SIGKILL);
  const auto [status, reply] = cluster[2].embed(answers.request(numbers(8, 8)));
  REQUIRE(status.ok());
  CHECK(answers.differs(numbers(8, 8), reply) == "");
  // What is there now is used by the next start, without asking anybody.
  cluster[1].start();
  CHECK_FALSE(says(cluster[1].process().errors(), "the model is not here"));
}

TEST_CASE("a node that is killed while it fetches leaves nothing half, and its next start ends well") {
  cluster_node first{{.name = "n1"}};
  first.start();
  const temporary_directory folder;
  const auto model = folder.path() / "m";
  {
    weftd_process process{{.arguments = looking(folder, model, first.peer_address())}};
    process.wait_for_line("fetching the model");
    process.send_signal(SIGKILL);
    CHECK(process.wait_exit() == 128 + SIGKILL);
  }
  // Nothing, or all of it, where the machine was faster than the signal.
  CHECK((!fs::exists(model) || fs::exists(model / "SHA256SUMS")));
  weftd_process process{{.arguments = looking(folder, model, first.peer_address())}};
  process.wait_ready();
  CHECK(fs::exists(model / "model.safetensors"));
  CHECK_FALSE(fs::exists(folder.path() / ".m.part"));
}

TEST_CASE("a node that looks for the model ends at once when it is told to") {
  const temporary_directory folder;
  weftd_process process{{.arguments = looking(folder, folder.path() / "m", "127.0.0.1:9")}};
  process.wait_for_line("a node does not give the model");
  process.send_signal(SIGTERM);
  CHECK(process.wait_exit() == 0);
  CHECK(says(process.errors(), "stopped while it started"));
  CHECK_FALSE(fs::exists(folder.path() / "m"));
}

TEST_CASE("a node that may not fetch, or would have to put the model among other files, says what to do") {
  const temporary_directory folder;
  const auto model = folder.path() / "m";
  auto arguments = looking(folder, model, "127.0.0.1:9");
  arguments.insert(arguments.end(), {"--set", "model.fetch=false"});
  {
    weftd_process process{{.arguments = arguments}};
    CHECK(process.wait_exit() == 1);
    CHECK(says(process.errors(), "model.safetensors is missing; run ./tools/setup model"));
  }
  fs::create_directories(model);
  folder.write("m/photos.zip", "x");
  weftd_process process{{.arguments = looking(folder, model, "127.0.0.1:9")}};
  CHECK(process.wait_exit() == 1);
  CHECK(says(process.errors(), "photos.zip"));
}
