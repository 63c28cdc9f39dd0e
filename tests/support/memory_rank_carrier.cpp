#include "tests/support/memory_rank_carrier.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/collective/linked_collective.hpp"

namespace weft {
namespace {

/// A link that keeps its net.
std::shared_ptr<rank_link> link_of(std::shared_ptr<faulty_rank_net> net, uint32_t rank) {
  struct both {
    std::shared_ptr<faulty_rank_net> net;
    std::shared_ptr<rank_link> link;
  };
  auto link = net->link(rank);
  const auto kept = std::make_shared<both>(both{std::move(net), std::move(link)});
  return {kept, kept->link.get()};
}

} // namespace

class memory_rank_hub::node_carrier final : public rank_carrier {
public:
  node_carrier(std::shared_ptr<memory_rank_hub> hub, std::string address)
      : hub_(std::move(hub)), address_(std::move(address)) {}
  result<std::unique_ptr<collective>> join(const rank_seat& seat) override { return hub_->join(address_, seat); }

private:
  const std::shared_ptr<memory_rank_hub> hub_;
  const std::string address_;
};

std::shared_ptr<rank_carrier> memory_rank_hub::carrier(std::string address) {
  return std::make_shared<node_carrier>(shared_from_this(), std::move(address));
}

result<std::unique_ptr<collective>> memory_rank_hub::join(const std::string& address, const rank_seat& seat) {
  const auto& group = seat.group;
  WEFT_ASSERT(seat.addresses.size() == group.ranks);
  if (group.ranks == 0 || group.ranks > collective_ranks_max || group.rank >= group.ranks ||
      seat.addresses[group.rank] != address)
    return failure{errc::invalid_argument, "rank " + std::to_string(group.rank) + " is not of the node at " + address};
  const std::lock_guard hold(mutex_);
  if (dead_.contains(address))
    return failure{errc::unavailable, "the node is stopping"};
  const key of{.job = seat.job, .epoch = group.epoch, .formation = group.formation};
  if (!taken_.emplace(of, group.rank).second)
    return failure{errc::invalid_argument, "rank " + std::to_string(group.rank) + " takes part already, or did"};
  return std::unique_ptr<collective>(std::make_unique<linked_collective>(group, link_of(net_of(of, seat), group.rank)));
}

std::shared_ptr<faulty_rank_net> memory_rank_hub::net_of(const key& of, const rank_seat& seat) {
  auto& here = meetings_[of];
  if (auto net = here.net.lock())
    return net;
  auto net = std::make_shared<faulty_rank_net>(seat.group.ranks, seed_ + of.epoch);
  here = {.net = net, .addresses = seat.addresses};
  for (uint32_t rank = 0; rank < seat.group.ranks; ++rank)
    if (dead_.contains(seat.addresses[rank]))
      net->kill(rank);
  return net;
}

void memory_rank_hub::kill(const std::string& address) {
  const std::lock_guard hold(mutex_);
  dead_.insert(address);
  for (const auto& [of, here] : meetings_)
    if (const auto net = here.net.lock())
      for (uint32_t rank = 0; rank < here.addresses.size(); ++rank)
        if (here.addresses[rank] == address)
          net->kill(rank);
}

void memory_rank_hub::revive(const std::string& address) {
  const std::lock_guard hold(mutex_);
  dead_.erase(address);
}

size_t memory_rank_hub::joined() const {
  const std::lock_guard hold(mutex_);
  return taken_.size();
}

} // namespace weft
