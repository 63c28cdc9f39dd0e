#include "runtime/base/random_source.hpp"
#include "tests/actors/actor_world.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

using verb = settings_request::verb;

/// What outlives the process of a node.
struct disk {
  std::optional<std::string> bytes;
  bool full = false;
  int writes = 0;
};

class settings_cluster;

/// The actors of one node, its disk, and its way to the others.
struct settings_node : actor_world {
  settings_node(settings_cluster& cluster, size_t number);

  /// The answer, once it is there.
  std::shared_ptr<std::optional<result<settings_rows>>> ask(verb what, std::string key = {}, std::string value = {}) {
    auto answer = std::make_shared<std::optional<result<settings_rows>>>();
    caf::anon_send(supervisor, std::make_shared<settings_ask>(
                                   settings_request{what, std::move(key), std::move(value)},
                                   [answer](result<settings_rows> rows) { answer->emplace(std::move(rows)); }));
    step();
    return answer;
  }
  /// "key=value" of all, for comparing.
  std::string all() {
    std::string out;
    const auto answer = ask(verb::list);
    REQUIRE(answer->has_value());
    for (const auto& row : ***answer)
      out += row.key + "=" + row.value + " ";
    return out;
  }
};

/// Some nodes in one virtual time; links can be cut and lose messages.
class settings_cluster {
public:
  explicit settings_cluster(size_t count) : disks(count) {
    for (size_t i = 0; i < count; ++i)
      nodes.push_back(nullptr);
    start_all();
  }
  /// All expect each other; none has started.
  static std::unique_ptr<settings_cluster> expecting(size_t count) {
    auto out = std::make_unique<settings_cluster>(0);
    out->disks.resize(count);
    out->nodes.resize(count);
    out->conditions.assign(count, member_condition::starting);
    out->peers_expected = true;
    return out;
  }
  ~settings_cluster() { stop_all(); }

  void start(size_t i) {
    nodes[i] = std::make_unique<settings_node>(*this, i);
    nodes[i]->start();
    meet();
  }
  void start_all() {
    for (size_t i = 0; i < nodes.size(); ++i)
      start(i);
  }
  void stop_all() {
    for (auto& node : nodes)
      node.reset();
  }
  /// All that are up see each other.
  void meet() {
    for (auto& to : nodes) {
      if (!to)
        continue;
      auto view = std::make_shared<cluster_view>();
      for (size_t i = 0; i < nodes.size(); ++i) {
        if (nodes[i])
          view->members.push_back({.node = node_id{i + 1}, .epoch = boot_epoch{1}, .condition = condition(i)});
        if (nodes[i] == to)
          view->self = node_id{i + 1};
      }
      caf::anon_send(to->supervisor, cluster_view_ptr{std::move(view)});
    }
    settle();
  }
  void settle() {
    for (bool busy = true; busy;) {
      busy = false;
      for (auto& node : nodes)
        while (node && node->step_once())
          busy = true;
    }
  }
  void pass(std::chrono::milliseconds time) {
    for (auto gone = 0ms; gone < time; gone += 500ms) {
      calendar += 500ms;
      for (auto& node : nodes)
        if (node)
          node->advance(500ms);
      settle();
    }
  }
  bool equal() {
    for (auto& node : nodes)
      if (node && node->all() != nodes.front()->all())
        return false;
    return true;
  }
  /// The way of a question from one node to another, and back.
  void carry(size_t from, size_t to, settings_question question, std::function<void(result<settings_reply>)> done) {
    ++messages;
    if (!nodes[to] || cut.contains(std::minmax(from, to)) || chance.chance(loss))
      return done(failure{errc::unavailable, "cut off"});
    caf::anon_send(nodes[to]->supervisor, std::make_shared<peer_settings_ask>(std::move(question), std::move(done)));
  }

  member_condition condition(size_t i) const {
    return i < conditions.size() ? conditions[i] : member_condition::serving;
  }

  std::vector<member_condition> conditions; ///< as all see them; serving where none is given
  bool peers_expected = false;
  std::vector<disk> disks;
  std::vector<std::unique_ptr<settings_node>> nodes;
  std::set<std::pair<size_t, size_t>> cut;
  double loss = 0;
  random_source chance{42};
  size_t messages = 0;
  std::set<size_t> current; ///< nodes that may serve
  wall_time calendar{std::chrono::milliseconds{1'800'000'000'000}};
};

