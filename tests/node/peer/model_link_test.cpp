#include "node/config/address.hpp"
#include "node/model/model_fetcher.hpp"
#include "node/peer/grpc_model_link.hpp"
#include "node/peer/model_relay.hpp"
#include "tests/node/grpc/certificates.hpp"
#include "tests/node/model/model_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <condition_variable>
#include <future>
#include <memory>
#include <mutex>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;
namespace fs = std::filesystem;

namespace {

/// One node's side of the model over gRPC: it gives what it has, or fetches it.
struct model_node {
  explicit model_node(std::optional<tls_files> tls = std::nullopt, std::string cluster = "c") {
    auto started = model_relay::start({.cluster_id = cluster,
                                       .peer_listen = "127.0.0.1:0",
                                       .data_listen = "127.0.0.1:0",
                                       .data_address = [](uint16_t port) { return with_port("127.0.0.1:0", port); },
                                       .tls = tls});
    REQUIRE(started);
    relay = *std::move(started);
    auto made = grpc_model_link::make(
        {.cluster_id = std::move(cluster), .own_address = relay->data_address(), .tls = std::move(tls)});
    REQUIRE(made);
    link = *std::move(made);
  }
  std::string peer() const { return with_port("127.0.0.1:0", relay->peer_port()); }
  void give(const model_folder& from) const { relay->offer(*model_shelf::whole(from.files(), "m")); }
  fs::path target() const { return base.path() / "m"; }

  /// on_source: also called before the first piece.
  result<fetched_model> fetch(std::vector<std::string> peers, fetch_listener listener = {}) const {
    listener.on_shelf = [this](auto shelf) { relay->offer(std::move(shelf)); };
    return model_fetcher{
        {.model = "m", .addresses = std::move(peers), .pause = 5ms}, target(), *link, std::move(listener)}
        .run();
  }

  temporary_directory base;
  std::unique_ptr<model_relay> relay;
  std::unique_ptr<grpc_model_link> link;
};

/// So many threads meet.
class meeting {
public:
  explicit meeting(int count) : missing_(count) {}
  void arrive_and_wait() {
    std::unique_lock hold(mutex_);
    if (--missing_ == 0)
      all_.notify_all();
    all_.wait(hold, [this] { return missing_ <= 0; });
  }

private:
  std::mutex mutex_;
  std::condition_variable all_;
  int missing_;
};

/// Another link, whose pieces are counted as they come.
class watched_link final : public model_link {
public:
  watched_link(model_link& through, std::function<void(uint32_t pieces)> on_piece)
      : through_(through), on_piece_(std::move(on_piece)) {}

  result<std::vector<std::string>> find(const std::string& address) override { return through_.find(address); }
  result<model_offer> describe(const std::string& address, const std::string& model) override {
    return through_.describe(address, model);
  }
  status fetch(const std::string& address, const range& what,
               const std::function<bool(std::string piece)>& take) override {
    return through_.fetch(address, what, [&](std::string piece) {
      const bool more = take(std::move(piece));
      on_piece_(++pieces_);
      return more;
    });
  }
  void cancel() override { through_.cancel(); }

private:
  model_link& through_;
  const std::function<void(uint32_t pieces)> on_piece_;
  uint32_t pieces_ = 0;
};

uint64_t from(const fetched_model& fetched, const model_node& node) {
  const auto at = fetched.bytes_from.find(node.relay->data_address());
  return at == fetched.bytes_from.end() ? 0 : at->second;
}

} // namespace

