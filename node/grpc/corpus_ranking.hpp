#pragma once

#include "node/grpc/edge.hpp"
#include "runtime/ports/job_door.hpp"

#include <grpcpp/support/server_callback.h>

#include <memory>

namespace weft {

/// What the hits of one RankCorpus may have.
inline constexpr uint64_t rank_reply_bytes_max = 64ULL << 20;

/// The whole way of a RankCorpus: the job is looked up, the query's texts are embedded by its model through the
/// ingress, as those of any call, and the door finds what is near. A client that goes away changes nothing: what was
/// asked for is done. door: null: the node keeps no jobs. Never blocks.
grpc::ServerUnaryReactor* start_corpus_ranking(const std::shared_ptr<edge>& edge, const std::shared_ptr<job_door>& door,
                                               grpc::CallbackServerContext& rpc, const grpc::ByteBuffer& in,
                                               grpc::ByteBuffer& out);

} // namespace weft