settings_node::settings_node(settings_cluster& cluster, size_t number) {
  auto& kept = cluster.disks.at(number);
  options.settings.self = node_id{number + 1};
  options.settings.now = [&cluster] { return cluster.calendar; };
  options.settings.load = [&kept]() -> std::optional<stored_settings> {
    if (!kept.bytes)
      return std::nullopt;
    auto stored = decode_settings(*kept.bytes, "settings");
    REQUIRE(stored);
    return *stored;
  };
  options.settings.save = [&kept](const std::string& bytes) -> status {
    if (kept.full)
      return failure{errc::storage_full, "no space"};
    kept.bytes = bytes;
    ++kept.writes;
    return ok;
  };
  options.settings.check = [](const settings_effects& after) -> status {
    for (const auto& key : after.api_keys)
      if (key.caller == role::operator_)
        return ok;
    return after.api_keys.empty() ? ok : status{failure{errc::permission_denied, "no operator"}};
  };
  options.settings.peers_expected = cluster.peers_expected;
  options.settings.current = [&cluster, number] { cluster.current.insert(number); };
  options.settings.ask = [&cluster, number](const cluster_member& peer, settings_question question, auto done) {
    cluster.carry(number, static_cast<size_t>(peer.node) - 1, std::move(question), std::move(done));
  };
}

} // namespace

TEST_CASE("a change is on the disk when it is answered, and on every node at once") {
  settings_cluster cluster{3};
  const auto answer = cluster.nodes[1]->ask(verb::set, "tenant.acme", "suspended");
  REQUIRE(answer->has_value());
  REQUIRE(**answer);
  CHECK((***answer).at(0).number == 1);
  CHECK(cluster.disks[1].writes == 1);
  cluster.settle();
  for (auto& node : cluster.nodes)
    CHECK(node->all() == "tenant.acme=suspended ");
  for (auto& kept : cluster.disks)
    CHECK(kept.bytes.has_value());
}

TEST_CASE("a change reaches 30 nodes without waiting for a period, by nodes that tell nodes") {
  settings_cluster cluster{30};
  cluster.messages = 0;
  cluster.nodes[7]->ask(verb::set, "tenant.acme", "suspended");
  cluster.settle();
  size_t know = 0;
  for (auto& node : cluster.nodes)
    know += node->all().empty() ? 0 : 1;
  CHECK(know >= 25); // three a node are random ones: some are told twice, some by none
  CHECK(cluster.messages <= 30 * 3);
  cluster.pass(15s);
  CHECK(cluster.equal());
}

TEST_CASE("what two sides of a partition changed is equal on all after it, and the later version stays") {
  settings_cluster cluster{4};
  cluster.cut = {{0, 2}, {0, 3}, {1, 2}, {1, 3}};
  cluster.nodes[0]->ask(verb::set, "tenant.a", "suspended");
  cluster.nodes[2]->ask(verb::set, "tenant.b", "suspended");
  cluster.nodes[1]->ask(verb::set, "tenant.c", "suspended");
  cluster.settle();
  cluster.nodes[3]->ask(verb::set, "tenant.c", "active");
  cluster.nodes[3]->ask(verb::set, "tenant.c", "suspended");
  cluster.nodes[3]->ask(verb::set, "tenant.c", "active");
  cluster.pass(20s);
  CHECK(cluster.nodes[0]->all() == "tenant.a=suspended tenant.c=suspended ");
  CHECK(cluster.nodes[2]->all() == "tenant.b=suspended tenant.c=active ");
  cluster.cut.clear();
  cluster.pass(20s);
  CHECK(cluster.equal());
  CHECK(cluster.nodes[0]->all() == "tenant.a=suspended tenant.b=suspended tenant.c=active ");
}

TEST_CASE("half of all messages may be lost: the nodes are equal within a minute") {
  for (uint64_t seed = 1; seed <= 5; ++seed) {
    CAPTURE(seed);
    settings_cluster cluster{5};
    cluster.chance = random_source{seed};
    cluster.loss = 0.5;
    for (size_t i = 0; i < 20; ++i)
      cluster.nodes[i % 5]->ask(verb::set, "tenant.t" + std::to_string(i % 7), i % 3 ? "active" : "suspended");
    cluster.settle();
    cluster.pass(60s);
    CHECK(cluster.equal());
    CHECK_FALSE(cluster.nodes[0]->all().empty());
  }
}

