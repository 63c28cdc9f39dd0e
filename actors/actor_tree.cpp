#include "actors/actor_tree.hpp"

#include "actors/background_threads.hpp"
#include "actors/node_supervisor.hpp"
#include "runtime/base/assert.hpp"

#include <caf/logger.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace weft {
namespace {

using namespace std::chrono_literals;

/// Ranks are aborted when the tree ends; those that still are not gone after so long hang. Half of it is for the ranks,
/// half for those who carry them.
constexpr auto ranks_end_within = 10s;

struct system_config : caf::actor_system_config {
  explicit system_config(uint32_t scheduler_threads) {
    add_message_types<caf::id_block::weft_actors>();
    // Threads that steal sleep between looks; sharing wakes one at once, and that is what a single call feels.
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", static_cast<size_t>(std::max(scheduler_threads, 1u)));
    set("logger.verbosity", caf::atom("quiet"));
  }
};

void check(const tree_options& options) {
  WEFT_ASSERT(!options.models.empty());
  WEFT_ASSERT(!options.pools.empty());
  for (const auto& pool : options.pools) {
    WEFT_ASSERT(std::ranges::find(options.models, pool.model, &model_entry::name) != options.models.end());
    WEFT_ASSERT(std::ranges::count(options.pools, pool.name, &pool_options::name) == 1);
  }
}

tree_options complete(tree_options options) {
  check(options);
  if (!options.meter)
    options.meter = std::make_shared<null_meter>();
  if (!options.log)
    options.log = [](std::string_view, std::string_view, std::string_view) {};
  options.cache.enabled = options.cache.enabled && !options.plain;
  for (auto& pool : options.pools) {
    pool.batching = pool.batching && !options.plain;
    pool.pooling = pool.pooling && !options.plain;
  }
  return options;
}

std::shared_ptr<const operation_registry> make_operations(const tree_options& options) {
  auto operations = std::make_shared<operation_registry>();
  auto added = operations->add(embed_operation(options.pools.front().name));
  WEFT_ASSERT(added);
  added = operations->add(compress_operation(options.pools.front().name));
  WEFT_ASSERT(added);
  return operations;
}

} // namespace

struct actor_tree::parts {
  explicit parts(tree_options given)
      : options(complete(std::move(given))), config(options.scheduler_threads), system(config),
        gate(std::make_shared<admission>(options.limits)), lender(options.borrow_threads ? &system : nullptr),
        entrance(std::make_shared<door>(gate, lender)), board(std::make_shared<snapshot_board>(first_snapshot())) {
    auto services = std::make_shared<const tree_services>(
        tree_services{options.meter, options.log, [this](std::function<void()> task) { threads.run(std::move(task)); },
                      lender, loads, [this](std::function<void()> task) { ranks.run(std::move(task)); }});
    supervisor = system.spawn(node_supervisor, node_supervisor_setup{options, services, gate, entrance, desk, board,
                                                                     make_operations(options), documents, corpora});
    wait_for_children();
    // CAF notes the system in the thread that makes it, and its destructor waits for such notes to go, which those of
    // other threads never do. Without ours, any thread may destroy the tree.
    caf::logger::set_current_actor_system(nullptr);
  }

  ~parts() {
    gate->close(nullptr);
    caf::anon_send(supervisor, stop_atom_v);
    supervisor = node_supervisor_actor{};
    entrance->lead_to(gateway_actor{});
    desk->lead_to(job_keeper_actor{});
    documents->lead_to(document_keeper_actor{});
    system.await_all_actors_done();
    options.cache.stores.clear(); // and so do the stores' last answers
    options.jobs.log.reset();
    options.jobs.ranks.reset();
    threads.join(); // their last messages need the system
    // Those of ranks send none any more: their actor has let go of them.
    auto left = ranks.leave(ranks_end_within / 2);
    if (options.threads_aside)
      left += options.threads_aside(ranks_end_within / 2);
    if (left > 0 && options.on_left_behind)
      options.on_left_behind(left);
  }

  node_snapshot first_snapshot() {
    return {.name = options.node_name, .version = options.version, .started = system.clock().now()};
  }

  /// The door leads somewhere from here on.
  void wait_for_children() {
    caf::scoped_actor self{system};
    self->request(supervisor, caf::infinite, wire_atom_v).receive([](const wiring_ptr&) {}, [](const caf::error&) {});
  }

