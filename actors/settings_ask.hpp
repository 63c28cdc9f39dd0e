#pragma once

#include "actors/question_slip.hpp"
#include "runtime/settings/settings_request.hpp"
#include "runtime/settings/settings_session.hpp"

#include <cstdint>

namespace weft {

using settings_ask = question_slip<settings_request, settings_rows>;
using peer_settings_ask = question_slip<settings_question, settings_reply>;

/// What a peer answered to a question of exchange number `exchange`.
struct settings_heard {
  uint64_t exchange = 0;
  result<settings_reply> reply;
};

} // namespace weft
