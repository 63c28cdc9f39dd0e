#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/entry_link.hpp"
#include "weft/peer/v1/data.grpc.pb.h"

#include <grpcpp/support/server_callback.h>

#include <cstdint>
#include <functional>
#include <vector>

namespace weft {

/// The way to the node's cache for other nodes: each `done` is called once, on any thread. Empty: there is none.
struct entries_door {
  std::function<void(entry_parcel, std::function<void(status)> done)> keep;
  std::function<void(std::vector<cache_key>, std::function<void(result<found_entries>)> done)> find;
  std::function<void(uint32_t keys_max, std::function<void(result<std::vector<hot_key>>)> done)> hottest;
};

// The unary calls of PeerService: convert and pass on. What they take is bounded by the store's and the message's
// limits, and takes no longer than a read or write on disk, so there is nothing to cancel.

/// Takes the entries out of the message.
grpc::ServerUnaryReactor* store_entries(const entries_door& door, grpc::CallbackServerContext& rpc,
                                        peer::v1::StoreEntriesRequest& in);
grpc::ServerUnaryReactor* find_entries(const entries_door& door, grpc::CallbackServerContext& rpc,
                                       const peer::v1::FindEntriesRequest& in, peer::v1::FindEntriesResponse& out);
grpc::ServerUnaryReactor* list_hot_keys(const entries_door& door, grpc::CallbackServerContext& rpc,
                                        const peer::v1::ListHotKeysRequest& in, peer::v1::ListHotKeysResponse& out);

} // namespace weft
