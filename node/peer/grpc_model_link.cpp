#include "node/peer/grpc_model_link.hpp"

#include "node/grpc/wire_error.hpp"
#include "node/peer/convert_model.hpp"
#include "weft/peer/v1/model.grpc.pb.h"

namespace weft {

namespace pb = weft::peer::v1;

class grpc_model_link::question {
public:
  question(grpc_model_link& link, std::chrono::milliseconds time_max) : link_(link) {
    context_.set_deadline(std::chrono::system_clock::now() + time_max);
    const std::lock_guard hold(link_.mutex_);
    link_.open_ = &context_;
    if (link_.cancelled_)
      context_.TryCancel(); // before it starts: it ends at once
  }
  ~question() {
    const std::lock_guard hold(link_.mutex_);
    link_.open_ = nullptr;
  }
  question(const question&) = delete;
  question& operator=(const question&) = delete;

  grpc::ClientContext* context() { return &context_; }

private:
  grpc_model_link& link_;
  grpc::ClientContext context_;
};

result<std::unique_ptr<grpc_model_link>> grpc_model_link::make(const model_link_options& options) {
  auto credentials = make_channel_credentials(options.tls);
  if (!credentials)
    return credentials.error();
  return std::unique_ptr<grpc_model_link>(new grpc_model_link(options, *std::move(credentials)));
}

void grpc_model_link::cancel() {
  const std::lock_guard hold(mutex_);
  cancelled_ = true;
  if (open_)
    open_->TryCancel();
}

result<std::vector<std::string>> grpc_model_link::find(const std::string& address) {
  question asked{*this, options_.find_time_max};
  pb::ListModelSourcesRequest request;
  pb::ListModelSourcesResponse response;
  request.set_cluster_id(options_.cluster_id);
  const auto stub = pb::ModelDirectoryService::NewStub(channels_.to(address));
  if (const auto ended = stub->ListModelSources(asked.context(), request, &response); !ended.ok())
    return from_status(ended);
  std::vector<std::string> out;
  for (auto& it : *response.mutable_data_addresses())
    if (it != options_.own_address)
      out.push_back(std::move(it));
  return out;
}

result<model_offer> grpc_model_link::describe(const std::string& address, const std::string& model) {
  question asked{*this, options_.describe_time_max};
  pb::DescribeModelRequest request;
  pb::DescribeModelResponse response;
  request.set_cluster_id(options_.cluster_id);
  request.set_model(model);
  request.set_data_address(options_.own_address);
  const auto stub = pb::ModelService::NewStub(channels_.to(address));
  if (const auto ended = stub->DescribeModel(asked.context(), request, &response); !ended.ok())
    return from_status(ended);
  auto out = read_model_offer(response);
  std::erase(out.upstream, options_.own_address);
  return out;
}

status grpc_model_link::fetch(const std::string& address, const range& what,
                              const std::function<bool(std::string piece)>& take) {
  question asked{*this, options_.fetch_time_max};
  pb::FetchModelRequest request;
  request.set_cluster_id(options_.cluster_id);
  request.set_version(what.version);
  request.set_file(what.file);
  request.set_offset(what.offset);
  request.set_pieces_max(what.pieces_max);
  const auto stub = pb::ModelService::NewStub(channels_.to(address));
  const auto reader = stub->FetchModel(asked.context(), request);
  pb::FetchModelResponse response;
  bool wanted = true;
  while (wanted && reader->Read(&response))
    wanted = take(std::move(*response.mutable_piece()));
  if (!wanted)
    asked.context()->TryCancel();
  const auto ended = reader->Finish();
  return ended.ok() || !wanted ? ok : status{from_status(ended)};
}

} // namespace weft
