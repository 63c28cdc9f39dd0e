#include "node/peer/settings_service.hpp"

#include "node/grpc/wire_error.hpp"
#include "node/peer/convert_settings.hpp"

namespace weft {

grpc::ServerUnaryReactor* settings_service::ExchangeSettings(grpc::CallbackServerContext* rpc,
                                                             const peer::v1::ExchangeSettingsRequest* in,
                                                             peer::v1::ExchangeSettingsResponse* out) {
  auto* reactor = rpc->DefaultReactor(); // what it answers takes no time, so there is nothing to cancel
  const auto refuse = [&](const failure& why) {
    reactor->Finish(to_status(why));
    return reactor;
  };
  if (!door_)
    return refuse({errc::unavailable, "this node keeps no settings"});
  if (in->cluster_id() != cluster_id_)
    return refuse({errc::invalid_argument, "the settings are those of another cluster, '" + cluster_id_ + "'"});
  auto question = read_settings_question(*in);
  if (!question)
    return refuse(question.error());
  door_(*std::move(question), [reactor, out](result<settings_reply> reply) {
    if (reply)
      write_settings_reply(*reply, *out);
    reactor->Finish(reply ? grpc::Status::OK : to_status(reply.error()));
  });
  return reactor;
}

} // namespace weft
