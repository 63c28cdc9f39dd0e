#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "actors/settings_ask.hpp"
#include "actors/settings_options.hpp"
#include "runtime/base/random_source.hpp"

#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace weft {

struct settings_keeper_setup {
  settings_options options;
  services_ptr services;
};

/// Duty: keeps the cluster's settings: changes them for operators, shares them with other nodes, has them written, and
/// tells the node what they mean. Owner: NODE_SUPERVISOR. An operator's change is answered when it is on the disk; a
/// keeper that dies begins with what is there, and the other nodes know the rest. Says when the node is current enough
/// to serve. Disk and network work elsewhere.
class settings_keeper_state {
public:
  using self_pointer = settings_keeper_actor::stateful_pointer<settings_keeper_state>;
  static inline const char* name = "settings";

  explicit settings_keeper_state(self_pointer self) : self_(self), chance_(0) {}
  void start(const settings_keeper_setup& setup);

  void loaded(const stored_settings_ptr& stored);
  void ask(const settings_ask_ptr& asked);
  void peer_asks(const peer_settings_ask_ptr& asked);
  void peer_answered(const settings_heard& heard);
  void written(const status& outcome);
  void hear(const cluster_view_ptr& cluster);
  void wire(const wiring_ptr& wiring);
  void tick();

private:
  struct waiting {
    settings_ask_ptr asked;
    settings_rows rows;
    uint64_t version = 0; ///< of the settings; is on the disk when it is answered
  };

  wall_time now() const;
  result<settings_rows> serve(const settings_request& request);
  status check(const settings_request& request) const;
  void changed(settings_revision before);
  void apply();
  void save();
  void push(const std::vector<std::string>& keys);
  void begin_exchange(const cluster_member& peer);
  void end_exchange();
  void look_whether_current();
  void become_current();
  void tick_later();
  void send(const cluster_member& peer, uint64_t exchange, settings_question question);
  std::vector<cluster_member> pick_peers(uint32_t count);

  self_pointer self_;
  settings_keeper_setup setup_;
  wiring_ptr wiring_;
  shared_settings ours_;
  bool loaded_ = false;
  wall_time saved_{};                  ///< when the file was written that a stale node began with
  std::deque<settings_ask_ptr> early_; ///< came before the file was read
  std::deque<waiting> waiting_;
  bool writing_ = false;
  uint64_t version_ = 0; ///< counts changes
  uint64_t writing_version_ = 0;
  uint64_t written_version_ = 0;
  time_point written_at_{};
  settings_effects_ptr told_; ///< to the node
  bool current_ = false;      ///< knows what changed while this node was away, or nobody can tell
  time_point began_{};
  time_point exchange_at_{}; ///< when the next one is due
  cluster_view_ptr cluster_;
  random_source chance_;
  std::optional<settings_session> session_;
  cluster_member session_peer_;
  uint64_t exchanges_ = 0; ///< begun; the number of the present one
};

settings_keeper_actor::behavior_type settings_keeper(settings_keeper_state::self_pointer self,
                                                     const settings_keeper_setup& setup);

} // namespace weft