TEST_CASE("a model comes over gRPC to the byte, and goes on from whoever fetched it") {
  const model_folder folder{9 * model_piece_bytes + 12'345};
  const model_node owner;
  owner.give(folder);
  const model_node second;
  const auto fetched = second.fetch({owner.peer()});
  REQUIRE(fetched);
  CHECK(same_files(second.target(), folder.path()));
  CHECK(fetched->files.version == folder.files().version);
  CHECK(from(*fetched, owner) == bytes_of(manifest_of(folder.path())));
  // A third one knows the second one only.
  const model_node third;
  const auto again = third.fetch({second.peer()});
  REQUIRE(again);
  CHECK(same_files(third.target(), folder.path()));
  CHECK(from(*again, second) == bytes_of(manifest_of(folder.path())));
}

TEST_CASE("nodes that fetch at the same time get the pieces from each other, and the owner gives each once") {
  const model_folder folder{32 * model_piece_bytes};
  const auto total = bytes_of(manifest_of(folder.path()));
  const model_node owner;
  owner.give(folder);
  const std::vector<std::unique_ptr<model_node>> nodes = [] {
    std::vector<std::unique_ptr<model_node>> out;
    for (int i = 0; i < 3; ++i)
      out.push_back(std::make_unique<model_node>());
    return out;
  }();
  meeting described{3}; // nobody begins before all have a place in the chain
  std::vector<std::future<result<fetched_model>>> running;
  for (const auto& node : nodes)
    running.push_back(std::async(std::launch::async, [&] {
      bool first = true;
      return node->fetch({owner.peer()}, {.on_source = [&](const auto&) {
                           if (std::exchange(first, false))
                             described.arrive_and_wait();
                         }});
    }));
  uint64_t owner_gave = 0;
  for (size_t i = 0; i < nodes.size(); ++i) {
    const auto fetched = running[i].get();
    REQUIRE(fetched);
    owner_gave += from(*fetched, owner);
    CHECK(same_files(nodes[i]->target(), folder.path()));
  }
  CHECK(owner_gave == total);
}

TEST_CASE("a node that stops in mid transfer is followed by another one of the same version") {
  const model_folder folder{64 * model_piece_bytes};
  const auto total = bytes_of(manifest_of(folder.path()));
  const auto first = std::make_unique<model_node>();
  const model_node second;
  second.give(folder);
  const model_node asker;
  const auto first_data = first->relay->data_address();
  // It gives ten pieces, has no more, and is gone.
  const auto manifest = manifest_of(folder.path());
  auto some = *model_shelf::growing(folder.path(), manifest, {.patience = 60s});
  for (uint32_t i = 0; i < 10; ++i)
    some->put(i);
  first->relay->offer(some);
  std::vector<std::string> sources;
  std::future<void> stopping;
  watched_link link{*asker.link, [&](uint32_t pieces) {
                      if (pieces == 10) // it ends its streams; its connection breaks
                        stopping = std::async(std::launch::async, [&] { first->relay->stop(0ms); });
                    }};
  const auto fetched = model_fetcher{
      {.model = "m", .addresses = {first->peer(), second.peer()}, .pause = 5ms},
      asker.target(),
      link,
      {.on_source = [&](const auto& address) {
        sources.push_back(address);
      }}}.run();
  stopping.wait();
  REQUIRE(fetched);
  REQUIRE(sources.size() == 2);
  CHECK(sources[0] == first_data);
  CHECK(sources[1] == second.relay->data_address());
  CHECK(from(*fetched, *first) == 10 * uint64_t{model_piece_bytes});
  CHECK(from(*fetched, second) == total - 10 * uint64_t{model_piece_bytes}); // nothing came twice
  CHECK(same_files(asker.target(), folder.path()));
}

TEST_CASE("bytes that are damaged on a node's disk are refused and come from another one") {
  const model_folder folder{8 * model_piece_bytes};
  const model_folder bad{8 * model_piece_bytes};
  const model_node liar;
  liar.give(bad);
  const model_node asker;
  const model_node owner;
  owner.give(folder);
  // It has described itself already when its disk goes bad.
  REQUIRE(asker.link->describe(liar.relay->data_address(), "m"));
  auto weights = contents(folder.path() / "model.safetensors");
  weights[3 * model_piece_bytes + 17] ^= 1;
  bad.write("model.safetensors", weights);
  std::string why;
  const auto fetched = asker.fetch({liar.peer(), owner.peer()},
                                   {.on_trouble = [&](const auto&, const failure& it) { why = it.message; }});
  REQUIRE(fetched);
  CHECK(why == "sent a damaged piece of model.safetensors");
  CHECK(from(*fetched, liar) == 3 * uint64_t{model_piece_bytes});
  CHECK(same_files(asker.target(), folder.path()));
}

TEST_CASE("a node gives to four at a time and tells others when to come back") {
  const model_folder folder;
  const auto manifest = manifest_of(folder.path());
  const model_node owner;
  owner.relay->offer(*model_shelf::growing(folder.path(), manifest, {.patience = 60s})); // gives nothing: all wait
  const auto fetch = [&](model_link& link) {
    return link.fetch(owner.relay->data_address(), {.version = manifest.version, .file = "config.json"},
                      [](const auto&) { return true; });
  };
  // Whoever comes fifth is refused; the four end when the owner stops giving.
  meeting refused{2};
  std::vector<std::unique_ptr<model_node>> nodes;
  std::vector<std::future<status>> running;
  for (int i = 0; i < 5; ++i) {
    nodes.push_back(std::make_unique<model_node>());
    running.push_back(std::async(std::launch::async, [&, link = nodes.back()->link.get()] {
      auto ended = fetch(*link);
      if (!ended && ended.error().code == errc::overloaded)
        refused.arrive_and_wait();
      return ended;
    }));
  }
  refused.arrive_and_wait();
  owner.relay->offer(nullptr);
  int overloaded = 0;
  for (auto& each : running) {
    const auto ended = each.get();
    REQUIRE_FALSE(ended);
    if (ended.error().code == errc::overloaded) {
      ++overloaded;
      CHECK(ended.error().retry_after == 1'000ms);
    } else {
      CHECK(ended.error().code == errc::unavailable);
    }
  }
  CHECK(overloaded == 1);
}

TEST_CASE("only this cluster, this model, this version and a model's files are given") {
  const model_folder folder;
  const auto version = folder.files().version;
  const model_node owner;
  const auto address = owner.relay->data_address();
  const model_node asker;
  const model_node stranger{std::nullopt, "other"};
  const auto take = [](const auto&) { return true; };
  CHECK(asker.link->describe(address, "m").error().code == errc::unavailable); // nothing is there yet
  owner.give(folder);
  CHECK(asker.link->describe(address, "x").error().code == errc::unknown_model);
  CHECK(stranger.link->find(owner.peer()).error().code == errc::invalid_argument);
  CHECK(stranger.link->describe(address, "m").error().code == errc::invalid_argument);
  CHECK(stranger.link->fetch(address, {.version = version, .file = "vocab.txt"}, take).error().code ==
        errc::invalid_argument);
  CHECK(asker.link->fetch(address, {.version = "000000000000", .file = "vocab.txt"}, take).error().code ==
        errc::model_unusable);
  for (const auto* file : {"SHA256SUMS", "/etc/passwd", "../there/vocab.txt", ""})
    CHECK(asker.link->fetch(address, {.version = version, .file = file}, take).error().code == errc::invalid_argument);
  CHECK(asker.link->fetch(address, {.version = version, .file = "vocab.txt", .offset = 7}, take).error().code ==
        errc::invalid_argument);
  CHECK(asker.link->fetch(address, {.version = version, .file = "vocab.txt", .pieces_max = 0}, take).error().code ==
        errc::invalid_argument);
  CHECK(asker.link->fetch(address, {.version = version, .file = "vocab.txt"}, take));
}

TEST_CASE("with TLS the model is given to nodes of the right authority only") {
  const certificates made;
  const auto files = [&](const std::string& prefix) {
    return tls_files{.certificate = made.path(prefix + "server.pem"),
                     .key = made.path(prefix + "server.key"),
                     .client_ca = made.path(prefix + "ca.pem")};
  };
  const model_folder folder;
  const model_node owner{files("")};
  owner.give(folder);
  const model_node member{files("")};
  const auto fetched = member.fetch({owner.peer()});
  REQUIRE(fetched);
  CHECK(same_files(member.target(), folder.path()));
  const model_node stranger{files("other-")};
  CHECK_FALSE(stranger.link->find(owner.peer()));
  CHECK_FALSE(stranger.link->describe(owner.relay->data_address(), "m"));
  const model_node plain;
  CHECK_FALSE(plain.link->find(owner.peer()));
}

TEST_CASE("a question that is cancelled ends at once, and so does each later one") {
  const model_folder folder;
  const auto manifest = manifest_of(folder.path());
  const model_node owner;
  owner.relay->offer(*model_shelf::growing(folder.path(), manifest, {.patience = 60s}));
  const model_node asker;
  auto running = std::async(std::launch::async, [&] {
    return asker.link->fetch(owner.relay->data_address(), {.version = manifest.version, .file = "config.json"},
                             [](const auto&) { return true; });
  });
  asker.link->cancel();
  CHECK_FALSE(running.get());
  CHECK_FALSE(asker.link->find(owner.peer()));
}

TEST_CASE("the rate over loopback, for people") {
  const model_folder folder{96 * model_piece_bytes};
  const model_node owner;
  owner.give(folder);
  const model_node asker;
  const auto fetched = asker.fetch({owner.peer()});
  REQUIRE(fetched);
  const auto bytes = static_cast<double>(bytes_of(manifest_of(folder.path())));
  MESSAGE((bytes / 1e6) << " MB in " << fetched->took.count() << " ms, "
                        << bytes / 1e3 / static_cast<double>(std::max<int64_t>(fetched->took.count(), 1)) << " MB/s");
  CHECK(same_files(asker.target(), folder.path()));
}
