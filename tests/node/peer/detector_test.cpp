#include "node/peer/detector.hpp"
#include "node/peer/view_maker.hpp"
#include "tests/node/grpc/certificates.hpp"
#include "tests/node/grpc/test_node.hpp"

#include <doctest/doctest.h>

#include <atomic>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

/// A detector on a free port, and what it told. Every wait is for a condition.
class watched_detector {
public:
  struct setup {
    uint64_t id = 1;
    uint64_t epoch = 1;
    std::string cluster = "test";
    std::vector<std::string> seeds{};
    std::optional<tls_files> tls{};
  };

  explicit watched_detector(const setup& s) {
    detector_options options;
    options.membership.cluster_id = s.cluster;
    options.membership.alone_after = 2; // half a second
    options.exchange.listen = "127.0.0.1:0";
    options.exchange.tls = s.tls;
    options.identity = {.node = node_id{s.id}, .epoch = boot_epoch{s.epoch}};
    options.profile.name = "n" + std::to_string(s.id);
    options.addresses = s.seeds;
    auto started = detector::start(std::move(options), listener());
    REQUIRE_MESSAGE(started, (started ? "" : started.error().message));
    detector_ = *std::move(started);
  }

  std::string address() const { return detector_->address(); }
  void stop() { detector_.reset(); }
  detector& it() { return *detector_; }
  void set_phase(member_phase phase) {
    phase_ = phase;
    detector_->refresh();
  }

  cluster_view_ptr view() const {
    const std::lock_guard hold(mutex_);
    return view_;
  }
  /// What this one believes of another.
  std::optional<member_condition> sees(uint64_t id) const {
    if (const auto latest = view())
      for (const auto& member : latest->members)
        if (member.node == node_id{id})
          return member.condition;
    return std::nullopt;
  }
  std::string refusal() const {
    const std::lock_guard hold(mutex_);
    return refusal_;
  }
  membership_figures figures() const {
    const std::lock_guard hold(mutex_);
    return figures_;
  }
  /// How often no node answered at a seed.
  int unreachable() const { return unreachable_; }
  /// How often it refused a node.
  int strangers() const { return strangers_; }
  /// The addresses at which nobody let it in, once that is sure.
  uint32_t alone() const { return alone_; }
  std::optional<boot_epoch> superseded_by() const {
    const std::lock_guard hold(mutex_);
    return superseded_;
  }

private:
  detector_listener listener() {
    return {.look = [this] { return local_state{.phase = phase_}; },
            .on_view =
                [this](cluster_view_ptr latest) {
                  const std::lock_guard hold(mutex_);
                  if (view_)
                    CHECK(latest->version > view_->version);
                  view_ = std::move(latest);
                },
            .on_event = [](const member_event&) {},
            .on_figures =
                [this](const membership_figures& figures) {
                  const std::lock_guard hold(mutex_);
                  figures_ = figures;
                },
            .on_refused =
                [this](const join_refused& refused) {
                  const std::lock_guard hold(mutex_);
                  refusal_ = std::string{to_string(refused.answer.verdict)} + ": " + refused.answer.reason;
                },
            .on_stranger = [this](const stranger_refused&) { ++strangers_; },
            .on_alone = [this](uint32_t addresses) { alone_ = addresses; },
            .on_unreachable = [this](const std::string&, const std::string&) { ++unreachable_; },
            .on_superseded =
                [this](boot_epoch by) {
                  const std::lock_guard hold(mutex_);
                  superseded_ = by;
                },
            .on_known_peers = [](const std::vector<std::string>&) {}};
  }

  std::atomic<member_phase> phase_{member_phase::serving};
  std::atomic<int> unreachable_{0};
  std::atomic<int> strangers_{0};
  std::atomic<uint32_t> alone_{0};
  mutable std::mutex mutex_; // guards the next four
  membership_figures figures_;
  cluster_view_ptr view_;
  std::string refusal_;
  std::optional<boot_epoch> superseded_;
  std::unique_ptr<detector> detector_;
};

} // namespace

