#include "node/peer/convert_entries.hpp"
#include "node/peer/grpc_entry_link.hpp"
#include "node/peer/peer_server.hpp"
#include "tests/node/grpc/test_node.hpp"

#include <doctest/doctest.h>

#include <future>
#include <memory>
#include <string>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

namespace {

namespace pb = weft::peer::v1;

stored_entry entry(uint64_t number) {
  return {.key = {number, ~number},
          .kind = std::string("k\0\xff", 3),
          .body = std::string(1 + number, '\xfe'),
          .generation = number,
          .expires_in = number % 2 ? std::optional{std::chrono::milliseconds{number}} : std::nullopt};
}

bool equal(const stored_entry& a, const stored_entry& b) {
  return a.key == b.key && a.kind == b.kind && a.body == b.body && a.generation == b.generation &&
         a.expires_in == b.expires_in;
}

/// A node with a cache on a free port, and the way to it.
struct entries_peer {
  explicit entries_peer(entries_door door, const entry_link_options& link_options = {}) {
    peer_server_options options;
    options.entries = std::move(door);
    server = std::make_unique<peer_server>(options, entrance, meter);
    const auto started = server->start();
    REQUIRE(started);
    member.data_address = "127.0.0.1:" + std::to_string(*started);
    auto made = grpc_entry_link::make(link_options);
    REQUIRE(made);
    link = *made;
  }
  status give(entry_parcel parcel) const {
    const auto end = std::make_shared<std::promise<status>>();
    link->give(member, std::move(parcel), [end](status kept) { end->set_value(std::move(kept)); });
    return end->get_future().get();
  }
  result<found_entries> find(const std::vector<cache_key>& keys, std::chrono::milliseconds within = 10s) const {
    const auto end = std::make_shared<std::promise<result<found_entries>>>();
    link->find(member, keys, within, [end](result<found_entries> found) { end->set_value(std::move(found)); });
    return end->get_future().get();
  }
  result<std::vector<hot_key>> hottest(uint32_t keys_max) const {
    const auto end = std::make_shared<std::promise<result<std::vector<hot_key>>>>();
    link->hottest(member, keys_max, [end](result<std::vector<hot_key>> hot) { end->set_value(std::move(hot)); });
    return end->get_future().get();
  }

  fake_ingress entrance{weft::test::answer};
  std::shared_ptr<counting_meter> meter = std::make_shared<counting_meter>();
  std::unique_ptr<peer_server> server;
  cluster_member member;
  std::shared_ptr<grpc_entry_link> link;
};

} // namespace

TEST_CASE("entries arrive as they were sent, with expiry, generation and uses") {
  entry_parcel came;
  const entries_peer peer{{.keep =
                               [&](entry_parcel parcel, const auto& done) {
                                 came = std::move(parcel);
                                 done(ok);
                               },
                           .find = {},
                           .hottest = {}}};
  const entry_parcel parcel{.entries = {entry(1), entry(2)}, .uses = {7, 9}};
  REQUIRE(peer.give(parcel));
  REQUIRE(came.entries.size() == 2);
  CHECK(equal(came.entries[0], parcel.entries[0]));
  CHECK(equal(came.entries[1], parcel.entries[1]));
  CHECK(came.uses == parcel.uses);
}

