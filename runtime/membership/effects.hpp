#pragma once

#include "runtime/membership/messages.hpp"

#include <string>
#include <variant>
#include <vector>

namespace weft {

/// Send this. `node` is 0 where only the address is known (a seed).
struct send_message {
  node_id node{};
  std::string address;
  peer_message message;
};

/// Try a fresh raw TCP connection to the address; call membership_core::refused(node) if, and only if, it is refused.
struct look_at_connection {
  node_id node{};
  std::string address;
};

enum class member_change : uint8_t {
  joined,  ///< new, back, or restarted (a greater epoch)
  changed, ///< suspected, trusted again, or another phase, health, load or profile
  died,
  left,
};

struct member_event {
  member_change change = member_change::changed;
  member_record record; ///< as it is now, with its profile
};

/// Keep these peer addresses on disk: the next start joins through them, too.
struct remember_peers {
  std::vector<std::string> addresses;
};

/// Somebody refused us, or we refused what answered at one of our seeds.
struct join_refused {
  std::string address;
  join_answer answer;
};

/// A node asked to join and was told why it cannot.
struct stranger_refused {
  std::string address;
  join_answer answer;
};

/// Another process runs under our node id with a greater boot epoch: we have to stop.
struct superseded {
  boot_epoch by{};
};

using membership_effect = std::variant<send_message, look_at_connection, member_event, remember_peers, join_refused,
                                       stranger_refused, superseded>;
using effect_list = std::vector<membership_effect>;

} // namespace weft
