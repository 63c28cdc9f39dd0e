#pragma once

#include "actors/document_ask.hpp"
#include "actors/entry_ask.hpp"
#include "actors/job_event.hpp"
#include "actors/settings_ask.hpp"
#include "actors/tree_options.hpp"
#include "runtime/batching/batch.hpp"
#include "runtime/batching/text_chunk.hpp"
#include "runtime/ports/call.hpp"
#include "runtime/ports/cluster_view.hpp"
#include "runtime/ports/compress_table.hpp"
#include "runtime/ports/engine.hpp"
#include "runtime/ports/model.hpp"
#include "runtime/ports/node_view.hpp"

#include <caf/all.hpp>

#include <functional>
#include <memory>
#include <string>
#include <vector>

/// What travels between actors. Everything but atoms, numbers and strings goes by shared_ptr: it never leaves the
/// process (CAF would have to serialize it otherwise), and a message costs one reference count.
namespace weft {

class corpus_slip;    // corpus_slip.hpp
struct corpus_notice; // corpus_notice.hpp
struct tree_wiring;   // interfaces.hpp
using wiring_ptr = std::shared_ptr<const tree_wiring>;

/// The engine of a worker, or why there is none. Taken out by the worker.
using engine_outcome = result<std::unique_ptr<engine>>;
using engine_outcome_ptr = std::shared_ptr<engine_outcome>;
using engine_info_ptr = std::shared_ptr<const engine_info>;
using engine_reply_ptr = std::shared_ptr<engine_reply>;

/// What opening a model gave.
using model_outcome_ptr = std::shared_ptr<const result<model_ptr>>;

/// A model has changed its state; pools that serve it are told.
struct model_news {
  model_state state = model_state::unloaded;
  model_ptr model;     ///< when ready
  std::string problem; ///< when failed
};
using news_ptr = std::shared_ptr<const model_news>;

using models_ptr = std::shared_ptr<const std::vector<model_status>>;
using pool_status_ptr = std::shared_ptr<const pool_status>;
using pool_options_ptr = std::shared_ptr<const pool_options>;
using pools_options_ptr = std::shared_ptr<const std::vector<pool_options>>;
/// What came of a call that a shard made.
using embed_outcome = result<embed_result>;
using embed_outcome_ptr = std::shared_ptr<embed_outcome>;
struct shard_ask;    // gather.hpp
struct peer_ask;     // peer_ask.hpp
struct store_lookup; // store_lookup.hpp
struct computation;  // computation.hpp
class shard_call;    // shard_call.hpp
using shard_call_ptr = std::shared_ptr<shard_call>;
using computation_ptr = std::shared_ptr<const computation>;
using shard_ask_ptr = std::shared_ptr<const shard_ask>;
using peer_ask_ptr = std::shared_ptr<const peer_ask>;
using store_lookup_ptr = std::shared_ptr<const store_lookup>;
using written_ptr = std::shared_ptr<const status>;
using cache_status_ptr = std::shared_ptr<const cache_status>;

using keep_ask_ptr = std::shared_ptr<keep_ask>;
using find_ask_ptr = std::shared_ptr<find_ask>;
using hot_ask_ptr = std::shared_ptr<hot_ask>;
using lookup_ask_ptr = std::shared_ptr<lookup_ask>;
using hand_over_ask_ptr = std::shared_ptr<hand_over_ask>;
using entries_ptr = std::shared_ptr<const std::vector<stored_entry>>;
using hot_keys_ptr = std::shared_ptr<const result<std::vector<hot_key>>>;
using store_find_ptr = std::shared_ptr<store_find>;
struct fetched_batch; // fetched_batch.hpp
using fetched_batch_ptr = std::shared_ptr<const fetched_batch>;

using settings_ask_ptr = std::shared_ptr<settings_ask>;
using peer_settings_ask_ptr = std::shared_ptr<peer_settings_ask>;
using settings_heard_ptr = std::shared_ptr<const settings_heard>;
using stored_settings_ptr = std::shared_ptr<const stored_settings>;

using document_edit_ask_ptr = std::shared_ptr<document_edit_ask>;
using document_read_ask_ptr = std::shared_ptr<document_read_ask>;
using document_reply_ptr = std::shared_ptr<document_reply>;

/// Errors: errc::unavailable.
using policy_ask = question_slip<std::monostate, compress_table>;
using policy_ask_ptr = std::shared_ptr<policy_ask>;
class points_ask; // points_ask.hpp
using points_ask_ptr = std::shared_ptr<points_ask>;

using corpus_slip_ptr = std::shared_ptr<corpus_slip>;
/// Taken out by the actor.
using corpus_notice_ptr = std::shared_ptr<corpus_notice>;

using callback_ptr = std::shared_ptr<const std::function<void()>>;

/// How the node is, as its supervisor sees it.
struct node_condition {
  node_state state = node_state::starting;
  std::string reason;
  uint32_t restarts = 0;
};
using condition_ptr = std::shared_ptr<const node_condition>;

} // namespace weft

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::batch_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::call_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::cache_status_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::callback_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::chunk_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::condition_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::cluster_view_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::computation_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::corpus_notice_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::corpus_slip_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::document_edit_ask_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::document_read_ask_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::document_reply_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::embed_outcome_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::engine_info_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::engine_outcome_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::engine_reply_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::entries_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::fetched_batch_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::find_ask_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::hand_over_ask_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::hot_ask_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::hot_keys_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::job_event_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::keep_ask_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::lookup_ask_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::model_outcome_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::models_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::news_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::peer_ask_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::peer_settings_ask_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::points_ask_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::policy_ask_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::pool_options_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::pool_status_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::pools_options_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::settings_ask_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::settings_effects_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::settings_heard_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::shard_ask_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::shard_call_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::store_find_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::store_lookup_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::stored_settings_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::tokenized_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::wiring_ptr)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(weft::written_ptr)