TEST_CASE("settings survive the restart of all nodes, and a node without its disk gets them from the others") {
  settings_cluster cluster{3};
  cluster.nodes[0]->ask(verb::set, "cache.scope.embed", "shared");
  cluster.nodes[0]->ask(verb::clear_cache);
  cluster.settle();
  cluster.stop_all();
  cluster.disks[2] = {};
  cluster.start_all();
  for (auto& node : cluster.nodes) {
    CHECK(node->all() == "cache.generation=1 cache.scope.embed=shared ");
    CHECK(node->wiring()->cache_generation == 1);
  }
  CHECK(cluster.disks[2].bytes.has_value());
}

TEST_CASE("a node that was away for longer than removed settings are remembered does not bring them back") {
  settings_cluster cluster{3};
  cluster.nodes[0]->ask(verb::set, "tenant.a", "suspended");
  cluster.settle();
  cluster.nodes[2].reset();
  cluster.nodes[0]->ask(verb::remove, "tenant.a");
  cluster.nodes[0]->ask(verb::set, "tenant.b", "suspended");
  cluster.settle();
  cluster.calendar += 8 * 24h;
  cluster.pass(10s);
  cluster.start(2);
  cluster.pass(20s);
  for (auto& node : cluster.nodes)
    CHECK(node->all() == "tenant.b=suspended ");
}

TEST_CASE("a full disk is told to who made the change, which the others have; it is written when there is room") {
  settings_cluster cluster{2};
  cluster.disks[0].full = true;
  const auto answer = cluster.nodes[0]->ask(verb::set, "tenant.a", "suspended");
  REQUIRE(answer->has_value());
  REQUIRE_FALSE(**answer);
  CHECK((**answer).error().code == errc::storage_full);
  cluster.settle();
  CHECK(cluster.nodes[1]->all() == "tenant.a=suspended ");
  cluster.disks[0].full = false;
  cluster.pass(6s);
  CHECK(cluster.disks[0].writes == 1);
}

TEST_CASE("changes wait for the disk up to a limit, and are answered when it is done") {
  settings_cluster cluster{1};
  auto& node = *cluster.nodes[0];
  node.hold_tasks = true;
  std::vector<std::shared_ptr<std::optional<result<settings_rows>>>> answers;
  for (uint32_t i = 0; i < node.options.settings.waiting_max; ++i)
    answers.push_back(node.ask(verb::set, "tenant.a", i % 2 ? "active" : "suspended"));
  for (const auto& answer : answers)
    CHECK_FALSE(answer->has_value());
  const auto refused = node.ask(verb::set, "tenant.b", "active");
  REQUIRE(refused->has_value());
  CHECK((**refused).error().code == errc::overloaded);
  node.hold_tasks = false;
  node.run_tasks();
  node.step();
  for (const auto& answer : answers) {
    REQUIRE(answer->has_value());
    CHECK(**answer);
  }
  CHECK(cluster.disks[0].writes == 2); // the first, and all the others at once
}

TEST_CASE("wrong requests are refused with what would be right") {
  settings_cluster cluster{1};
  auto& node = *cluster.nodes[0];
  const auto error = [&](verb what, const std::string& key, const std::string& value = {}) {
    const auto answer = node.ask(what, key, value);
    REQUIRE(answer->has_value());
    REQUIRE_FALSE(**answer);
    return (**answer).error();
  };
  CHECK(error(verb::get, "tenant.a").code == errc::unknown_setting);
  CHECK(error(verb::get, "tennant.a").message.find("did you mean 'tenant.a'?") != std::string::npos);
  CHECK(error(verb::set, "cache.scop.embed", "shared").code == errc::invalid_argument);
  CHECK(error(verb::set, "tenant.a", "maybe").message == "tenant.a takes active|suspended");
  CHECK(error(verb::remove, "tenant.a").code == errc::invalid_argument);
  CHECK(cluster.disks[0].writes == 0);
}

TEST_CASE("a keeper that dies begins with what is on its disk, and nobody is left without an answer") {
  settings_cluster cluster{2};
  auto& node = *cluster.nodes[0];
  node.ask(verb::set, "tenant.a", "suspended");
  node.hold_tasks = true;
  const auto lost = node.ask(verb::set, "tenant.b", "suspended");
  CHECK_FALSE(lost->has_value());
  node.kill(node.wiring()->settings);
  REQUIRE(lost->has_value());
  CHECK((**lost).error().code == errc::unavailable);
  node.hold_tasks = false;
  node.run_tasks();
  cluster.settle();
  cluster.pass(10s);
  CHECK(node.meter->restarted["settings"] == 1);
  CHECK(cluster.equal());
  CHECK(node.all().starts_with("tenant.a=suspended "));
}

