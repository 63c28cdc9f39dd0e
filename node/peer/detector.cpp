#include "node/peer/detector.hpp"

#include "node/config/address.hpp"
#include "node/peer/connection_looker.hpp"
#include "node/peer/convert.hpp"
#include "node/peer/view_maker.hpp"
#include "runtime/base/assert.hpp"

#include <algorithm>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

namespace weft {
namespace {

// Refused connections that wait to be told; the looker cannot make more at a time.
constexpr size_t refusals_max = 4 * connection_looker::looks_max;

time_point now() {
  return std::chrono::steady_clock::now();
}

/// What other threads ask of the detector's.
struct requests {
  std::vector<node_id> refused;
  bool refresh = false;
  std::function<void()> leave;
};

uint64_t draw_seed() {
  std::random_device device;
  return uint64_t{device()} << 32 | device();
}

bool same(const local_state& a, const local_state& b) {
  return a.phase == b.phase && a.health == b.health && a.load == b.load;
}

} // namespace

/// The thread's side. Only `asked`, guarded by its mutex, and `exchange.wake()` are for others.
struct detector::parts {
  parts(detector_options o, detector_listener l)
      : options(std::move(o)), listener(std::move(l)), exchange(options.exchange) {}

  void ask(const std::function<void(requests&)>& what) {
    {
      const std::lock_guard hold(mutex);
      what(asked);
    }
    exchange.wake();
  }

  void run();
  void handle(peer_arrival&& message);
  void handle(peer_undelivered&& message);
  void take_requests();
  void look();
  void publish_when_due();
  void tell_alone();

  void act();
  void act(send_message&& effect);
  void act(look_at_connection&& effect) { looker->look(effect.node, effect.address); }
  void act(member_event&& effect);
  void act(remember_peers&& effect) { listener.on_known_peers(effect.addresses); }
  void act(join_refused&& effect) { listener.on_refused(effect); }
  void act(stranger_refused&& effect) { listener.on_stranger(effect); }
  void act(superseded&& effect) { listener.on_superseded(effect.by); }

  detector_options options;
  detector_listener listener;
  peer_exchange exchange;
  std::string address;
  std::mutex mutex;
  requests asked;

  std::optional<membership_core> core;
  std::optional<connection_looker> looker;
  effect_list effects;
  std::vector<peer_exchange_event> events;
  std::string asked_at; ///< while a sync_request is handled: where its sender found us
  local_state local;
  time_point look_at{};
  std::function<void()> tell_left;
  uint64_t version = 0;
  bool alone = false;
  bool changed = true;     ///< since the last view
  time_point publish_at{}; ///< earliest
  std::thread thread;
};

void detector::parts::run() {
  core->join(options.addresses, now(), effects);
  act();
  bool up = true;
  while (up) {
    const auto wake = std::min({core->next_wake(), look_at, changed ? publish_at : time_point::max()});
    up = exchange.wait(wake, events);
    for (auto& event : events)
      std::visit([this](auto& item) { handle(std::move(item)); }, event);
    events.clear();
    take_requests();
    look();
    if (core->next_wake() <= now())
      core->tick(now(), effects);
    act();
    publish_when_due();
    tell_alone();
    if (tell_left && core->left())
      std::exchange(tell_left, nullptr)();
  }
}

void detector::parts::handle(peer_arrival&& arrival) {
  auto message = read_peer_message(arrival.message());
  if (!message)
    return; // of a release that we do not understand, or of no node at all: as if it was lost
  asked_at = arrival.to();
  const auto& from = arrival.answers().empty() ? arrival.from() : arrival.answers();
  core->receive(*std::move(message), from, now(), effects);
  act();
  asked_at.clear();
}

void detector::parts::handle(peer_undelivered&& message) {
  if (message.node != node_id{})
    core->unreachable(message.node, now(), effects);
  else
    listener.on_unreachable(message.address, message.why);
  act();
}

void detector::parts::take_requests() {
  requests taken;
  {
    const std::lock_guard hold(mutex);
    std::swap(taken, asked);
  }
  for (const auto node : taken.refused)
    core->refused(node, now(), effects);
  if (taken.refresh)
    look_at = now();
  if (taken.leave) {
    tell_left = std::move(taken.leave);
    core->leave(now(), effects);
    changed = true;
  }
  act();
}

void detector::parts::look() {
  if (now() < look_at)
    return;
  look_at = now() + options.look_interval;
  listener.on_figures(core->figures());
  const auto latest = listener.look();
  if (same(latest, local))
    return;
  local = latest;
  core->set_local(local, now(), effects);
  changed = true;
  publish_at = now();
}

void detector::parts::publish_when_due() {
  if (!changed || now() < publish_at)
    return;
  changed = false;
  publish_at = now() + options.view_interval;
  listener.on_view(make_view(core->members(), options.identity.node, ++version));
}

void detector::parts::tell_alone() {
  const auto addresses = core->alone();
  if (alone == (addresses > 0))
    return;
  alone = addresses > 0;
  listener.on_alone(addresses);
}

void detector::parts::act() {
  // An effect may not have effects of its own, so one pass is all.
  for (auto& effect : effects)
    std::visit([this](auto& item) { act(std::move(item)); }, effect);
  effects.clear();
}

void detector::parts::act(send_message&& effect) {
  peer::v1::ExchangeRequest out;
  write_peer_message(effect.message, *out.mutable_message());
  out.set_from(address);
  out.set_to(effect.address);
  if (std::holds_alternative<sync_reply>(effect.message.body))
    out.set_answers(asked_at);
  exchange.send(effect.node, effect.address, out);
}

void detector::parts::act(member_event&& effect) {
  changed = true;
  if (effect.change != member_change::changed)
    publish_at = now();
  listener.on_event(effect);
}

result<std::unique_ptr<detector>> detector::start(detector_options options, detector_listener listener) {
  auto made = std::make_unique<parts>(std::move(options), std::move(listener));
  auto& p = *made;
  auto port = p.exchange.start();
  if (!port)
    return port.error();
  auto& profile = p.options.profile;
  if (profile.peer_address.empty())
    profile.peer_address = with_port(p.options.exchange.listen, *port);
  p.address = profile.peer_address;
  const auto& who = p.options.identity;
  p.core.emplace(p.options.membership,
                 member_identity{who.node, who.epoch, std::make_shared<const member_profile>(profile)}, draw_seed());
  p.looker.emplace(
      [&p](node_id node) {
        p.ask([node](requests& r) {
          if (r.refused.size() < refusals_max)
            r.refused.push_back(node);
        });
      },
      p.options.connect_patience);
  p.thread = std::thread([&p] { p.run(); });
  return std::unique_ptr<detector>{new detector(std::move(made))};
}

detector::detector(std::unique_ptr<parts> made) : parts_(std::move(made)) {}

detector::~detector() {
  parts_->exchange.stop();
  parts_->thread.join();
  parts_->looker.reset();
}

const std::string& detector::address() const noexcept {
  return parts_->address;
}

void detector::refresh() {
  parts_->ask([](requests& r) { r.refresh = true; });
}

void detector::leave(std::function<void()> left) {
  parts_->ask([&](requests& r) { r.leave = std::move(left); });
}

} // namespace weft
