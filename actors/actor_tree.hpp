#pragma once

#include "actors/device_group_board.hpp"
#include "actors/job_desk.hpp"
#include "actors/settings_ask.hpp"
#include "actors/tree_options.hpp"
#include "runtime/job/node_load.hpp"
#include "runtime/ports/cache_lookup.hpp"
#include "runtime/ports/call.hpp"
#include "runtime/ports/cluster_view.hpp"
#include "runtime/ports/compress_table.hpp"
#include "runtime/ports/documents.hpp"
#include "runtime/ports/entry_link.hpp"
#include "runtime/ports/node_view.hpp"

#include <functional>
#include <memory>
#include <vector>

namespace weft {

/// The actors of one node: node_supervisor and its children. Starts them on construction, stops them in order on
/// destruction (queued calls are answered errc::draining; a model that is being opened is waited for). All members are
/// thread-safe and never block, except constructor and destructor.
/// REQUIRES: options.pools is not empty; each names a model of options.models; names are unique.
class actor_tree {
public:
  explicit actor_tree(tree_options options);
  ~actor_tree();
  actor_tree(const actor_tree&) = delete;
  actor_tree& operator=(const actor_tree&) = delete;

  /// Valid as long as the tree. A submitted call holds its own admission permit until it goes (call::hold).
  ingress& entrance() noexcept;
  /// May outlive the tree; shows the last state then.
  std::shared_ptr<const node_view> view() const noexcept;

  /// How busy the node is at this moment.
  node_load load() const;

  /// Takes no new calls from now on; calls `drained` once (from an actor's thread) when none is in flight and what is
  /// hot in the cache has been given to the next owners, or there was no time for that.
  void drain(std::function<void()> drained);

  /// Applies what can change while running: limits at once; pools' sizes, budgets and bounds for the next batch.
  /// Pools are matched by name; unknown ones are ignored.
  void reconfigure(const call_limits& limits, const std::vector<pool_options>& pools);

  /// The cluster as the failure detector sees it, this node among the members: keys are owned by those that serve.
  void set_members(cluster_view_ptr members);

  /// Forgets everything cached before this generation, in memory and in the stores. Generations only rise.
  void clear_cache(uint64_t generation);

  /// Asks the keeper of the cluster's settings. `done` is called once, on any thread; errors as settings_keeper_actor
  /// says, and errc::unavailable while the node stops.
  void ask_settings(settings_request request, std::function<void(result<settings_rows>)> done);
  /// The same for another node.
  void ask_settings(settings_question question, std::function<void(result<settings_reply>)> done);

  /// The node's caches for other nodes, as entry_link asks for them. `done` is called once, on any thread; errors as
  /// entry_link says.
  void keep_entries(entry_parcel parcel, std::function<void(status)> done);
  void find_entries(std::vector<cache_key> keys, std::function<void(result<found_entries>)> done);
  void hottest_keys(uint32_t keys_max, std::function<void(result<std::vector<hot_key>>)> done);

  /// The clients' way to the jobs of the cluster. May outlive the tree: everything is errc::unavailable then.
  std::shared_ptr<job_door> jobs() const;
  /// Another node asks; `done` is called once, on any thread. Errors: as job_link says.
  void ask_jobs(job_request request, std::function<void(result<job_answer>)> done);
  job_counts count_jobs() const;
  /// This node's part in corpora: nothing where it keeps no jobs.
  corpora_counters count_corpora() const;

  /// Documents that are kept in chunks. May outlive the tree: everything is errc::unavailable then.
  std::shared_ptr<document_store> documents() const;

  /// Whether a text's result is cached, here or at its owner; as cache_lookup_door says.
  void look_up(cache_question question, std::function<void(result<cache_lookup>)> done);
  /// By which table `auto` compresses, and what this node has learnt; as compress_table_door says.
  void describe_policy(std::function<void(result<compress_table>)> done);

private:
  struct parts;
  std::unique_ptr<parts> parts_;
};

} // namespace weft
