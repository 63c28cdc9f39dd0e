#pragma once

#include "runtime/base/errc.hpp"

#include <cstdint>

namespace weft {

/// What a failed run says, and so what follows from it.
enum class failure_kind : uint8_t {
  about_text,  ///< no engine will ever take this text
  about_items, ///< an engine fails on something in it
  about_node,  ///< this node cannot do it, others may
  passing,     ///< later
};

constexpr failure_kind kind_of(errc code) noexcept {
  switch (code) {
  case errc::invalid_argument:
  case errc::invalid_utf8:
  case errc::text_too_large:
  case errc::text_too_long:
  case errc::budget_unreachable:
  case errc::not_text:
    return failure_kind::about_text;
  case errc::unknown_model:
  case errc::unknown_operation:
  case errc::other_identity:
  case errc::model_unusable:
  case errc::unauthenticated:
  case errc::permission_denied:
    return failure_kind::about_node;
  case errc::overloaded:
  case errc::draining:
  case errc::model_loading:
  case errc::unavailable:
  case errc::deadline_exceeded:
  case errc::cancelled:
  case errc::storage_full:
  case errc::storage_failed:
  case errc::no_quorum:
    return failure_kind::passing;
  default: // engine_failed, internal; and limits on a whole call, which halves may keep
    return failure_kind::about_items;
  }
}

} // namespace weft
