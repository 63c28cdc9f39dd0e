#pragma once

#include "runtime/ports/cluster_view.hpp"
#include "runtime/settings/settings_effects.hpp"
#include "runtime/settings/settings_file_format.hpp"
#include "runtime/settings/settings_session.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace weft {

using settings_effects_ptr = std::shared_ptr<const settings_effects>;

/// Who keeps the cluster's settings, and how this node shares them. What runs aside may take its time.
struct settings_options {
  node_id self{}; ///< under which this node's changes are known
  /// Calendar time. Null: counted from the actors' clock, for tests.
  std::function<wall_time()> now;
  /// Aside: what an earlier process wrote, nothing when there is none that can be used. Null: memory only.
  std::function<std::optional<stored_settings>()> load;
  /// Aside: in place of what was there, safely. Never two at a time.
  std::function<status(const std::string& bytes)> save;
  /// Asked, from an actor's thread, before an operator's change of an API key, with what the settings would mean after
  /// it: an error refuses the change. Null: every change is fine.
  std::function<status(const settings_effects& after)> check;
  /// From an actor's thread, after each change that means something to a node; must not block.
  std::function<void(settings_effects_ptr)> changed;
  /// Asks another member. The answer comes once, on any thread, within a few seconds; the function must not block.
  /// Null: this node is alone.
  std::function<void(const cluster_member& peer, settings_question, std::function<void(result<settings_reply>)>)> ask;

  /// From an actor's thread, when this node may serve: all actors know what others changed while it was away. At once
  /// where nobody is expected; else when one exchange with a member that serves (with any, where none does) has ended;
  /// at the latest after `lone_wait` where no member is seen, after `current_wait` where none answers. Told again by a
  /// keeper that was restarted. Must not block. May be null.
  std::function<void()> current;
  bool peers_expected = false; ///< there are addresses of other nodes to join through
  std::chrono::milliseconds lone_wait{2'000};
  std::chrono::milliseconds current_wait{10'000}; ///< two exchange_periods: a lost question is asked again
  std::chrono::milliseconds current_look{250};    ///< between looks at these two limits

  std::chrono::milliseconds exchange_period{5'000}; ///< between push-pulls, each with one random member
  uint32_t push_members = 3;                        ///< that hear of a change at once; they tell others
  size_t message_bytes_max = 256u << 10;
  uint32_t waiting_max = 256; ///< operators' requests that wait for the disk; then errc::overloaded
  /// How often the file is written without a change, so that it says how long this node was away.
  std::chrono::minutes save_period{60};
  settings_limits limits;
};

} // namespace weft