  tree_options options;
  background_threads threads;
  background_threads ranks;
  system_config config;
  caf::actor_system system;
  std::shared_ptr<admission> gate;
  caf::actor_system* lender; ///< null when no threads are borrowed
  std::shared_ptr<door> entrance;
  std::shared_ptr<job_desk> desk = std::make_shared<job_desk>();
  std::shared_ptr<document_desk> documents = std::make_shared<document_desk>();
  std::shared_ptr<device_group_board> corpora = std::make_shared<device_group_board>();
  std::shared_ptr<snapshot_board> board;
  std::shared_ptr<load_board> loads = std::make_shared<load_board>();
  node_supervisor_actor supervisor;
};

actor_tree::actor_tree(tree_options options) : parts_(std::make_unique<parts>(std::move(options))) {}

actor_tree::~actor_tree() = default;

node_load actor_tree::load() const {
  return parts_->loads->now();
}

ingress& actor_tree::entrance() noexcept {
  return *parts_->entrance;
}

std::shared_ptr<const node_view> actor_tree::view() const noexcept {
  return parts_->board;
}

std::shared_ptr<job_door> actor_tree::jobs() const {
  return parts_->desk;
}

std::shared_ptr<document_store> actor_tree::documents() const {
  return parts_->documents;
}

void actor_tree::ask_jobs(job_request request, std::function<void(result<job_answer>)> done) {
  parts_->desk->ask(std::move(request), std::move(done));
}

job_counts actor_tree::count_jobs() const {
  return parts_->desk->counts();
}

corpora_counters actor_tree::count_corpora() const {
  return parts_->corpora->counters();
}

void actor_tree::drain(std::function<void()> drained) {
  auto& supervisor = parts_->supervisor;
  caf::anon_send(supervisor, drain_atom_v, std::make_shared<const std::function<void()>>(std::move(drained)));
  parts_->gate->close([supervisor] { caf::anon_send(supervisor, idle_atom_v); });
}

void actor_tree::set_members(cluster_view_ptr members) {
  parts_->board->set_members(members);
  caf::anon_send(parts_->supervisor, std::move(members));
}

void actor_tree::clear_cache(uint64_t generation) {
  caf::anon_send(parts_->supervisor, clear_atom_v, generation);
}

void actor_tree::ask_settings(settings_request request, std::function<void(result<settings_rows>)> done) {
  caf::anon_send(parts_->supervisor, std::make_shared<settings_ask>(std::move(request), std::move(done)));
}

void actor_tree::ask_settings(settings_question question, std::function<void(result<settings_reply>)> done) {
  caf::anon_send(parts_->supervisor, std::make_shared<peer_settings_ask>(std::move(question), std::move(done)));
}

void actor_tree::keep_entries(entry_parcel parcel, std::function<void(status)> done) {
  // What comes to enter memory is from a node that leaves.
  const bool copy_on = !parcel.uses.empty();
  caf::anon_send(parts_->supervisor,
                 std::make_shared<keep_ask>(weft::keep_entries{std::move(parcel), copy_on}, std::move(done)));
}

void actor_tree::find_entries(std::vector<cache_key> keys, std::function<void(result<found_entries>)> done) {
  caf::anon_send(parts_->supervisor, std::make_shared<find_ask>(std::move(keys), std::move(done)));
}

void actor_tree::hottest_keys(uint32_t keys_max, std::function<void(result<std::vector<hot_key>>)> done) {
  const auto most = parts_->options.cache.preload.bytes_max;
  caf::anon_send(parts_->supervisor, std::make_shared<hot_ask>(hot_limits{keys_max, most}, std::move(done)));
}

void actor_tree::describe_policy(std::function<void(result<compress_table>)> done) {
  caf::anon_send(parts_->supervisor, std::make_shared<policy_ask>(std::monostate{}, std::move(done)));
}

void actor_tree::look_up(cache_question question, std::function<void(result<cache_lookup>)> done) {
  caf::anon_send(parts_->supervisor, std::make_shared<lookup_ask>(std::move(question), std::move(done)));
}

void actor_tree::reconfigure(const call_limits& limits, const std::vector<pool_options>& pools) {
  parts_->gate->set_limits(limits);
  auto changed = pools;
  for (auto& pool : changed) {
    pool.batching = pool.batching && !parts_->options.plain;
    pool.pooling = pool.pooling && !parts_->options.plain;
  }
  caf::anon_send(parts_->supervisor, change_atom_v,
                 std::make_shared<const std::vector<pool_options>>(std::move(changed)));
}

} // namespace weft
