#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace weft {

/// How the members of a cluster watch each other. The defaults reached the figures of tests/sim; n is the number of
/// live members, oneself included.
struct membership_options {
  std::string cluster_id = "weft";

  /// One member is probed every probe_interval × (1 + local health).
  std::chrono::milliseconds probe_interval{500};
  /// Its answer is due within probe_timeout × (1 + local health); then `indirect_probes` others are asked to try.
  std::chrono::milliseconds probe_timeout{200};
  uint32_t indirect_probes = 3;
  /// A suspicion makes about this many members probe the suspect next, each with probability witnesses / n: its
  /// confirmations, or its refutation, come at once instead of by chance.
  uint32_t witnesses = 4;

  /// A suspicion lasts suspicion_multiplier × max(1, log10 n) × probe_interval once confirmed, and at first
  /// suspicion_stretch times that (Lifeguard).
  uint32_t suspicion_multiplier = 4;
  uint32_t suspicion_stretch = 4;
  /// Confirmations by others that shrink it to its least.
  uint32_t confirmations = 2;
  /// Below small_cluster members it lasts at least this long: log10 n alone would leave 2 s.
  std::chrono::milliseconds small_suspicion_min{4'000};
  uint32_t small_cluster = 10;
  /// So long before a suspicion ends, the suspect and `indirect_probes` − 1 others are asked once more: who missed a
  /// refutation (one in e^gossip_spare does) hears of it then.
  std::chrono::milliseconds last_call{500};
  /// Probing slows to at most this many times its pace while we seem to be the slow one.
  uint32_t local_health_max = 8;
  /// Connections refused, as seen by so many members (all there are, in a smaller cluster), are death at once.
  uint32_t refusals = 3;

  /// News goes to gossip_peers members every gossip_interval while there is some. Each item is sent
  /// ceil(ln n) + gossip_spare times by everyone: one member in e^gossip_spare = 400 then misses it by chance, and
  /// learns it from a probe or a sync.
  std::chrono::milliseconds gossip_interval{100};
  uint32_t gossip_peers = 4;
  /// The pace while there are only load levels to tell: they are many and can wait.
  std::chrono::milliseconds lazy_interval{1'000};
  uint32_t gossip_spare = 6;
  uint32_t gossip_bytes_max = 8'192; ///< of news in a gossip message
  uint32_t probe_bytes_max = 1'024;  ///< of news on a probe or its answer

  /// Everything is compared with one member every sync_interval × max(1, 1 + ceil(log2(n / 32))).
  std::chrono::seconds sync_interval{30};
  /// The pace of tries to reach seeds that did not answer and members thought dead: what heals partitions.
  std::chrono::milliseconds retry_interval{3'000};
  /// When so many answers in a row come from members that see other live members than we do, everything is compared
  /// with the last of them; also with a lost member that answers. At most every repair_interval.
  uint32_t mismatches = 3;
  std::chrono::milliseconds repair_interval{1'000};
  uint32_t join_fanout = 3; ///< addresses tried at a time while joining
  /// Tries at each address before a node counts as alone: the fourth is 3.5 to 5.25 s after the first.
  uint32_t alone_after = 4;
  /// A member whose id a later process claims at another address keeps it unless it is silent for so long: longer than
  /// a stall of 3 s.
  std::chrono::milliseconds identity_patience{4'000};

  /// A member that died or left is remembered so long, so that old news cannot raise it and a partition can heal.
  std::chrono::hours tombstone_life{24};
  uint32_t members_max = 16'384; ///< tombstones included; the oldest of these makes room
  uint32_t relays_max = 64;      ///< probes in flight on behalf of others; more are answered with a nack
  uint32_t addresses_max = 288;  ///< seeds, then remembered_max peers
  uint32_t remembered_max = 32;  ///< peers to put on disk
  std::chrono::seconds remember_interval{10};

  /// A wake-up later than this was a stall of our own: no member is judged by it.
  std::chrono::milliseconds stall_threshold{150};
  /// After a stall, time to read what has piled up before any timer may fire.
  std::chrono::milliseconds stall_grace{200};

  /// A new load level alone is published at most every load_interval_min × max(1, n / 32).
  std::chrono::milliseconds load_interval_min{1'000};
  /// A leaving member says so for at most this long.
  std::chrono::milliseconds leave_time_max{2'000};
};

} // namespace weft
