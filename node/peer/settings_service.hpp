#pragma once

#include "runtime/base/result.hpp"
#include "runtime/settings/settings_session.hpp"
#include "weft/peer/v1/settings.grpc.pb.h"

#include <functional>
#include <string>
#include <utility>

namespace weft {

/// The way to whoever keeps the settings: `done` is called once, on any thread.
using peer_settings_door = std::function<void(settings_question, std::function<void(result<settings_reply>)> done)>;

/// weft.peer.v1.SettingsService: lets questions of this cluster in. Called from gRPC's threads.
class settings_service final
    : public peer::v1::SettingsService::WithCallbackMethod_ExchangeSettings<peer::v1::SettingsService::Service> {
public:
  /// door: empty: this node keeps no settings.
  settings_service(std::string cluster_id, peer_settings_door door)
      : cluster_id_(std::move(cluster_id)), door_(std::move(door)) {}

  grpc::ServerUnaryReactor* ExchangeSettings(grpc::CallbackServerContext* rpc,
                                             const peer::v1::ExchangeSettingsRequest* in,
                                             peer::v1::ExchangeSettingsResponse* out) override;

private:
  const std::string cluster_id_;
  const peer_settings_door door_;
};

} // namespace weft