TEST_CASE("two nodes find each other through one seed, and see each other's phase") {
  watched_detector a{{.id = 1}};
  CHECK(eventually([&] { return a.sees(1) == member_condition::serving; }));
  watched_detector b{{.id = 2, .seeds = {a.address()}}};
  CHECK(eventually([&] { return a.sees(2) == member_condition::serving; }));
  CHECK(eventually([&] { return b.sees(1) == member_condition::serving; }));
  CHECK(b.view()->self == node_id{2});
  CHECK(b.view()->members.front().node == node_id{2});
  b.set_phase(member_phase::draining);
  CHECK(eventually([&] { return a.sees(2) == member_condition::draining; }));
}

TEST_CASE("of three nodes one goes without a word: the others know; it comes back: they know that, too") {
  watched_detector a{{.id = 1}};
  watched_detector b{{.id = 2, .seeds = {a.address()}}};
  auto c = std::make_unique<watched_detector>(watched_detector::setup{.id = 3, .seeds = {a.address()}});
  for (const watched_detector* one : {&a, &b, c.get()})
    REQUIRE(eventually([&] {
      return one->sees(1) == member_condition::serving && one->sees(2) == member_condition::serving &&
             one->sees(3) == member_condition::serving;
    }));
  CHECK(eventually([&] { return a.figures().counters.probes > 0; }));
  CHECK(a.figures().counters.probes_failed == 0);
  c.reset();
  CHECK(eventually([&] { return a.sees(3) == member_condition::dead; }));
  CHECK(eventually([&] { return b.sees(3) == member_condition::dead; }));
  c = std::make_unique<watched_detector>(watched_detector::setup{.id = 3, .epoch = 2, .seeds = {b.address()}});
  CHECK(eventually([&] { return a.sees(3) == member_condition::serving; }));
  CHECK(eventually([&] { return b.sees(3) == member_condition::serving; }));
}

TEST_CASE("a node that says goodbye has left, and is not called dead") {
  watched_detector a{{.id = 1}};
  watched_detector b{{.id = 2, .seeds = {a.address()}}};
  REQUIRE(eventually([&] { return a.sees(2) == member_condition::serving; }));
  std::atomic<int> told{0};
  b.it().leave([&] { ++told; });
  CHECK(eventually([&] { return told == 1; }));
  b.stop();
  CHECK(eventually([&] { return a.sees(2) == member_condition::left; }));
  CHECK(told == 1);
}

TEST_CASE("a node of another cluster is refused with the reason, and nobody learns of it") {
  watched_detector a{{.id = 1, .cluster = "production"}};
  watched_detector b{{.id = 2, .cluster = "test", .seeds = {a.address()}}};
  REQUIRE(eventually([&] { return !b.refusal().empty(); }));
  CHECK(b.refusal().find("production") != std::string::npos);
  CHECK(b.refusal().find("test") != std::string::npos);
  CHECK(a.sees(2) == std::nullopt);
  CHECK(b.sees(1) == std::nullopt);
  CHECK(a.strangers() > 0);
  CHECK(eventually([&] { return b.alone() == 1; }));
  CHECK(a.alone() == 0);
}

TEST_CASE("a copied data folder is refused by the others and by the node itself, and that one stays") {
  watched_detector a{{.id = 1}};
  watched_detector b{{.id = 2, .seeds = {a.address()}}};
  REQUIRE(eventually([&] { return a.sees(2) == member_condition::serving; }));
  for (const auto& seed : {a.address(), b.address()}) {
    CAPTURE(seed);
    watched_detector copy{{.id = 2, .epoch = 2, .seeds = {seed}}};
    REQUIRE(eventually([&] { return !copy.refusal().empty(); }));
    CHECK(copy.refusal().starts_with("IDENTITY_TAKEN"));
    CHECK(copy.refusal().find(b.address()) != std::string::npos);
    CHECK(copy.sees(1) == std::nullopt);
    CHECK(eventually([&] { return copy.alone() == 1; }));
  }
  CHECK(b.superseded_by() == std::nullopt);
  CHECK(a.sees(2) == member_condition::serving);
  CHECK(a.view()->members.size() == 2);
}