TEST_CASE("what is found comes back by key, with its place and age, and what is not found is empty") {
  const entries_peer peer{{.keep = {},
                           .find =
                               [](const std::vector<cache_key>& keys, const auto& done) {
                                 found_entries out(keys.size());
                                 out[1] = found_entry{entry(5), entry_place::packed, 1'500ms};
                                 out[2] = found_entry{entry(6), entry_place::store, std::nullopt};
                                 done(std::move(out));
                               },
                           .hottest = {}}};
  const auto found = peer.find({entry(4).key, entry(5).key, entry(6).key});
  REQUIRE(found);
  REQUIRE(found->size() == 3);
  CHECK_FALSE((*found)[0]);
  REQUIRE((*found)[1]);
  CHECK(equal((*found)[1]->entry, entry(5)));
  CHECK((*found)[1]->place == entry_place::packed);
  CHECK((*found)[1]->age == 1'500ms);
  REQUIRE((*found)[2]);
  CHECK((*found)[2]->place == entry_place::store);
  CHECK_FALSE((*found)[2]->age);
}

TEST_CASE("hot keys come in their order, no more than were asked for") {
  const entries_peer peer{{.keep = {}, .find = {}, .hottest = [](uint32_t most, const auto& done) {
                             CHECK(most == 2);
                             done(std::vector<hot_key>{{{1, 2}, 9}, {{3, 4}, 5}});
                           }}};
  const auto hot = peer.hottest(2);
  REQUIRE(hot);
  CHECK(*hot == std::vector<hot_key>{{{1, 2}, 9}, {{3, 4}, 5}});
}

TEST_CASE("a refusal keeps its reason; a node without a cache, one that is gone and one unknown are unavailable") {
  entries_peer peer{{.keep =
                         [](const auto&, const auto& done) {
                           done(failure{errc::storage_full, "full"});
                         },
                     .find =
                         [](const auto&, const auto& done) {
                           done(failure{errc::overloaded, "busy", {}, 250ms});
                         },
                     .hottest = {}}};
  CHECK(peer.give({.entries = {entry(1)}, .uses = {}}).error().code == errc::storage_full);
  CHECK(peer.find({entry(1).key}).error().code == errc::overloaded);
  CHECK(peer.hottest(1).error().code == errc::unavailable);
  peer.server->shutdown(0ms);
  CHECK(peer.find({entry(1).key}).error().code == errc::unavailable);
  peer.member.data_address.clear();
  CHECK(peer.find({entry(1).key}).error().code == errc::unavailable);
}

namespace {

/// Keeps what it is asked until it is told to answer.
struct slow_node {
  entries_door door() {
    return {.keep = {},
            .find =
                [this](const std::vector<cache_key>&, auto done) {
                  const std::lock_guard hold(mutex);
                  if (keeps)
                    kept.push_back(std::move(done));
                  else
                    done(found_entries{});
                },
            .hottest = {}};
  }
  /// Late answers go nowhere, but the server waits for them when it stops.
  void answer() {
    const std::lock_guard hold(mutex);
    keeps = false;
    for (const auto& done : kept)
      done(found_entries{});
  }
  std::mutex mutex; // guards the next two
  bool keeps = true;
  std::vector<std::function<void(result<found_entries>)>> kept;
};

} // namespace

TEST_CASE("a look takes no longer than it may") {
  slow_node slow;
  const entries_peer peer{slow.door()};
  CHECK(peer.find({entry(1).key}, 50ms).error().code == errc::deadline_exceeded);
  slow.answer();
}

TEST_CASE("unanswered questions are bounded, and end with the link") {
  slow_node slow;
  const entries_peer peer{slow.door(), {.asks_max = 1}};
  std::promise<errc> ended;
  peer.link->find(peer.member, {entry(1).key}, 60s, [&](const auto& found) { ended.set_value(found.error().code); });
  CHECK(peer.find({entry(2).key}).error().code == errc::overloaded);
  peer.link->close();
  CHECK(ended.get_future().get() == errc::unavailable);
  CHECK(peer.find({entry(3).key}).error().code == errc::unavailable);
  slow.answer();
}

TEST_CASE("messages that no node sends are refused, and large answers are cut") {
  pb::StoreEntriesRequest parcel;
  write_store_entries({.entries = {entry(1)}, .uses = {1}}, parcel);
  parcel.add_uses(2);
  CHECK(read_store_entries(parcel).error().code == errc::invalid_argument);
  pb::StoreEntriesRequest no_key;
  no_key.add_entries();
  CHECK(read_store_entries(no_key).error().code == errc::invalid_argument);
  pb::StoreEntriesRequest many;
  pb::FindEntriesRequest keys;
  for (uint32_t i = 0; i <= entries_max; ++i) {
    many.add_entries()->mutable_key();
    keys.add_keys();
  }
  CHECK(read_store_entries(many).error().code == errc::invalid_argument);
  CHECK(read_find_entries(keys).error().code == errc::invalid_argument);

  found_entries large(3);
  for (auto& one : large) {
    one = found_entry{entry(1), entry_place::memory, std::nullopt};
    one->entry.body.assign(found_bytes_max / 2 - 100, 'x');
  }
  pb::FindEntriesResponse cut;
  write_found(large, cut);
  CHECK(cut.entries_size() == 2);
  pb::FindEntriesResponse strange;
  write_found({found_entry{entry(1), entry_place::memory, std::nullopt}}, strange);
  CHECK_FALSE(read_found({entry(2).key}, strange)[0]); // another key than was asked for
}
