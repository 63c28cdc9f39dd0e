#include "runtime/compute/collective/device_collective.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/base/time.hpp"
#include "runtime/compute/collective/close_aside.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <span>
#include <utility>
#include <vector>

namespace weft {
namespace {

using namespace std::chrono_literals;

constexpr auto look_every = 50ms;
// A rank that leaves after its last verb is gone for the host's links, too: so long the others may still be in that
// verb.
constexpr auto last_verb_max = 500ms;

enum class device_standing : uint64_t { absent, refuses, ready };

struct device_offer {
  device_standing standing = device_standing::absent;
  uint64_t identity = 0;
};

/// Whether every rank has a device that it can join on, and no two the same; else why not.
std::string refusal_of(std::span<const device_offer> offers) {
  std::vector<uint64_t> seen;
  for (size_t rank = 0; rank < offers.size(); ++rank) {
    if (offers[rank].standing == device_standing::absent)
      return "rank " + std::to_string(rank) + " has no device";
    if (offers[rank].standing != device_standing::ready)
      return "rank " + std::to_string(rank) + " cannot join on its device now";
    seen.push_back(offers[rank].identity);
  }
  std::sort(seen.begin(), seen.end());
  return std::adjacent_find(seen.begin(), seen.end()) == seen.end() ? "" : "two ranks share a device";
}

/// Why the ranks cannot go over their devices; "": they can.
result<std::string> compare_devices(collective& host, const device_offer& mine, collective::patience limit) {
  std::vector<device_offer> all(host.group().ranks);
  if (auto said = host.all_gather(std::as_bytes(std::span(&mine, 1)), std::as_writable_bytes(std::span(all)), limit);
      !said)
    return said.error();
  return refusal_of(all);
}

/// The first rank makes the id; all have it afterwards, or nobody. mine: why this rank could not make it.
result<std::optional<device_group_id>> share_id(collective& host, device_ranks& devices, collective::patience limit,
                                                std::string& mine) {
  std::array<std::byte, 1 + std::tuple_size_v<device_group_id>> carried{};
  if (host.group().rank == 0) {
    if (const auto id = devices.make_id()) {
      carried[0] = std::byte{1};
      std::memcpy(&carried[1], id->data(), id->size());
    } else {
      mine = id.error().message;
    }
  }
  if (auto said = host.broadcast(carried, 0, limit); !said)
    return said.error();
  if (carried[0] == std::byte{0})
    return std::optional<device_group_id>{};
  device_group_id id;
  std::memcpy(id.data(), &carried[1], id.size());
  return std::optional{id};
}

/// Why a verb on the device failed. What the host's links know of a death is the cause, where the device only notices
/// that its peer is gone; different verbs and the end of patience are the verb's own.
failure cause_of(failure on_device, std::optional<failure> on_host) {
  if (on_device.code == errc::internal || on_device.code == errc::deadline_exceeded)
    return on_device;
  if (on_host)
    return std::move(*on_host);
  if (on_device.code == errc::engine_failed)
    return {errc::unavailable, "the device of this rank failed: " + on_device.message};
  return on_device;
}

} // namespace

device_collective::device_collective(std::unique_ptr<collective> host, std::shared_ptr<device_ranks> devices,
                                     device_collective_options options)
    : host_(std::move(host)), devices_(std::move(devices)), options_(std::move(options)) {
  WEFT_ASSERT(host_ != nullptr);
}

device_collective::~device_collective() {
  {
    const std::lock_guard lock{mutex_};
    closing_ = true;
  }
  wake_.notify_all();
  if (watcher_.joinable())
    watcher_.join();
  if (!device_)
    return;
  // Before the host's end tells the others: in peace it waits for their last verb.
  const bool failed = host_->async_error() || device_->async_error();
  close_aside(std::move(device_), failed ? options_.abandon_max : options_.close_max);
}

/// What this rank needs of its device is taken before the others hear of it: who finds out only when it joins makes
/// all others wait for it there.
std::unique_ptr<device_place> device_collective::take_place(std::string& why) {
  if (!devices_)
    return nullptr;
  auto taken = devices_->take_place();
  if (taken)
    return std::move(*taken);
  why = taken.error().message;
  // What is taken now may be free for the next communicator.
  if (taken.error().code != errc::overloaded && options_.device_failed)
    options_.device_failed(taken.error());
  return nullptr;
}

/// This rank's end over devices; null, with the reason, where the ranks stay with the host. Errors: the host's.
result<std::unique_ptr<collective>> device_collective::join_devices(patience limit, std::string& why) {
  auto place = take_place(why);
  device_offer mine;
  if (devices_)
    mine = {place ? device_standing::ready : device_standing::refuses, devices_->device_identity()};
  const auto refused = compare_devices(*host_, mine, limit);
  result<std::optional<device_group_id>> id = std::optional<device_group_id>{};
  if (!refused)
    id = refused.error();
  else if (refused->empty())
    id = share_id(*host_, *devices_, limit, why);
  else if (why.empty())
    why = *refused;
  if (!id || !*id) {
    close_aside(std::move(place), options_.abandon_max);
    if (!id)
      return id.error();
    why = why.empty() ? "rank 0 could not make an id" : why;
    return std::unique_ptr<collective>{};
  }
  const auto join_max = std::min(limit, options_.join_max);
  auto joined = place->join(host_->group(), **id, join_max, [this] { return host_->async_error().has_value(); });
  int64_t all_joined = joined ? 1 : 0;
  // Whoever has joined waits here for those who still try.
  if (auto said = host_->all_reduce(std::span(&all_joined, 1), reduce_op::minimum, limit + join_max); !said) {
    if (joined)
      close_aside(std::move(*joined), options_.abandon_max);
    return said.error();
  }
  if (all_joined)
    return std::move(*joined);
  if (joined)
    close_aside(std::move(*joined), options_.abandon_max);
  why = joined ? "another rank's device did not join" : joined.error().message;
  // Also whoever waited for another in vain: all ranks are there, so the next epoch would wait as long again.
  if (!joined && joined.error().code != errc::cancelled && options_.device_failed)
    options_.device_failed(joined.error());
  return std::unique_ptr<collective>{};
}

status device_collective::form(patience limit) {
  formed_ = true;
  std::string why;
  auto joined = join_devices(limit, why);
  if (!joined)
    return joined.error();
  if (*joined) {
    const std::lock_guard lock{mutex_};
    device_ = std::move(*joined);
    watcher_ = std::thread([this] { watch(); });
  }
  if (options_.formed)
    options_.formed(device_ != nullptr, why);
  return ok;
}

/// Ends the verb in progress on this device when the host's communicator has ended.
void device_collective::watch() {
  std::unique_lock lock{mutex_};
  std::optional<time_point> noticed;
  while (!closing_) {
    if (!in_verb_) {
      wake_.wait(lock);
      continue;
    }
    wake_.wait_for(lock, look_every);
    if (closing_ || !in_verb_)
      continue;
    auto ended = host_->async_error();
    if (!ended)
      continue;
    const auto now = std::chrono::steady_clock::now();
    noticed = noticed.value_or(now);
    if (now - *noticed >= last_verb_max)
      device_->abort(std::move(*ended));
  }
}

template <class Verb> status device_collective::run(patience limit, Verb verb) {
  if (!formed_)
    if (auto said = form(limit); !said)
      return said;
  if (!device_)
    return verb(*host_);
  if (auto ended = async_error())
    return std::move(*ended);
  {
    const std::lock_guard lock{mutex_};
    in_verb_ = true;
  }
  wake_.notify_all();
  auto said = verb(*device_);
  {
    const std::lock_guard lock{mutex_};
    in_verb_ = false;
  }
  if (said)
    return ok;
  auto on_host = host_->async_error();
  if (!on_host && options_.device_failed && said.error().code != errc::internal)
    options_.device_failed(said.error());
  failure why = cause_of(std::move(said.error()), std::move(on_host));
  if (why.code != errc::internal) // different verbs: every rank finds that out, and says so
    host_->abort(why);
  return why;
}

status device_collective::all_reduce(std::span<int64_t> values, reduce_op op, patience limit) {
  return run(limit, [&](collective& to) { return to.all_reduce(values, op, limit); });
}
status device_collective::all_reduce(std::span<int32_t> values, reduce_op op, patience limit) {
  return run(limit, [&](collective& to) { return to.all_reduce(values, op, limit); });
}
status device_collective::all_gather(std::span<const std::byte> mine, std::span<std::byte> all, patience limit) {
  return run(limit, [&](collective& to) { return to.all_gather(mine, all, limit); });
}
status device_collective::broadcast(std::span<std::byte> bytes, uint32_t root, patience limit) {
  return run(limit, [&](collective& to) { return to.broadcast(bytes, root, limit); });
}
status device_collective::reduce_scatter(std::span<const int64_t> values, std::span<int64_t> mine, reduce_op op,
                                         patience limit) {
  return run(limit, [&](collective& to) { return to.reduce_scatter(values, mine, op, limit); });
}
status device_collective::barrier(patience limit) {
  return run(limit, [&](collective& to) { return to.barrier(limit); });
}

void device_collective::abort(failure reason) noexcept {
  host_->abort(reason); // first, so that the reason is what all hear
  const std::lock_guard lock{mutex_};
  if (device_)
    device_->abort(std::move(reason));
}

std::optional<failure> device_collective::async_error() const {
  auto ended = host_->async_error();
  const std::lock_guard lock{mutex_};
  if (device_)
    if (auto on_device = device_->async_error())
      return cause_of(std::move(*on_device), std::move(ended));
  return ended;
}

} // namespace weft
