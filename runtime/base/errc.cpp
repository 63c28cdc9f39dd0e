#include "runtime/base/errc.hpp"

#include "runtime/base/assert.hpp"

#include <array>

namespace weft {
namespace {

constexpr std::array rows{
    errc_info{errc::none, "OK", canonical::ok, "No error.", "Nothing."},
    errc_info{errc::invalid_argument, "INVALID_ARGUMENT", canonical::invalid_argument,
              "A field of the request has a value that is not allowed.", "Correct what the message names."},
    errc_info{errc::invalid_utf8, "INVALID_UTF8", canonical::invalid_argument, "A text is not valid UTF-8.",
              "Decode the text that the message names with its real encoding and send UTF-8."},
    errc_info{errc::empty_call, "EMPTY_CALL", canonical::invalid_argument, "The call has no texts.",
              "Send at least one text; an empty text is allowed."},
    errc_info{errc::too_many_items, "TOO_MANY_ITEMS", canonical::invalid_argument,
              "The call has more texts than one unary call may have.", "Use EmbedStream, which takes any number."},
    errc_info{errc::text_too_large, "TEXT_TOO_LARGE", canonical::invalid_argument,
              "A text has more bytes than the limit.", "Split the text, or raise limits.text_bytes_max."},
    errc_info{errc::call_too_large, "CALL_TOO_LARGE", canonical::invalid_argument,
              "The texts of the call have more bytes together than the limit.",
              "Send fewer texts a call, or use EmbedStream."},
    errc_info{errc::text_too_long, "TEXT_TOO_LONG", canonical::invalid_argument,
              "A text has more tokens than the model reads, and truncation was refused.",
              "Allow truncation, or split the text."},
    errc_info{errc::unknown_model, "UNKNOWN_MODEL", canonical::not_found, "This node does not have the model.",
              "Use a model that NodeService.GetNode lists, or leave the field empty."},
    errc_info{errc::unknown_operation, "UNKNOWN_OPERATION", canonical::not_found,
              "This node does not have the operation.", "Check the versions of client and node."},
    errc_info{errc::other_identity, "OTHER_IDENTITY", canonical::failed_precondition,
              "A node was asked by another one for a result that it would compute differently: another version of the "
              "model, or another numeric class.",
              "Nothing; the asking node computes it. Give all nodes the same model for one shared cache."},
    errc_info{errc::unauthenticated, "UNAUTHENTICATED", canonical::unauthenticated,
              "The call carries no valid API key.", "Send 'authorization: Bearer KEY' with a key of this cluster."},
    errc_info{errc::permission_denied, "PERMISSION_DENIED", canonical::permission_denied,
              "The API key's role does not allow this call.", "Use a key whose role allows it."},
    errc_info{errc::overloaded, "OVERLOADED", canonical::resource_exhausted,
              "A limit on work in flight is reached; the call was refused before any work.",
              "Retry after the time in the reply, with backoff, or keep fewer calls in flight."},
    errc_info{errc::draining, "DRAINING", canonical::unavailable, "The node is shutting down and takes no new work.",
              "Retry on another node."},
    errc_info{errc::model_loading, "MODEL_LOADING", canonical::unavailable, "The model is not loaded yet.",
              "Retry in a moment."},
    errc_info{errc::unavailable, "UNAVAILABLE", canonical::unavailable,
              "The call was lost inside the node, or the node is not ready for it.", "Retry in a moment."},
    errc_info{errc::deadline_exceeded, "DEADLINE_EXCEEDED", canonical::deadline_exceeded,
              "The call's deadline passed before its result was there.",
              "Give the call more time, or send less at once."},
    errc_info{errc::cancelled, "CANCELLED", canonical::cancelled,
              "The client cancelled the call; of a job: it was cancelled, or has expired.",
              "Nothing; a job goes on under another request id only."},
    errc_info{errc::engine_failed, "ENGINE_FAILED", canonical::internal,
              "The engine failed on this work, after retries.", "Report it with the request id; other texts go on."},
    errc_info{errc::model_unusable, "MODEL_UNUSABLE", canonical::failed_precondition,
              "The model's files are missing, damaged or of an unknown kind.",
              "Run tools/setup model, or set WEFT_MODEL_DIR."},
    errc_info{errc::storage_full, "STORAGE_FULL", canonical::resource_exhausted,
              "A disk of the node is full, or what it may keep there is used up; it stores nothing new.",
              "Free space under node.data_dir or where the message says; writing goes on by itself."},
    errc_info{errc::storage_failed, "STORAGE_FAILED", canonical::unavailable,
              "A disk or a folder of the node cannot be read or written.",
              "Look at what the message names, and at the node's log."},
    errc_info{errc::state_damaged, "STATE_DAMAGED", canonical::failed_precondition,
              "A file in which the node keeps its state is damaged.",
              "Move the file that the message names away; the other nodes bring its contents back."},
    errc_info{errc::unknown_setting, "UNKNOWN_SETTING", canonical::not_found, "The setting is not set.",
              "Look at what is set with 'weft settings list'."},
    errc_info{errc::settings_full, "SETTINGS_FULL", canonical::resource_exhausted,
              "The cluster's settings have no room for another.", "Remove settings that are no longer used."},
    errc_info{errc::unknown_job, "UNKNOWN_JOB", canonical::not_found,
              "There is no such job, or it is another tenant's.", "Look at the jobs with 'weft job list'."},
    errc_info{errc::job_removed, "JOB_REMOVED", canonical::not_found,
              "The job's results were kept as long as it asked for, and are gone.",
              "Submit it again under another request id, with a longer retention."},
    errc_info{errc::no_quorum, "NO_QUORUM", canonical::unavailable,
              "Too few nodes answer to make the items safe; nothing more was acknowledged.",
              "Look at 'weft node list'; submit again with the same request id, it goes on where it stopped."},
    errc_info{errc::no_backup_folder, "NO_BACKUP_FOLDER", canonical::failed_precondition,
              "The node has no folder of its own for backups: none is configured, or it has another node's backups.",
              "Set jobs.backup_dir in the node's configuration to a folder of its own, and restart it."},
    errc_info{
        errc::budget_unreachable, "BUDGET_UNREACHABLE", canonical::failed_precondition,
        "No extract fits the budget: what must be kept, or the smallest sentence there is, has more tokens.",
        "Ask for at least leastTokens, or at most bestRatio, both in the error's metadata; or keep less by rule."},
    errc_info{errc::not_text, "NOT_TEXT", canonical::invalid_argument, "The input is not text: it has binary data.",
              "Send text in UTF-8; convert documents and archives to text first."},
    errc_info{errc::unknown_handle, "UNKNOWN_HANDLE", canonical::not_found,
              "No node keeps the document of this handle any more, or it never existed.",
              "Send the whole text again; the reply has its handle."},
    errc_info{errc::internal, "INTERNAL", canonical::internal, "A defect of Weft.",
              "Report it with the request id and the log."},
};

constexpr bool in_order() {
  for (size_t i = 0; i < rows.size(); ++i)
    if (static_cast<size_t>(rows[i].code) != i)
      return false;
  return rows.size() == static_cast<size_t>(errc::internal) + 1;
}
static_assert(in_order(), "one row an error, in the order of the enum");

} // namespace

std::span<const errc_info> errc_table() noexcept {
  return rows;
}

const errc_info& info(errc code) noexcept {
  WEFT_ASSERT(static_cast<size_t>(code) < rows.size());
  return rows[static_cast<size_t>(code)];
}

} // namespace weft