/// Atoms have at most 10 characters.
CAF_BEGIN_TYPE_ID_BLOCK(weft_actors, caf::first_custom_type_id)
CAF_ADD_ATOM(weft_actors, weft, change_atom, "change")
CAF_ADD_ATOM(weft_actors, weft, clear_atom, "clear")
CAF_ADD_ATOM(weft_actors, weft, compute_atom, "compute")
CAF_ADD_ATOM(weft_actors, weft, computed_atom, "computed")
CAF_ADD_ATOM(weft_actors, weft, drain_atom, "drain")
CAF_ADD_ATOM(weft_actors, weft, drop_atom, "drop")
CAF_ADD_ATOM(weft_actors, weft, given_atom, "given")
CAF_ADD_ATOM(weft_actors, weft, hot_atom, "hot")
CAF_ADD_ATOM(weft_actors, weft, idle_atom, "idle")
CAF_ADD_ATOM(weft_actors, weft, loaded_atom, "loaded")
CAF_ADD_ATOM(weft_actors, weft, lost_atom, "lost")
CAF_ADD_ATOM(weft_actors, weft, opened_atom, "opened")
CAF_ADD_ATOM(weft_actors, weft, peer_atom, "peer")
CAF_ADD_ATOM(weft_actors, weft, ready_atom, "ready")
CAF_ADD_ATOM(weft_actors, weft, resize_atom, "resize")
CAF_ADD_ATOM(weft_actors, weft, restart_atom, "restart")
CAF_ADD_ATOM(weft_actors, weft, sent_atom, "sent")
CAF_ADD_ATOM(weft_actors, weft, settled_atom, "settled")
CAF_ADD_ATOM(weft_actors, weft, state_atom, "state")
CAF_ADD_ATOM(weft_actors, weft, status_atom, "status")
CAF_ADD_ATOM(weft_actors, weft, stepped_atom, "stepped")
CAF_ADD_ATOM(weft_actors, weft, stop_atom, "stop")
CAF_ADD_ATOM(weft_actors, weft, tick_atom, "tick")
CAF_ADD_ATOM(weft_actors, weft, tokens_atom, "tokens")
CAF_ADD_ATOM(weft_actors, weft, want_atom, "want")
CAF_ADD_ATOM(weft_actors, weft, wire_atom, "wire")
CAF_ADD_ATOM(weft_actors, weft, written_atom, "written")
CAF_END_TYPE_ID_BLOCK(weft_actors)
