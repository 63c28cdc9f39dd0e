#pragma once

#include "node/grpc/edge.hpp"
#include "node/grpc/server.hpp"
#include "weft/v1/admin.grpc.pb.h"

#include <memory>
#include <string_view>
#include <utility>

namespace weft {

/// weft.v1.AdminService: converts, and passes on. Owned by grpc_server; called from gRPC's threads.
class admin_service final
    : public v1::AdminService::WithRawCallbackMethod_ListSettings<v1::AdminService::WithRawCallbackMethod_GetSetting<
          v1::AdminService::WithRawCallbackMethod_SetSetting<v1::AdminService::WithRawCallbackMethod_RemoveSetting<
              v1::AdminService::WithRawCallbackMethod_ClearCache<v1::AdminService::Service>>>>> {
public:
  /// door: empty: the node keeps no settings, every call is answered errc::unavailable.
  admin_service(std::shared_ptr<edge> edge, settings_door door) : edge_(std::move(edge)), door_(std::move(door)) {}

  grpc::ServerUnaryReactor* ListSettings(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                         grpc::ByteBuffer* out) override;
  grpc::ServerUnaryReactor* GetSetting(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                       grpc::ByteBuffer* out) override;
  grpc::ServerUnaryReactor* SetSetting(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                       grpc::ByteBuffer* out) override;
  grpc::ServerUnaryReactor* RemoveSetting(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                          grpc::ByteBuffer* out) override;
  grpc::ServerUnaryReactor* ClearCache(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                       grpc::ByteBuffer* out) override;

private:
  using reader = result<settings_request> (*)(const grpc::ByteBuffer& message);
  using writer = grpc::ByteBuffer (*)(const settings_rows& rows);
  grpc::ServerUnaryReactor* pass_on(std::string_view operation, grpc::CallbackServerContext& rpc,
                                    const grpc::ByteBuffer& in, grpc::ByteBuffer& out, reader read, writer write);

  const std::shared_ptr<edge> edge_;
  const settings_door door_;
};

} // namespace weft
