#include "node/grpc/admin_service.hpp"

#include "node/grpc/convert_admin.hpp"
#include "node/grpc/rpc_call.hpp"

#include <utility>

namespace weft {

admin_service::admin_service(std::shared_ptr<edge> edge, admin_doors doors)
    : edge_(std::move(edge)), doors_(std::move(doors)) {
  if (doors_.compress_table)
    ask_table_ = [door = doors_.compress_table](std::monostate, auto done) { door(std::move(done)); };
}

template <class Request, class Answer>
grpc::ServerUnaryReactor*
admin_service::pass_on(std::string_view operation, grpc::CallbackServerContext& rpc, const grpc::ByteBuffer& in,
                       grpc::ByteBuffer& out, result<Request> (*read)(const grpc::ByteBuffer&),
                       const std::function<void(Request, std::function<void(result<Answer>)>)>& door,
                       grpc::ByteBuffer (*write)(const Answer&)) {
  // A client that goes away changes nothing: what was asked for is done, and takes no longer than a write to disk (a
  // backup: minutes, and one at a time).
  auto* reactor = rpc.DefaultReactor();
  const auto waiting = std::make_shared<later_answer>(unary_answer(rpc, *reactor, out, *edge_, operation));
  const auto fail = [&](const failure& why) {
    waiting->finish.fail(why, waiting->caller);
    return reactor;
  };
  if (auto entered = enter(*edge_, rpc, role::operator_, waiting->caller); !entered)
    return fail(entered.error());
  auto request = read(in);
  if (!request)
    return fail(request.error());
  if (!door)
    return fail({errc::unavailable, "this node keeps nothing of the kind"});
  door(*std::move(request), [waiting, write](result<Answer> answer) {
    if (answer)
      waiting->finish.send(write(*answer), waiting->caller);
    else
      waiting->finish.fail(answer.error(), waiting->caller);
  });
  return reactor;
}

grpc::ServerUnaryReactor* admin_service::ListSettings(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                                      grpc::ByteBuffer* out) {
  return pass_on("list_settings", *rpc, *in, *out, read_list_settings, doors_.settings, write_list_settings);
}

grpc::ServerUnaryReactor* admin_service::GetSetting(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                                    grpc::ByteBuffer* out) {
  return pass_on("get_setting", *rpc, *in, *out, read_get_setting, doors_.settings, write_get_setting);
}

grpc::ServerUnaryReactor* admin_service::SetSetting(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                                    grpc::ByteBuffer* out) {
  return pass_on("set_setting", *rpc, *in, *out, read_set_setting, doors_.settings, write_set_setting);
}

grpc::ServerUnaryReactor* admin_service::RemoveSetting(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                                       grpc::ByteBuffer* out) {
  return pass_on("remove_setting", *rpc, *in, *out, read_remove_setting, doors_.settings, write_remove_setting);
}

grpc::ServerUnaryReactor* admin_service::ClearCache(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                                    grpc::ByteBuffer* out) {
  return pass_on("clear_cache", *rpc, *in, *out, read_clear_cache, doors_.settings, write_clear_cache);
}

grpc::ServerUnaryReactor* admin_service::GetCached(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                                   grpc::ByteBuffer* out) {
  return pass_on("get_cached", *rpc, *in, *out, read_get_cached, doors_.cached, write_get_cached);
}

grpc::ServerUnaryReactor* admin_service::CreateBackup(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                                      grpc::ByteBuffer* out) {
  return pass_on("create_backup", *rpc, *in, *out, read_create_backup, doors_.backups, write_create_backup);
}

grpc::ServerUnaryReactor* admin_service::DescribePolicy(grpc::CallbackServerContext* rpc, const grpc::ByteBuffer* in,
                                                        grpc::ByteBuffer* out) {
  return pass_on("describe_policy", *rpc, *in, *out, read_describe_policy, ask_table_, write_describe_policy);
}

} // namespace weft