TEST_CASE("a node that is started again at another address gets in, since nobody listens at the old one") {
  watched_detector a{{.id = 1}};
  auto b = std::make_unique<watched_detector>(watched_detector::setup{.id = 2, .seeds = {a.address()}});
  REQUIRE(eventually([&] { return a.sees(2) == member_condition::serving; }));
  b.reset();
  watched_detector again{{.id = 2, .epoch = 2, .seeds = {a.address()}}};
  CHECK(eventually([&] { return again.sees(1) == member_condition::serving; }));
  CHECK(eventually([&] { return a.sees(2) == member_condition::serving; }));
  CHECK(a.view()->members.at(1).peer_address == again.address());
  CHECK(a.view()->members.at(1).epoch == boot_epoch{2});
}

TEST_CASE("a process that comes back after its successor was accepted stops") {
  watched_detector a{{.id = 1}};
  watched_detector later{{.id = 2, .epoch = 2, .seeds = {a.address()}}};
  REQUIRE(eventually([&] { return a.sees(2) == member_condition::serving; }));
  watched_detector earlier{{.id = 2, .epoch = 1, .seeds = {a.address()}}};
  CHECK(eventually([&] { return earlier.superseded_by() == boot_epoch{2}; }));
  CHECK(later.superseded_by() == std::nullopt);
}

TEST_CASE("with mTLS, nodes of one authority join, and a stranger's certificate does not get in") {
  const certificates files;
  const tls_files ours{files.path("server.pem"), files.path("server.key"), files.path("ca.pem")};
  const tls_files theirs{files.path("other-server.pem"), files.path("other-server.key"), files.path("other-ca.pem")};
  watched_detector a{{.id = 1, .tls = ours}};
  watched_detector b{{.id = 2, .seeds = {a.address()}, .tls = ours}};
  CHECK(eventually([&] { return a.sees(2) == member_condition::serving; }));
  watched_detector stranger{{.id = 3, .seeds = {a.address()}, .tls = theirs}};
  watched_detector plain{{.id = 4, .seeds = {a.address()}}};
  CHECK(eventually([&] { return stranger.unreachable() > 0 && plain.unreachable() > 0; }));
  CHECK(a.sees(3) == std::nullopt);
  CHECK(a.sees(4) == std::nullopt);
}

TEST_CASE("an address in use is said at start") {
  watched_detector a{{.id = 1}};
  detector_options options;
  options.exchange.listen = a.address();
  options.identity = {.node = node_id{2}, .epoch = boot_epoch{1}};
  const auto started = detector::start(std::move(options), {});
  REQUIRE_FALSE(started);
  CHECK(started.error().message.find("in use") != std::string::npos);
}

TEST_CASE("what a member says of its work counts before what the detector says of its answers") {
  member_record record;
  const auto seen = [&](member_state state, member_phase phase) {
    record.state = state;
    record.phase = phase;
    return condition_of(record);
  };
  CHECK(seen(member_state::alive, member_phase::starting) == member_condition::starting);
  CHECK(seen(member_state::alive, member_phase::serving) == member_condition::serving);
  CHECK(seen(member_state::suspect, member_phase::serving) == member_condition::suspect);
  CHECK(seen(member_state::suspect, member_phase::draining) == member_condition::draining);
  CHECK(seen(member_state::dead, member_phase::serving) == member_condition::dead);
  CHECK(seen(member_state::left, member_phase::draining) == member_condition::left);
  record.health = node_health::unhealthy;
  CHECK(seen(member_state::alive, member_phase::serving) == member_condition::draining);
}
