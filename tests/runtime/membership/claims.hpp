#pragma once

#include "runtime/membership/membership_core.hpp"

#include <string>
#include <vector>

/// Small makers and readers for the tests of membership.
namespace weft::claims {

inline profile_ptr profile(uint64_t node) {
  auto made = std::make_shared<member_profile>();
  made->name = "n" + std::to_string(node);
  made->client_address = made->name + ":7700";
  made->peer_address = made->name + ":7701";
  made->region = "local";
  made->zone = "a";
  return made;
}

struct claim {
  uint64_t node = 1;
  uint64_t epoch = 1;
  uint32_t incarnation = 1;
  member_state state = member_state::alive;
  bool with_profile = true;
  uint64_t accuser = 0;
};

inline member_record record(const claim& what) {
  member_record made;
  made.node = node_id{what.node};
  made.epoch = boot_epoch{what.epoch};
  made.incarnation = what.incarnation;
  made.state = what.state;
  if (what.with_profile)
    made.profile = profile(what.node);
  return made;
}

inline member_update update(const claim& what) {
  return {record(what), node_id{what.accuser}};
}

inline std::vector<member_change> changes(const effect_list& effects) {
  std::vector<member_change> found;
  for (const auto& effect : effects)
    if (auto* event = std::get_if<member_event>(&effect))
      found.push_back(event->change);
  return found;
}

/// The messages of one kind, with where they go.
template <class Body> std::vector<send_message> sent(const effect_list& effects) {
  std::vector<send_message> found;
  for (const auto& effect : effects)
    if (auto* out = std::get_if<send_message>(&effect);
        out != nullptr && std::holds_alternative<Body>(out->message.body))
      found.push_back(*out);
  return found;
}

template <class Effect> std::vector<Effect> all(const effect_list& effects) {
  std::vector<Effect> found;
  for (const auto& effect : effects)
    if (auto* one = std::get_if<Effect>(&effect))
      found.push_back(*one);
  return found;
}

/// A message from a process to the cluster `weft`.
inline peer_message from(uint64_t node, message_body body, std::vector<member_update> news = {}, uint64_t epoch = 1) {
  peer_message message;
  message.cluster = cluster_mark("weft");
  message.sender = node_id{node};
  message.sender_epoch = boot_epoch{epoch};
  message.body = std::move(body);
  message.news = std::move(news);
  return message;
}

} // namespace weft::claims
