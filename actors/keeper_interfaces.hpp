#pragma once

#include "actors/messages.hpp"

#include <cstdint>
#include <string>

/// The typed handles of the actors that keep what outlives a call: entries, settings, jobs. The comments' rule is that
/// of interfaces.hpp.
namespace weft {

/// CACHE_KEEPER: what is done for the cache beside calls, with other nodes: second copies, fetching ahead after this
/// node has joined, handing over before it leaves.
using cache_keeper_actor = caf::typed_actor<
    // From a shard: entries that its store is given; their second owners get them, too.
    caf::reacts_to<entries_ptr>,
    // From another node. Errors: as those of the shard, unavailable (there is no cache).
    caf::reacts_to<keep_ask_ptr>, caf::reacts_to<find_ask_ptr>, caf::reacts_to<hot_ask_ptr>,
    // The node drains: gives what is hot to the next owners. Always answered, in time.
    caf::reacts_to<hand_over_ask_ptr>,
    // INTERNAL: a parcel's number, and how it was taken; so many entries that a next owner has taken.
    caf::reacts_to<sent_atom, uint64_t, written_ptr>, caf::reacts_to<given_atom, uint64_t>,
    // INTERNAL: what a member is asked for most, by its id.
    caf::reacts_to<hot_atom, uint64_t, hot_keys_ptr>,
    // INTERNAL: what a member, by its id, had of the keys that are fetched ahead.
    caf::reacts_to<peer_atom, uint64_t, fetched_batch_ptr>,
    // INTERNAL: of this node: what is hot, and what it has of that; to be handed over.
    caf::reacts_to<hot_keys_ptr>, caf::reacts_to<fetched_batch_ptr>,
    // From the supervisor: the members have changed.
    caf::reacts_to<cluster_view_ptr>,
    // Counters; a control-path request.
    caf::replies_to<status_atom>::with<cache_status_ptr>, caf::reacts_to<stop_atom>,
    // Who is who, anew after every restart.
    caf::reacts_to<wire_atom, wiring_ptr>,
    // INTERNAL: drives parcels and preloading.
    caf::reacts_to<tick_atom>>;

/// DOCUMENT_KEEPER: makes, changes and reads documents, whose chunks the caches of their keys' owners keep.
using document_keeper_actor = caf::typed_actor<
    // From clients. Errors: as document_store says.
    caf::reacts_to<document_edit_ask_ptr>, caf::reacts_to<document_read_ask_ptr>,
    // INTERNAL: from a thread aside: an operation, by its number, has taken a step.
    caf::reacts_to<stepped_atom, uint64_t>,
    // INTERNAL: what a cache, here or on another node, has or keeps of some entries.
    caf::reacts_to<document_reply_ptr>,
    // From the supervisor: the members have changed.
    caf::reacts_to<cluster_view_ptr>,
    // Begins no further operations (errc::draining); what is under way goes on.
    caf::reacts_to<drain_atom>,
    // Answers what it has with errc::draining and quits.
    caf::reacts_to<stop_atom>,
    // Who is who, anew after every restart.
    caf::reacts_to<wire_atom, wiring_ptr>,
    // INTERNAL: drives deadlines.
    caf::reacts_to<tick_atom>>;

/// SETTINGS: keeps the cluster's settings, shares them with other nodes, tells the node what they mean.
using settings_keeper_actor = caf::typed_actor<
    // An operator's question. Errors: invalid_argument, unknown_setting, settings_full, overloaded (too many wait for
    // the disk), storage_full and storage_failed (made, but not kept here), unavailable (being brought up to date).
    caf::reacts_to<settings_ask_ptr>,
    // Another node's question. Errors: unavailable (the file is not read yet).
    caf::reacts_to<peer_settings_ask_ptr>,
    // INTERNAL: what another node answered.
    caf::reacts_to<settings_heard_ptr>,
    // INTERNAL: what the file has; null: nothing.
    caf::reacts_to<loaded_atom, stored_settings_ptr>,
    // INTERNAL: the file is written, or why not.
    caf::reacts_to<written_atom, written_ptr>,
    // From the supervisor: the members have changed.
    caf::reacts_to<cluster_view_ptr>, caf::reacts_to<stop_atom>,
    // Who is who, anew after every restart.
    caf::reacts_to<wire_atom, wiring_ptr>,
    // INTERNAL: drives push-pull and writing.
    caf::reacts_to<tick_atom>>;

/// JOB_KEEPER: keeps jobs: makes items durable, runs the segments that this node owns, repairs copies, tells clients.
using job_keeper_actor = caf::typed_actor<
    // From clients, other nodes, the log: job_event.hpp says which errors each is answered with.
    caf::reacts_to<job_event_ptr>,
    // INTERNAL: from a call that it made, by its run.
    caf::reacts_to<computed_atom, uint64_t, embed_outcome_ptr>,
    // From the supervisor: the members have changed.
    caf::reacts_to<cluster_view_ptr>,
    // Opens no further jobs (errc::draining); what is under way goes on.
    caf::reacts_to<drain_atom>, caf::reacts_to<stop_atom>,
    // Who is who, anew after every restart.
    caf::reacts_to<wire_atom, wiring_ptr>,
    // INTERNAL: drives the core's timers.
    caf::reacts_to<tick_atom>>;

/// DEVICE_GROUP: vectors of corpora in memory, this node's ranks in their communicators, searches of its shares.
using device_group_actor = caf::typed_actor<
    // From JOB_KEEPER: what its core wants. Answered by job_events::corpus; errors: as corpus_effects.hpp says, and
    // overloaded (too many corpora or searches), draining, cancelled (of an epoch that is over), unavailable.
    caf::reacts_to<corpus_slip_ptr>,
    // INTERNAL: from a thread that decodes, searches, or is a rank.
    caf::reacts_to<corpus_notice_ptr>,
    // From the supervisor: the members have changed.
    caf::reacts_to<cluster_view_ptr>,
    // Takes part in no further epochs (errc::draining); what is under way goes on.
    caf::reacts_to<drain_atom>,
    // Aborts its ranks and quits.
    caf::reacts_to<stop_atom>,
    // Who is who, anew after every restart.
    caf::reacts_to<wire_atom, wiring_ptr>,
    // INTERNAL: lets vectors go that nobody asks for.
    caf::reacts_to<tick_atom>>;

} // namespace weft
