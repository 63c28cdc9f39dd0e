#pragma once

#include "node/peer/grpc_rank_link.hpp"
#include "node/peer/peer_server.hpp"
#include "runtime/compute/collective/linked_collective.hpp"
#include "tests/node/grpc/test_node.hpp"
#include "tests/support/rank_threads.hpp"

#include <doctest/doctest.h>

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace weft::test {

struct rank_node_options {
  std::chrono::milliseconds patience{60'000}; ///< of streams that wait for their rank
  size_t held_max = 256;
  bool has_ranks = true;
  std::optional<tls_files> tls{};
};

/// A node that takes part: a real server on a free port, its desk, and its ways to others.
class rank_node {
public:
  explicit rank_node(const rank_node_options& given = {})
      : desk(std::make_shared<rank_desk>(rank_desk_options{.held_max = given.held_max})) {
    peer_server_options options;
    options.tls = given.tls;
    options.rank_patience = given.patience;
    if (given.has_ranks)
      options.ranks = desk;
    server_ = std::make_unique<peer_server>(options, entrance_, meter_);
    const auto port = server_->start();
    REQUIRE_MESSAGE(port, (port ? "" : port.error().message));
    address = "127.0.0.1:" + std::to_string(*port);
    auto made = rank_dialer::make({.tls = given.tls});
    REQUIRE(made);
    dialer = *made;
  }
  rank_node(const rank_node&) = delete;
  rank_node& operator=(const rank_node&) = delete;
  ~rank_node() { die(); }

  /// Everything of it that others are connected to ends, as if its process had.
  void die() {
    dialer->close();
    server_->shutdown(std::chrono::milliseconds(0));
  }

  const std::shared_ptr<rank_desk> desk;
  std::shared_ptr<rank_dialer> dialer;
  std::string address;

private:
  fake_ingress entrance_{answer};
  std::shared_ptr<counting_meter> meter_ = std::make_shared<counting_meter>();
  std::unique_ptr<peer_server> server_;
};

/// One node a rank. Outlives the links and ends that it makes.
class rank_nodes {
public:
  explicit rank_nodes(uint32_t ranks, const rank_node_options& options = {}) {
    for (uint32_t rank = 0; rank < ranks; ++rank)
      nodes_.push_back(std::make_unique<rank_node>(options));
  }

  rank_node& node(uint32_t rank) { return *nodes_[rank]; }
  uint32_t ranks() const { return static_cast<uint32_t>(nodes_.size()); }

  /// A way of one rank; `alive`: the nodes that take part, in the order of the ranks; empty: all.
  std::shared_ptr<rank_link> link(uint32_t rank, uint64_t epoch, std::vector<uint32_t> alive = {},
                                  std::chrono::milliseconds meet_time = std::chrono::minutes(1)) {
    if (alive.empty())
      alive = everyone();
    rank_link_options options{.communicator = {.job = {1, 2}, .epoch = epoch}, .rank = rank, .meet_time = meet_time};
    for (const auto number : alive)
      options.addresses.push_back(node(number).address);
    auto& mine = node(alive.at(rank));
    auto made = grpc_rank_link::make(mine.desk, mine.dialer, options);
    REQUIRE_MESSAGE(made, (made ? "" : made.error().message));
    return *made;
  }

  /// An end a rank, each on its own node.
  rank_ends ends(uint64_t epoch, const std::vector<uint32_t>& alive = {}) {
    const auto members = alive.empty() ? everyone() : alive;
    const auto count = static_cast<uint32_t>(members.size());
    rank_ends out;
    for (uint32_t rank = 0; rank < count; ++rank)
      out.push_back(std::make_unique<linked_collective>(
          collective_group{epoch, rank, count}, link(rank, epoch, members), linked_options{.piece_bytes = 16 * 1024}));
    return out;
  }

private:
  std::vector<uint32_t> everyone() const {
    std::vector<uint32_t> out;
    for (uint32_t r = 0; r < ranks(); ++r)
      out.push_back(r);
    return out;
  }

  std::vector<std::unique_ptr<rank_node>> nodes_;
};

/// Keeps what comes. Thread-safe.
class recording_inbox final : public rank_inbox {
public:
  void receive(rank_frame frame) override {
    const std::lock_guard hold(mutex_);
    CHECK_FALSE(down_.contains(frame.from));
    frames_.push_back(std::move(frame));
  }
  void link_down(uint32_t rank, std::string why) override {
    const std::lock_guard hold(mutex_);
    CHECK(down_.emplace(rank, std::move(why)).second);
  }

  std::vector<rank_frame> frames() const {
    const std::lock_guard hold(mutex_);
    return frames_;
  }
  /// Waits until it is told that the rank is gone, and gives the reason.
  std::string why_down(uint32_t rank) const {
    REQUIRE(eventually([&] {
      const std::lock_guard hold(mutex_);
      return down_.contains(rank);
    }));
    const std::lock_guard hold(mutex_);
    return down_.at(rank);
  }
  bool all_up() const {
    const std::lock_guard hold(mutex_);
    return down_.empty();
  }

private:
  mutable std::mutex mutex_; // guards the rest
  std::vector<rank_frame> frames_;
  std::map<uint32_t, std::string> down_;
};

inline bool says(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

} // namespace weft::test
