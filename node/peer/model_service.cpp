#include "node/peer/model_service.hpp"

#include "node/config/address.hpp"
#include "node/grpc/wire_error.hpp"
#include "node/peer/convert_model.hpp"

#include <utility>

namespace weft {
namespace {

namespace pb = weft::peer::v1;

// Longer ones are nobody's: a host name has 253 characters at most.
constexpr size_t address_bytes_max = 300;

failure other_cluster(const std::string& own) {
  return {errc::invalid_argument, "this node is of another cluster, '" + own + "'"};
}

/// One transfer: asks the shelf for a piece, writes it, asks for the next one; so one piece is in memory. Either a
/// question or a write is on its way, or it is finished, so its OnDone() comes after all else.
class model_transfer final : public grpc::ServerWriteReactor<pb::FetchModelResponse> {
public:
  model_transfer(std::shared_ptr<model_shelf> shelf, const pb::FetchModelRequest& wanted,
                 std::shared_ptr<std::atomic<uint32_t>> transfers)
      : shelf_(std::move(shelf)), file_(wanted.file()), offset_(wanted.offset()), left_(wanted.pieces_max()),
        bytes_(shelf_->bytes_of_file(file_)), transfers_(std::move(transfers)) {}

  void next() {
    if (sent_ && (left_ == 0 || offset_ >= bytes_ || cancelled_))
      return end(grpc::Status::OK);
    shelf_->read(
        file_, offset_,
        [this](result<std::string> piece) {
          if (piece && !cancelled_)
            return write(*std::move(piece));
          // Whoever got some goes on by itself; whoever got none is told why.
          end(piece || sent_ ? grpc::Status::OK : to_status(piece.error()));
        },
        &cancelled_);
  }

private:
  void write(std::string piece) {
    sent_ = true;
    offset_ += piece.size();
    left_ -= left_ > 0 ? 1 : 0;
    *response_.mutable_piece() = std::move(piece);
    StartWrite(&response_);
  }
  void OnWriteDone(bool good) override {
    if (!good)
      return end(grpc::Status::CANCELLED);
    next();
  }
  void OnCancel() override {
    cancelled_ = true;
    shelf_->look_again();
  }
  void OnDone() override { delete this; }
  void end(const grpc::Status& how) {
    --*transfers_; // before the asker hears it and asks again
    Finish(how);
  }

  const std::shared_ptr<model_shelf> shelf_;
  const std::string file_;
  uint64_t offset_;
  uint32_t left_;
  const uint64_t bytes_;
  const std::shared_ptr<std::atomic<uint32_t>> transfers_; ///< the service may be gone by then
  bool sent_ = false;
  std::atomic<bool> cancelled_{false};
  pb::FetchModelResponse response_;
};

/// A transfer that does not begin.
class refused_transfer final : public grpc::ServerWriteReactor<pb::FetchModelResponse> {
public:
  explicit refused_transfer(const grpc::Status& why) { Finish(why); }

private:
  void OnDone() override { delete this; }
};

} // namespace

void model_service::offer(std::shared_ptr<model_shelf> shelf) {
  {
    const std::lock_guard hold(mutex_);
    shelf_.swap(shelf);
  }
  if (shelf)
    shelf->close(); // who waits for a piece of it waits for nothing
}

std::shared_ptr<model_shelf> model_service::shelf() const {
  const std::lock_guard hold(mutex_);
  return shelf_;
}

status model_service::check(const std::string& cluster_id, const model_shelf* shelf) const {
  if (cluster_id != options_.cluster_id)
    return other_cluster(options_.cluster_id);
  if (!shelf)
    return failure{errc::unavailable, "this node does not know the model's files yet"};
  return ok;
}

grpc::ServerUnaryReactor* model_service::DescribeModel(grpc::CallbackServerContext* rpc,
                                                       const pb::DescribeModelRequest* in,
                                                       pb::DescribeModelResponse* out) {
  auto* reactor = rpc->DefaultReactor();
  const auto from = shelf();
  auto fits = check(in->cluster_id(), from.get());
  if (fits && in->model() != from->model())
    fits = failure{errc::unknown_model, "this node has model '" + from->model() + "'"};
  const auto& address = in->data_address();
  if (fits && !address.empty() && (address.size() > address_bytes_max || !parse_address(address)))
    fits = failure{errc::invalid_argument, "the data address is none"};
  if (!fits) {
    reactor->Finish(to_status(fits.error()));
    return reactor;
  }
  {
    const std::lock_guard hold(mutex_);
    for (auto& it : order_.announce(address, std::chrono::steady_clock::now()))
      *out->add_upstream() = std::move(it);
  }
  from->describe([reactor, out](const result<model_shelf::manifest_ptr>& made) {
    if (made)
      write_model_manifest(**made, *out);
    reactor->Finish(made ? grpc::Status::OK : to_status(made.error()));
  });
  return reactor;
}

grpc::ServerWriteReactor<pb::FetchModelResponse>* model_service::FetchModel(grpc::CallbackServerContext* rpc,
                                                                            const pb::FetchModelRequest* in) {
  auto from = shelf();
  auto fits = check(in->cluster_id(), from.get());
  if (fits && in->version() != from->version())
    fits = failure{errc::model_unusable, "this node has version " + from->version() + " of the model"};
  if (fits && in->pieces_max() == 0)
    fits = failure{errc::invalid_argument, "pieces_max must be at least 1"};
  if (!fits)
    return new refused_transfer(to_status(fits.error()));
  if (transfers_->fetch_add(1) >= options_.transfers_max) {
    --*transfers_;
    return new refused_transfer(to_status({.code = errc::overloaded,
                                           .message = "enough nodes fetch the model from this one",
                                           .retry_after = std::chrono::milliseconds{1'000}},
                                          *rpc));
  }
  auto* transfer = new model_transfer(std::move(from), *in, transfers_); // OnDone() deletes it
  transfer->next();
  return transfer;
}

grpc::ServerUnaryReactor* model_directory_service::ListModelSources(grpc::CallbackServerContext* rpc,
                                                                    const pb::ListModelSourcesRequest* in,
                                                                    pb::ListModelSourcesResponse* out) {
  auto* reactor = rpc->DefaultReactor();
  if (in->cluster_id() != cluster_id_) {
    reactor->Finish(to_status(other_cluster(cluster_id_)));
    return reactor;
  }
  for (auto& address : addresses_())
    if (static_cast<size_t>(out->data_addresses_size()) < addresses_max)
      *out->add_data_addresses() = std::move(address);
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

} // namespace weft