TEST_CASE("suspended tenants are refused, the others served, at once and on all nodes") {
  settings_cluster cluster{2};
  cluster.nodes[0]->ask(verb::set, "tenant.acme", "suspended");
  cluster.settle();
  for (auto& node : cluster.nodes) {
    CHECK(node->submit({"a"}, {.tenant = "acme"})->code() == errc::permission_denied);
    CHECK(node->submit({"a"}, {.tenant = "other"})->code() == errc::none);
  }
  cluster.nodes[1]->ask(verb::remove, "tenant.acme");
  cluster.settle();
  CHECK(cluster.nodes[0]->submit({"a"}, {.tenant = "acme"})->code() == errc::none);
}

TEST_CASE("a node that nobody is expected by may serve at once") {
  settings_cluster cluster{1};
  CHECK(cluster.current == std::set<size_t>{0});
}

TEST_CASE("a node that was away may serve when it knows what changed, as soon as it sees one that served") {
  const auto cluster = settings_cluster::expecting(3);
  cluster->conditions = {member_condition::serving, member_condition::starting, member_condition::starting};
  cluster->start(0);
  cluster->nodes[0]->ask(verb::clear_cache);
  // Two that start see each other first: what they could tell each other is nothing.
  cluster->cut = {{0, 1}, {0, 2}};
  cluster->start(1);
  cluster->start(2);
  cluster->pass(1s);
  CHECK_FALSE(cluster->current.contains(1));
  CHECK_FALSE(cluster->current.contains(2));
  cluster->cut.clear();
  cluster->meet();
  for (const size_t i : {1, 2}) {
    CHECK(cluster->current.contains(i));
    CHECK(cluster->nodes[i]->wiring()->cache_generation == 1);
  }
}

TEST_CASE("nodes that all start together ask each other, and may serve then") {
  const auto cluster = settings_cluster::expecting(3);
  for (size_t i = 0; i < 3; ++i)
    cluster->start(i);
  CHECK(cluster->current == std::set<size_t>{0, 1, 2});
}

TEST_CASE("a node that sees nobody may serve after 2 s, one that nobody answers after 10 s") {
  const auto cluster = settings_cluster::expecting(2);
  cluster->start(0);
  cluster->pass(1'500ms);
  CHECK(cluster->current.empty());
  cluster->pass(1s);
  CHECK(cluster->current == std::set<size_t>{0});
  cluster->conditions = {member_condition::serving, member_condition::starting};
  cluster->cut = {{0, 1}};
  cluster->start(1);
  cluster->pass(9'500ms);
  CHECK_FALSE(cluster->current.contains(1));
  cluster->pass(1s);
  CHECK(cluster->current.contains(1));
}

TEST_CASE("a change of API keys that the node refuses changes nothing, other changes are not looked at") {
  settings_cluster cluster{1};
  auto& node = *cluster.nodes[0];
  const auto client = "client:" + std::string(64, 'a');
  const auto operating = "operator:" + std::string(64, 'b');
  const auto code = [&](verb what, const std::string& key, const std::string& value = {}) {
    const auto answer = node.ask(what, key, value);
    REQUIRE(answer->has_value());
    return **answer ? errc::none : (**answer).error().code;
  };
  CHECK(code(verb::set, "api_key.app", client) == errc::permission_denied);
  CHECK(node.all().empty());
  CHECK(code(verb::set, "tenant.a", "suspended") == errc::none);
  CHECK(code(verb::set, "api_key.ops", operating) == errc::none);
  CHECK(code(verb::set, "api_key.app", client) == errc::none);
  CHECK(code(verb::set, "api_key.ops", client) == errc::permission_denied);
  CHECK(code(verb::remove, "api_key.ops") == errc::permission_denied);
  CHECK(code(verb::set, "api_key.app", "nonsense") == errc::invalid_argument);
  CHECK(code(verb::remove, "api_key.app") == errc::none);
  CHECK(code(verb::remove, "api_key.ops") == errc::none);
}
