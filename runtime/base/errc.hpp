#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace weft {

/// Every operating error of Weft. One row of errc_table() documents each; clients see its reason in ErrorInfo.
enum class errc : uint8_t {
  none,
  // The caller can mend these.
  invalid_argument,
  invalid_utf8,
  empty_call,
  too_many_items,
  text_too_large,
  call_too_large,
  text_too_long,
  unknown_model,
  unknown_operation,
  other_identity,
  unauthenticated,
  permission_denied,
  // These pass.
  overloaded,
  draining,
  model_loading,
  unavailable,
  deadline_exceeded,
  cancelled,
  // These are ours.
  engine_failed,
  model_unusable,
  storage_full,
  storage_failed,
  state_damaged,
  unknown_setting,
  settings_full,
  unknown_job,
  job_removed,
  no_quorum,
  no_backup_folder,
  budget_unreachable,
  not_text,
  unknown_handle,
  internal,
};

/// The canonical status codes (numbers as in gRPC), so that transports need no table of their own.
enum class canonical : uint8_t {
  ok = 0,
  cancelled = 1,
  invalid_argument = 3,
  deadline_exceeded = 4,
  not_found = 5,
  permission_denied = 7,
  resource_exhausted = 8,
  failed_precondition = 9,
  internal = 13,
  unavailable = 14,
  unauthenticated = 16,
};

/// What is fixed about one error: its stable reason, its canonical code, what it means and what to do about it.
struct errc_info {
  errc code;
  std::string_view reason; ///< UPPER_SNAKE, stable across releases
  canonical status;
  std::string_view meaning; ///< one sentence
  std::string_view advice;  ///< one sentence: what the caller should do
};

/// All errors, in the order of the enum.
std::span<const errc_info> errc_table() noexcept;

/// The row of one error.
const errc_info& info(errc code) noexcept;

/// The stable reason, for logs and metrics: "OVERLOADED".
inline std::string_view to_string(errc code) noexcept {
  return info(code).reason;
}

} // namespace weft
