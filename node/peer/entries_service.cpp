#include "node/peer/entries_service.hpp"

#include "node/grpc/wire_error.hpp"
#include "node/peer/convert_entries.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

const failure no_cache{errc::unavailable, "this node keeps no cache"};

grpc::ServerUnaryReactor* refuse(grpc::CallbackServerContext& rpc, const failure& why) {
  auto* reactor = rpc.DefaultReactor();
  reactor->Finish(to_status(why));
  return reactor;
}

} // namespace

grpc::ServerUnaryReactor* store_entries(const entries_door& door, grpc::CallbackServerContext& rpc,
                                        peer::v1::StoreEntriesRequest& in) {
  if (!door.keep)
    return refuse(rpc, no_cache);
  auto parcel = read_store_entries(in);
  if (!parcel)
    return refuse(rpc, parcel.error());
  auto* reactor = rpc.DefaultReactor();
  door.keep(*std::move(parcel),
            [reactor](const status& kept) { reactor->Finish(kept ? grpc::Status::OK : to_status(kept.error())); });
  return reactor;
}

grpc::ServerUnaryReactor* find_entries(const entries_door& door, grpc::CallbackServerContext& rpc,
                                       const peer::v1::FindEntriesRequest& in, peer::v1::FindEntriesResponse& out) {
  if (!door.find)
    return refuse(rpc, no_cache);
  auto keys = read_find_entries(in);
  if (!keys)
    return refuse(rpc, keys.error());
  auto* reactor = rpc.DefaultReactor();
  door.find(*std::move(keys), [reactor, &out](const result<found_entries>& found) {
    if (found)
      write_found(*found, out);
    reactor->Finish(found ? grpc::Status::OK : to_status(found.error()));
  });
  return reactor;
}

grpc::ServerUnaryReactor* list_hot_keys(const entries_door& door, grpc::CallbackServerContext& rpc,
                                        const peer::v1::ListHotKeysRequest& in, peer::v1::ListHotKeysResponse& out) {
  if (!door.hottest)
    return refuse(rpc, no_cache);
  auto* reactor = rpc.DefaultReactor();
  door.hottest(std::min(in.keys_max(), hot_keys_max), [reactor, &out](const result<std::vector<hot_key>>& hot) {
    if (hot)
      write_hot_keys(*hot, out);
    reactor->Finish(hot ? grpc::Status::OK : to_status(hot.error()));
  });
  return reactor;
}

} // namespace weft
