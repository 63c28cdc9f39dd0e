#pragma once

#include "actors/keeper_interfaces.hpp"
#include "actors/messages.hpp"

#include <cstdint>
#include <string>
#include <vector>

/// Every typed actor handle of a node. Errors travel in calls (call::fail), so a comment names the errc that the
/// message's call may be answered with.
namespace weft {

/// TOKENIZER: turns texts into token ids for one pool; CPU work, so each has its turn on the scheduler's threads.
using tokenizer_actor = caf::typed_actor<
    // Tokenizes the chunk and sends it to the pool. Bad texts are in the answer: errc::invalid_utf8, text_too_long.
    caf::reacts_to<chunk_ptr>>;

/// WORKER: owns one engine. Dies when the engine cannot be made; the pool asks for another then.
using worker_actor = caf::typed_actor<
    // Gives the batch to the engine. The pool gets the answer, good or bad.
    caf::reacts_to<batch_ptr>,
    // Gives work on points to the engine, behind the batches that it has; the ask is answered on the engine's thread.
    caf::reacts_to<points_ask_ptr>,
    // INTERNAL: from the engine's thread: this work on points is done, and answered; or its device was lost before.
    caf::reacts_to<given_atom, points_ask_ptr>,
    // INTERNAL: the engine is there, or why not.
    caf::reacts_to<ready_atom, engine_outcome_ptr>,
    // INTERNAL: from the engine's thread: batch number and answer.
    caf::reacts_to<computed_atom, uint64_t, engine_reply_ptr>,
    // Quits when the batches that it has are computed.
    caf::reacts_to<stop_atom>>;

/// WORKER_POOL: queue, batches, tokenizers and workers of one model.
using worker_pool_actor = caf::typed_actor<
    // Computes the call and answers it. Errors: overloaded, model_loading, model_unusable, deadline_exceeded,
    // cancelled, draining, invalid_utf8, text_too_long, engine_failed, internal (tokenizers died on it), unavailable
    // (unhealthy).
    caf::reacts_to<call_ptr>,
    // Has one of its engines do work on points, the one that is named where one is. Errors: overloaded (too much
    // waits), unavailable (no engine, or that one has gone), and what the engine answers.
    caf::reacts_to<points_ask_ptr>,
    // From a tokenizer, by its number: a chunk is done.
    caf::reacts_to<tokens_atom, uint32_t, tokenized_ptr>,
    // From a worker, by its number: its engine is there.
    caf::reacts_to<ready_atom, uint32_t, engine_info_ptr>,
    // From a worker, by its number: a batch is done.
    caf::reacts_to<computed_atom, uint32_t, uint64_t, engine_reply_ptr>,
    // From a worker, by its number: work on points is done, and answered; or its device was lost before that.
    caf::reacts_to<given_atom, uint32_t, points_ask_ptr>,
    // From the model keeper: the model of this pool is ready, has failed, or was dropped.
    caf::reacts_to<news_ptr>,
    // Takes over sizes, budgets and bounds; the rest needs a restart.
    caf::reacts_to<change_atom, pool_options_ptr>,
    // From the autoscaler: so many workers from now on; between its options' limits whatever it is told.
    caf::reacts_to<resize_atom, uint32_t>,
    // Load and size; a control-path request.
    caf::replies_to<status_atom>::with<pool_status_ptr>,
    // Refuses new calls with errc::draining, computes what it has, then lets its workers go.
    caf::reacts_to<drain_atom>,
    // Answers what it has with errc::draining and quits.
    caf::reacts_to<stop_atom>,
    // Who is who, anew after every restart.
    caf::reacts_to<wire_atom, wiring_ptr>,
    // INTERNAL: drives deadlines and sweeps.
    caf::reacts_to<tick_atom>>;

/// CACHE_SHARD: keeps the results of its part of the keys, and has each computed once.
using cache_shard_actor = caf::typed_actor<
    // Delivers the texts' results to the call's gather. Errors: overloaded (too many wait for a key),
    // deadline_exceeded, cancelled, draining, and what computing answers.
    caf::reacts_to<shard_ask_ptr>,
    // INTERNAL: from the store's thread, or from another owner: what that knows.
    caf::reacts_to<store_lookup_ptr>,
    // From CACHE_KEEPER: entries of another node to be kept; what is there of some keys, in memory or in the store; the
    // keys that were asked for most. Errors: those of the store, storage_failed (there is none).
    caf::reacts_to<keep_ask_ptr>, caf::reacts_to<find_ask_ptr>, caf::reacts_to<hot_ask_ptr>,
    // From the supervisor: the members have changed.
    caf::reacts_to<cluster_view_ptr>,
    // INTERNAL: from the store's thread: what it has of that.
    caf::reacts_to<store_find_ptr>,
    // INTERNAL: from the store's thread: what was hot before the restart.
    caf::reacts_to<hot_keys_ptr>,
    // INTERNAL: from the store's thread: entries that are fetched ahead.
    caf::reacts_to<fetched_batch_ptr>,
    // From a call that it made, by its number.
    caf::reacts_to<computed_atom, uint64_t, embed_outcome_ptr>,
    // INTERNAL: from the store's thread: entries are written, or why not.
    caf::reacts_to<written_atom, written_ptr>,
    // Counters; a control-path request.
    caf::replies_to<status_atom>::with<cache_status_ptr>,
    // Answers those who wait with errc::draining and quits.
    caf::reacts_to<stop_atom>,
    // Who is who, anew after every restart.
    caf::reacts_to<wire_atom, wiring_ptr>,
    // INTERNAL: drives deadlines and expiry.
    caf::reacts_to<tick_atom>>;

/// ROUTER: passes texts to whoever owns their keys, here or on another node.
using router_actor = caf::typed_actor<
    // Has the call answered; the number is that of its pool. Errors: other_identity, and what shards, peers and pools
    // answer.
    caf::reacts_to<call_ptr, uint32_t>,
    // Has a shard's misses computed where there is room.
    caf::reacts_to<compute_atom, shard_call_ptr>,
    // INTERNAL: from peer_link's thread: a peer has answered all that it will.
    caf::reacts_to<peer_ask_ptr>,
    // INTERNAL: what compute_atom started has ended, here or on another node.
    caf::reacts_to<computation_ptr>,
    // An operator asks whether a text's result is cached. Errors: unknown_model, unavailable, deadline_exceeded.
    caf::reacts_to<lookup_ask_ptr>,
    // INTERNAL: time to end requests whose calls have ended.
    caf::reacts_to<tick_atom>,
    // From the model keeper: all models, one of which has changed its state.
    caf::reacts_to<models_ptr>,
    // From the supervisor: the members have changed.
    caf::reacts_to<cluster_view_ptr>,
    // Passes on what is in the mailbox before this, then quits.
    caf::reacts_to<stop_atom>,
    // Who is who, anew after every restart.
    caf::reacts_to<wire_atom, wiring_ptr>>;

/// COMPRESSOR: makes texts short. What it needs of sentences it asks for with calls of its own.
using compressor_actor = caf::typed_actor<
    // Compresses the call's texts with this model and answers it. Errors: those of compress_run and of the calls that
    // it makes (overloaded, model_loading, …), model_unusable, deadline_exceeded, cancelled, draining.
    caf::reacts_to<call_ptr, std::string>,
    // INTERNAL: from a thread aside: a task, by its number, has taken a step.
    caf::reacts_to<stepped_atom, uint64_t>,
    // INTERNAL: from a call that it made, by its number.
    caf::reacts_to<computed_atom, uint64_t, embed_outcome_ptr>,
    // INTERNAL: from an engine: a task's points, by the task's number.
    caf::reacts_to<computed_atom, uint64_t, engine_reply_ptr>,
    // From the model keeper: a model is ready, has failed, or was dropped.
    caf::reacts_to<std::string, news_ptr>,
    // By which table it chooses, and what trials say of it.
    caf::reacts_to<policy_ask_ptr>,
    // Answers what it has with errc::draining and quits.
    caf::reacts_to<stop_atom>,
    // Who is who, anew after every restart.
    caf::reacts_to<wire_atom, wiring_ptr>,
    // INTERNAL: looks for calls whose clients have gone.
    caf::reacts_to<tick_atom>>;

/// GATEWAY: resolves operation and model, checks deadlines, passes calls on. Admission stands in front of its mailbox.
using gateway_actor = caf::typed_actor<
    // Passes the call to the router. Errors: unknown_operation, unknown_model, too_many_items, deadline_exceeded,
    // cancelled, unavailable (no pool serves the model).
    caf::reacts_to<call_ptr>,
    // Passes on what is in the mailbox before this, then quits.
    caf::reacts_to<stop_atom>,
    // Who is who, anew after every restart.
    caf::reacts_to<wire_atom, wiring_ptr>>;

/// MODEL_KEEPER: opens and drops models, away from the actors' threads, and tells the pools.
using model_keeper_actor = caf::typed_actor<
    // A call needs the model: opens it unless it is there, being opened, or failed a short while ago.
    caf::reacts_to<want_atom, std::string>,
    // Lets go of a model's weights.
    caf::reacts_to<drop_atom, std::string>,
    // From a pool: a model's devices are lost, and it has nothing to run on: opens it anew.
    caf::reacts_to<lost_atom, std::string>,
    // INTERNAL: a model is open, or why not.
    caf::reacts_to<opened_atom, std::string, model_outcome_ptr>, caf::reacts_to<stop_atom>,
    // Who is who, anew after every restart.
    caf::reacts_to<wire_atom, wiring_ptr>>;

/// MONITOR: publishes the node's snapshot twice a second, and at once when its state or a model's changes.
using monitor_actor = caf::typed_actor<
    // The node's state has changed.
    caf::reacts_to<state_atom, condition_ptr>,
    // From the model keeper: all models, one of which has changed its state.
    caf::reacts_to<models_ptr>, caf::reacts_to<stop_atom>,
    // Who is who, anew after every restart.
    caf::reacts_to<wire_atom, wiring_ptr>,
    // INTERNAL: time for a look.
    caf::reacts_to<tick_atom>>;

/// AUTOSCALER: decides how many workers each pool has.
using autoscaler_actor = caf::typed_actor<caf::reacts_to<stop_atom>,
                                          // Who is who, anew after every restart.
                                          caf::reacts_to<wire_atom, wiring_ptr>,
                                          // INTERNAL: time for a look at the pools.
                                          caf::reacts_to<tick_atom>>;

/// NODE_SUPERVISOR: starts the others, restarts them one for one within their limit, stops them in order.
using node_supervisor_actor = caf::typed_actor<
    // A pool's child (named) has died, and why: may another one be started? Counts against the limit of that name.
    caf::replies_to<restart_atom, std::string, std::string>::with<bool>,
    // The models that are opened at start are open or have failed.
    caf::reacts_to<settled_atom>,
    // The node takes no new calls; runs the callback when idle_atom comes.
    caf::reacts_to<drain_atom, callback_ptr>,
    // No call is in flight any more, and none can come.
    caf::reacts_to<idle_atom>,
    // Passes new options to the pools of these names.
    caf::reacts_to<change_atom, pools_options_ptr>,
    // The members have changed.
    caf::reacts_to<cluster_view_ptr>,
    // Everything cached before this generation is forgotten. A lower one than before changes nothing.
    caf::reacts_to<clear_atom, uint64_t>,
    // From SETTINGS: what they mean now.
    caf::reacts_to<settings_effects_ptr>,
    // Pass on to SETTINGS.
    caf::reacts_to<settings_ask_ptr>, caf::reacts_to<peer_settings_ask_ptr>,
    // Pass on to CACHE_KEEPER.
    caf::reacts_to<keep_ask_ptr>, caf::reacts_to<find_ask_ptr>, caf::reacts_to<hot_ask_ptr>,
    // Pass on to ROUTER.
    caf::reacts_to<lookup_ask_ptr>,
    // Pass on to COMPRESSOR.
    caf::reacts_to<policy_ask_ptr>,
    // The present children; a control-path request.
    caf::replies_to<wire_atom>::with<wiring_ptr>,
    // Stops gateway, router, shards, pools, then the others, and quits.
    caf::reacts_to<stop_atom>>;

/// Who is who. The supervisor sends a new one to everybody after each start of a child.
struct tree_wiring {
  struct pool {
    std::string name;
    std::string model;
    worker_pool_actor handle;
  };
  node_supervisor_actor supervisor;
  gateway_actor gateway;
  model_keeper_actor keeper;
  monitor_actor monitor;
  autoscaler_actor autoscaler;
  settings_keeper_actor settings;
  std::vector<pool> pools;
  router_actor router;
  std::vector<cache_shard_actor> shards; ///< none: nothing is cached
  cache_keeper_actor cache_keeper;       ///< null with them
  document_keeper_actor documents;
  compressor_actor compressor;
  job_keeper_actor jobs;           ///< null: this node keeps no jobs
  device_group_actor device_group; ///< null with them
  uint64_t cache_generation = 0;
  settings_effects_ptr effects; ///< of the cluster's settings; null before they are read
};

} // namespace weft
