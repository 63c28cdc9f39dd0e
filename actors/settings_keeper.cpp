#include "actors/settings_keeper.hpp"

#include "actors/parent.hpp"
#include "runtime/settings/settings_keys.hpp"
#include "runtime/settings/settings_values.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

settings_rows one_row(settings_entry entry) {
  settings_rows out;
  out.push_back(std::move(entry));
  return out;
}

result<settings_rows> one_row(result<settings_entry> entry) {
  if (!entry)
    return std::move(entry.error());
  return one_row(*std::move(entry));
}

bool changes(const settings_request& request) noexcept {
  return request.what != settings_request::verb::list && request.what != settings_request::verb::get;
}

} // namespace

void settings_keeper_state::start(const settings_keeper_setup& setup) {
  setup_ = setup;
  ours_.map = settings_map{setup.options.limits};
  const auto began = static_cast<uint64_t>(self_->clock().now().time_since_epoch().count());
  chance_ = random_source{static_cast<uint64_t>(setup.options.self) ^ began};
  if (!setup.options.load)
    return self_->send(self_, loaded_atom_v, stored_settings_ptr{});
  setup.services->aside([self = settings_keeper_actor{self_}, load = setup.options.load] {
    auto stored = load();
    caf::anon_send(self, loaded_atom_v,
                   stored ? std::make_shared<const stored_settings>(*std::move(stored)) : stored_settings_ptr{});
  });
}

wall_time settings_keeper_state::now() const {
  if (setup_.options.now)
    return setup_.options.now();
  return wall_time{std::chrono::duration_cast<std::chrono::milliseconds>(self_->clock().now().time_since_epoch())};
}

void settings_keeper_state::loaded(const stored_settings_ptr& stored) {
  loaded_ = true;
  written_at_ = self_->clock().now();
  if (stored) {
    ours_.map.merge(stored->entries);
    saved_ = stored->saved;
    ours_.stale = setup_.options.ask && now() - stored->saved > ours_.map.limits().tombstone_age;
    if (ours_.stale)
      setup_.services->log("warn", name,
                           "the settings on disk are older than removed ones are remembered: those of the other nodes "
                           "will replace them");
  }
  apply();
  look_whether_current();
  for (const auto& asked : std::exchange(early_, {}))
    ask(asked);
  if (const auto peers = pick_peers(1); !peers.empty())
    begin_exchange(peers.front());
}

void settings_keeper_state::wire(const wiring_ptr& wiring) {
  const auto first = !wiring_;
  wiring_ = wiring;
  if (!first)
    return;
  end_with(self_, wiring->supervisor);
  began_ = self_->clock().now();
  exchange_at_ = began_ + setup_.options.exchange_period;
  apply();
  look_whether_current();
  tick_later();
}

void settings_keeper_state::tick_later() {
  const auto& options = setup_.options;
  self_->delayed_send(self_, current_ ? options.exchange_period : options.current_look, tick_atom_v);
}

void settings_keeper_state::ask(const settings_ask_ptr& asked) {
  if (early_.size() + waiting_.size() >= setup_.options.waiting_max)
    return asked->answer(failure{errc::overloaded, "too many changes of settings wait for the disk"});
  if (!loaded_)
    return early_.push_back(asked);
  if (changes(asked->question) && ours_.stale && session_)
    return asked->answer(failure{errc::unavailable, "the settings are being brought up to date; try again"});
  if (auto fine = check(asked->question); !fine)
    return asked->answer(std::move(fine.error()));
  const auto before = ours_.map.revision();
  auto rows = serve(asked->question);
  if (!rows || !changes(asked->question))
    return asked->answer(std::move(rows));
  changed(before);
  waiting_.push_back({asked, *std::move(rows), version_});
  save();
}

result<settings_rows> settings_keeper_state::serve(const settings_request& request) {
  const auto self = setup_.options.self;
  switch (request.what) {
  case settings_request::verb::list:
    return ours_.map.list(request.key);
  case settings_request::verb::get: {
    if (const auto* found = ours_.map.find(request.key))
      return one_row(*found);
    const auto near = find_setting_rule(request.key) ? std::string{} : nearest_setting(request.key);
    return failure{errc::unknown_setting,
                   request.key + " is not set" + (near.empty() ? "" : "; did you mean '" + near + "'?"),
                   {{"key", request.key}}};
  }
  case settings_request::verb::set:
    return one_row(change_setting(ours_.map, request.key, request.value, self, now()));
  case settings_request::verb::remove:
    return one_row(remove_setting(ours_.map, request.key, self, now()));
  case settings_request::verb::clear_cache:
    if (auto raised = raise_cache_generation(ours_.map, self, now()); !raised)
      return std::move(raised.error());
    return one_row(*ours_.map.find("cache.generation"));
  }
  return failure{errc::invalid_argument, "unknown request"};
}

