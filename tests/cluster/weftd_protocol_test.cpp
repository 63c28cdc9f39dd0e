#include "node/peer/detector.hpp"
#include "tests/cluster/cluster_fixture.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <mutex>

using namespace weft;
using namespace weft::test;
namespace pb = weft::v1;

namespace {

/// What a node of another release is to this one: a failure detector that speaks other peer protocol versions. It can
/// be seen and cannot be asked for results.
class other_release {
public:
  other_release(protocol_range protocol, std::vector<std::string> seeds) {
    detector_options options;
    options.membership.cluster_id = "test";
    options.exchange.listen = "127.0.0.1:0";
    options.identity = {.node = node_id{7}, .epoch = boot_epoch{1}};
    options.profile.name = "other";
    options.profile.region = "local";
    options.profile.protocol = protocol;
    options.addresses = std::move(seeds);
    auto started = detector::start(std::move(options), listener());
    REQUIRE(started);
    detector_ = *std::move(started);
  }

  const std::string& address() const { return detector_->address(); }
  std::string refusal() const {
    const std::lock_guard hold(mutex_);
    return refusal_;
  }
  size_t members() const {
    const std::lock_guard hold(mutex_);
    return members_;
  }

private:
  detector_listener listener() {
    return {.look = [] { return local_state{.phase = member_phase::serving}; },
            .on_view =
                [this](const cluster_view_ptr& view) {
                  const std::lock_guard hold(mutex_);
                  members_ = view->members.size();
                },
            .on_event = [](const member_event&) {},
            .on_figures = [](const membership_figures&) {},
            .on_refused =
                [this](const join_refused& refused) {
                  const std::lock_guard hold(mutex_);
                  refusal_ = std::string{to_string(refused.answer.verdict)} + ": " + refused.answer.reason;
                },
            .on_stranger = [](const stranger_refused&) {},
            .on_alone = [](uint32_t) {},
            .on_unreachable = [](const std::string&, const std::string&) {},
            .on_superseded = [](boot_epoch) {},
            .on_known_peers = [](const std::vector<std::string>&) {}};
  }

  mutable std::mutex mutex_; // guards the next two
  std::string refusal_;
  size_t members_ = 0;
  std::unique_ptr<detector> detector_;
};

} // namespace

TEST_CASE("a release that also speaks the next protocol version joins, and its neighbors serve on") {
  cluster_fixture nodes{2};
  const other_release next{{.min = 1, .max = 2}, {nodes[0].peer_address()}};
  CHECK(nodes.comes_true([&] { return next.members() == 3; }));
  for (size_t i = 0; i < nodes.size(); ++i)
    CHECK(nodes.comes_true([&] { return nodes[i].sees("other") == pb::NODE_STATE_SERVING; }));
  CHECK(next.refusal() == "");
  // A third of the keys is its, and it answers no requests: its neighbors do.
  for (size_t i = 0; i < nodes.size(); ++i)
    CHECK(nodes[i].embed(texts({"one", "two", "three", "four", "five", "six"})).first.ok());
}

TEST_CASE("a release without a common protocol version is refused with both ranges, whoever calls whom") {
  cluster_fixture nodes{1};
  const other_release caller{{.min = 2, .max = 3}, {nodes[0].peer_address()}};
  CHECK(nodes.comes_true([&] { return !caller.refusal().empty(); }));
  CHECK(caller.refusal().starts_with("NO_COMMON_PROTOCOL"));
  CHECK(caller.refusal().find("[1, 1]") != std::string::npos);
  CHECK(caller.refusal().find("[2, 3]") != std::string::npos);
  CHECK(nodes[0].members().size() == 1);

  const other_release called{{.min = 2, .max = 3}, {}};
  cluster_node joining{{.name = "late", .seeds = {called.address()}}};
  joining.start();
  const auto line = joining.process().wait_for_line("join refused");
  CHECK(line["verdict"] == "NO_COMMON_PROTOCOL");
  CHECK(line["reason"].get<std::string>().find("[2, 3]") != std::string::npos);
  CHECK(line["peer"] == called.address());
  CHECK(joining.members().size() == 1);
  CHECK(joining.embed(texts({"alone"})).first.ok());
}
