#pragma once

#include "node/grpc/edge.hpp"
#include "node/grpc/server.hpp"
#include "weft/v1/admin.grpc.pb.h"

#include <functional>
#include <memory>
#include <string_view>
#include <utility>
#include <variant>

namespace weft {

/// The ways to whoever knows and acts. An empty one: what goes through it is answered errc::unavailable.
struct admin_doors {
  settings_door settings;
  cache_lookup_door cached;
  backup_door backups;
  compress_table_door compress_table;
};

/// weft.v1.AdminService: converts, and passes on. Owned by grpc_server; called from gRPC's threads.
class admin_service final
    : public v1::AdminService::WithRawCallbackMethod_ListSettings<v1::AdminService::WithRawCallbackMethod_GetSetting<
          v1::AdminService::WithRawCallbackMethod_SetSetting<v1::AdminService::WithRawCallbackMethod_RemoveSetting<
              v1::AdminService::WithRawCallbackMethod_ClearCache<v1::AdminService::WithRawCallbackMethod_GetCached<
                  v1::AdminService::WithRawCallbackMethod_CreateBackup<
                      v1::AdminService::WithRawCallbackMethod_DescribePolicy<v1::AdminService::Service>>>>>>>> {
public:
  admin_service(std::shared_ptr<edge> edge, admin_doors doors);

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
  grpc::ServerUnaryReactor* GetCached(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                      grpc::ByteBuffer* out) override;
  grpc::ServerUnaryReactor* CreateBackup(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                         grpc::ByteBuffer* out) override;
  grpc::ServerUnaryReactor* DescribePolicy(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                           grpc::ByteBuffer* out) override;

private:
  /// Reads the request, passes it through the door, and writes what comes back.
  template <class Request, class Answer>
  grpc::ServerUnaryReactor* pass_on(std::string_view operation, grpc::CallbackServerContext& rpc,
                                    const grpc::ByteBuffer& in, grpc::ByteBuffer& out,
                                    result<Request> (*read)(const grpc::ByteBuffer&),
                                    const std::function<void(Request, std::function<void(result<Answer>)>)>& door,
                                    grpc::ByteBuffer (*write)(const Answer&));

  const std::shared_ptr<edge> edge_;
  const admin_doors doors_;
  /// doors_.compress_table for pass_on(); empty as that is.
  std::function<void(std::monostate, std::function<void(result<compress_table>)>)> ask_table_;
};

} // namespace weft
