#pragma once

#include "node/peer/boot_record.hpp"
#include "node/peer/peer_exchange.hpp"
#include "runtime/membership/membership_core.hpp"
#include "runtime/ports/cluster_view.hpp"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace weft {

struct detector_options {
  membership_options membership;
  peer_exchange_options exchange;
  boot_record identity;
  /// Of this node. An empty peer_address is the listen address with the bound port.
  member_profile profile;
  std::vector<std::string> addresses; ///< to join through: seeds, and peers known from the last run

  std::chrono::milliseconds look_interval{500};    ///< how often the node's own state is asked for
  std::chrono::milliseconds view_interval{100};    ///< between views that differ in loads and suspicions only
  std::chrono::milliseconds connect_patience{400}; ///< how long a look at a connection waits
};

/// Who is told what; all on the detector's thread, so none may block.
struct detector_listener {
  std::function<local_state()> look;                         ///< asked for the node's own state
  std::function<void(cluster_view_ptr)> on_view;             ///< the first one when it starts
  std::function<void(const member_event&)> on_event;         //
  std::function<void(const membership_figures&)> on_figures; ///< at each look
  std::function<void(const join_refused&)> on_refused;       //
  std::function<void(const stranger_refused&)> on_stranger;
  /// Found nobody at so many addresses to join through; 0: somebody is there again.
  std::function<void(uint32_t)> on_alone;
  std::function<void(const std::string& address, const std::string& why)>
      on_unreachable;                                                  ///< an address to join through
  std::function<void(boot_epoch)> on_superseded;                       //
  std::function<void(const std::vector<std::string>&)> on_known_peers; ///< to be kept for the next start
};

/// The failure detector of a node: membership_core on a thread, a listener and a completion queue of its own, so that
/// nothing which the node works at delays its answers. Owned by RUNNING_NODE; all members are thread-safe and none
/// blocks but start() and the destructor. A node that goes without leave() is found dead by the others.
class detector {
public:
  /// Listens and begins to join. Fails as peer_exchange::start() does. REQUIRES: all of the listener's functions.
  static result<std::unique_ptr<detector>> start(detector_options options, detector_listener listener);
  ~detector();
  detector(const detector&) = delete;
  detector& operator=(const detector&) = delete;

  /// HOST:PORT, as the others know it.
  const std::string& address() const noexcept;

  /// Asks for the node's own state now, and not at the next look.
  void refresh();

  /// Says goodbye; `left` is called once, on the detector's thread, when everyone should know: within 2 s.
  void leave(std::function<void()> left);

private:
  struct parts;
  explicit detector(std::unique_ptr<parts> made);
  std::unique_ptr<parts> parts_;
};

} // namespace weft
