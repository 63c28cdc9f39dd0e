#include "node/peer/grpc_entry_link.hpp"

#include "node/grpc/wire_error.hpp"
#include "node/peer/channel_cache.hpp"
#include "node/peer/convert_entries.hpp"
#include "node/peer/open_rpcs.hpp"
#include "weft/peer/v1/data.grpc.pb.h"

#include <grpcpp/client_context.h>
#include <grpcpp/support/client_callback.h>

#include <mutex>
#include <utility>

namespace weft {
namespace {

namespace pb = weft::peer::v1;

/// One question on its way.
template <class Request, class Response> struct entry_rpc {
  std::shared_ptr<grpc::ClientContext> context = std::make_shared<grpc::ClientContext>();
  Request request;
  Response response;
};

failure reason_of(const grpc::Status& ended) {
  auto reason = from_status(ended);
  if (reason.code == errc::cancelled) // the link has closed
    reason.code = errc::unavailable;
  return reason;
}

} // namespace

/// Outlives the questions: close() waits for them.
struct grpc_entry_link::parts {
  parts(const entry_link_options& given, std::shared_ptr<grpc::ChannelCredentials> credentials)
      : options(given), open(options.asks_max), channels(std::move(credentials), options.channels_max) {}

  const entry_link_options options;
  open_rpcs open;
  std::mutex mutex; // guards the next one
  channel_cache channels;

  result<std::unique_ptr<pb::PeerService::Stub>> enter(const cluster_member& peer, const open_rpcs::rpc_ptr& rpc,
                                                       std::chrono::milliseconds within) {
    if (peer.data_address.empty())
      return failure{errc::unavailable, "the peer has no data address"};
    if (auto entered = open.enter(rpc); !entered)
      return entered.error();
    rpc->set_deadline(std::chrono::system_clock::now() + within);
    const std::lock_guard hold(mutex);
    return pb::PeerService::NewStub(channels.to(peer.data_address));
  }
};

grpc_entry_link::grpc_entry_link(std::shared_ptr<parts> made) : parts_(std::move(made)) {}

result<std::shared_ptr<grpc_entry_link>> grpc_entry_link::make(const entry_link_options& options) {
  auto credentials = make_channel_credentials(options.tls);
  if (!credentials)
    return credentials.error();
  return std::shared_ptr<grpc_entry_link>(
      new grpc_entry_link(std::make_shared<parts>(options, *std::move(credentials))));
}

grpc_entry_link::~grpc_entry_link() {
  close();
}

void grpc_entry_link::give(const cluster_member& to, entry_parcel parcel, std::function<void(status)> done) {
  auto rpc = std::make_shared<entry_rpc<pb::StoreEntriesRequest, pb::StoreEntriesResponse>>();
  write_store_entries(parcel, rpc->request);
  const auto stub = parts_->enter(to, rpc->context, parts_->options.give_within);
  if (!stub)
    return done(stub.error());
  (*stub)->async()->StoreEntries(rpc->context.get(), &rpc->request, &rpc->response,
                                 [p = parts_.get(), rpc, done = std::move(done)](const grpc::Status& ended) mutable {
                                   const auto leaving = p->open.leave(rpc->context);
                                   const auto over = std::move(rpc); // before it has left
                                   done(ended.ok() ? ok : status{reason_of(ended)});
                                 });
}

void grpc_entry_link::find(const cluster_member& at, std::vector<cache_key> keys, std::chrono::milliseconds within,
                           std::function<void(result<found_entries>)> done) {
  auto rpc = std::make_shared<entry_rpc<pb::FindEntriesRequest, pb::FindEntriesResponse>>();
  write_find_entries(keys, rpc->request);
  const auto stub = parts_->enter(at, rpc->context, within);
  if (!stub)
    return done(stub.error());
  (*stub)->async()->FindEntries(
      rpc->context.get(), &rpc->request, &rpc->response,
      [p = parts_.get(), rpc, keys = std::move(keys), done = std::move(done)](const grpc::Status& ended) mutable {
        const auto leaving = p->open.leave(rpc->context);
        const auto over = std::move(rpc); // before it has left
        if (ended.ok())
          done(read_found(keys, over->response));
        else
          done(reason_of(ended));
      });
}

void grpc_entry_link::hottest(const cluster_member& at, uint32_t keys_max,
                              std::function<void(result<std::vector<hot_key>>)> done) {
  auto rpc = std::make_shared<entry_rpc<pb::ListHotKeysRequest, pb::ListHotKeysResponse>>();
  rpc->request.set_keys_max(keys_max);
  const auto stub = parts_->enter(at, rpc->context, parts_->options.list_within);
  if (!stub)
    return done(stub.error());
  (*stub)->async()->ListHotKeys(rpc->context.get(), &rpc->request, &rpc->response,
                                [p = parts_.get(), rpc, done = std::move(done)](const grpc::Status& ended) mutable {
                                  const auto leaving = p->open.leave(rpc->context);
                                  const auto over = std::move(rpc); // before it has left
                                  if (ended.ok())
                                    done(read_hot_keys(over->response));
                                  else
                                    done(reason_of(ended));
                                });
}

void grpc_entry_link::close() {
  parts_->open.close();
}

} // namespace weft