status settings_keeper_state::check(const settings_request& request) const {
  if (!setup_.options.check || !changes(request) || !request.key.starts_with("api_key."))
    return ok;
  auto trial = ours_.map;
  const auto self = setup_.options.self;
  if (request.what == settings_request::verb::set ? !change_setting(trial, request.key, request.value, self, now())
                                                  : !remove_setting(trial, request.key, self, now()))
    return ok; // serve() says why not
  return setup_.options.check(effects_of(trial));
}

void settings_keeper_state::changed(settings_revision before) {
  const auto changes = ours_.map.changes_since(before);
  if (changes.keys.empty())
    return;
  ++version_;
  apply();
  push(changes.keys);
  save();
}

void settings_keeper_state::apply() {
  if (!loaded_ || !wiring_)
    return; // there will be another look when both are there
  auto latest = effects_of(ours_.map);
  if (told_ && *told_ == latest)
    return;
  told_ = std::make_shared<const settings_effects>(std::move(latest));
  self_->send(wiring_->supervisor, told_);
  if (setup_.options.changed)
    setup_.options.changed(told_);
}

void settings_keeper_state::save() {
  if (writing_)
    return; // written() looks again
  writing_ = true;
  writing_version_ = version_;
  if (!setup_.options.save)
    return self_->send(self_, written_atom_v, std::make_shared<const status>(ok));
  // A stale node's file stays as old as what is in it.
  auto bytes = encode_settings(ours_.map, ours_.stale ? saved_ : now());
  setup_.services->aside([self = settings_keeper_actor{self_}, save = setup_.options.save, bytes = std::move(bytes)] {
    caf::anon_send(self, written_atom_v, std::make_shared<const status>(save(bytes)));
  });
}

void settings_keeper_state::written(const status& outcome) {
  writing_ = false;
  if (outcome) {
    written_version_ = writing_version_;
    written_at_ = self_->clock().now();
  } else {
    setup_.services->log("error", name, "settings cannot be written: " + outcome.error().message);
  }
  while (!waiting_.empty() && waiting_.front().version <= writing_version_) {
    const auto next = std::move(waiting_.front());
    waiting_.pop_front();
    if (outcome) {
      next.asked->answer(next.rows);
    } else {
      auto why = outcome.error();
      why.message = "the change is made, but this node may forget it: " + why.message;
      next.asked->answer(std::move(why));
    }
  }
  if (outcome && (version_ > written_version_ || !waiting_.empty()))
    save(); // after a failure the next tick tries again
}

void settings_keeper_state::tick() {
  const auto at = self_->clock().now(); // before the next tick is planned, which must not come before exchange_at_
  look_whether_current();
  tick_later();
  if (!loaded_ || at < exchange_at_)
    return;
  exchange_at_ = at + setup_.options.exchange_period;
  if (version_ > written_version_ || !waiting_.empty() ||
      (setup_.options.save && self_->clock().now() - written_at_ >= setup_.options.save_period))
    save();
  // One that has not ended within a period got stuck: the peer is slow, or has gone.
  session_.reset();
  if (const auto peers = pick_peers(1); !peers.empty())
    begin_exchange(peers.front());
}

settings_keeper_actor::behavior_type settings_keeper(settings_keeper_state::self_pointer self,
                                                     const settings_keeper_setup& setup) {
  auto& state = self->state;
  state.start(setup);
  name_exceptions(self);
  return {
      [&state](const settings_ask_ptr& asked) { state.ask(asked); },
      [&state](const peer_settings_ask_ptr& asked) { state.peer_asks(asked); },
      [&state](const settings_heard_ptr& heard) { state.peer_answered(*heard); },
      [&state](loaded_atom, const stored_settings_ptr& stored) { state.loaded(stored); },
      [&state](written_atom, const written_ptr& outcome) { state.written(*outcome); },
      [&state](const cluster_view_ptr& cluster) { state.hear(cluster); },
      [self](stop_atom) { self->quit(); },
      [&state](wire_atom, const wiring_ptr& wiring) { state.wire(wiring); },
      [&state](tick_atom) { state.tick(); },
  };
}

} // namespace weft
