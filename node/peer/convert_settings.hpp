#pragma once

#include "runtime/base/result.hpp"
#include "runtime/settings/settings_session.hpp"
#include "weft/peer/v1/settings.pb.h"

namespace weft {

/// Without the cluster's id.
void write_settings_question(const settings_question& from, peer::v1::ExchangeSettingsRequest& to);
/// Fails with errc::invalid_argument: a digest whose keys do not rise.
result<settings_question> read_settings_question(const peer::v1::ExchangeSettingsRequest& from);

void write_settings_reply(const settings_reply& from, peer::v1::ExchangeSettingsResponse& to);
settings_reply read_settings_reply(const peer::v1::ExchangeSettingsResponse& from);

} // namespace weft
