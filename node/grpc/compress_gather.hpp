#pragma once

#include "node/grpc/convert_compress.hpp"
#include "node/grpc/reply_room.hpp"
#include "node/grpc/rpc_call.hpp"
#include "runtime/ports/documents.hpp"

#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace weft {

/// gRPC's side of a unary Compress: tells the gather that the client has gone, and holds the credit of its answer until
/// gRPC is done with the RPC.
class compress_gather;
class compress_reactor final : public grpc::ServerUnaryReactor {
public:
  /// REQUIRES: the handler has not returned the reactor yet.
  void watch(std::weak_ptr<compress_gather> watched) noexcept { gather_ = std::move(watched); }
  /// REQUIRES: before Finish(), one thread at a time.
  void hold(byte_credit credit) { credits_.push_back(std::move(credit)); }
  /// In place of all that it holds. As hold().
  void hold_only(byte_credit credit) {
    credits_.clear();
    hold(std::move(credit));
  }

private:
  void OnCancel() override;
  void OnDone() override { delete this; }

  std::weak_ptr<compress_gather> gather_;
  std::vector<byte_credit> credits_;
};

/// One unary Compress: each text is a call of its own, since it may fail alone, and the reply has what became of them.
/// Texts of handles are read first, one document after the other. What holds for all texts fails the RPC, and stops the
/// other calls: errors for which a stream would wait or end (stream_retry.hpp), and errc::invalid_argument that all
/// texts have.
///
/// Life: held by its calls and by the reading of a document; who lets go of it last without an answer answers
/// errc::unavailable. Thread-safe.
class compress_gather final : public std::enable_shared_from_this<compress_gather> {
public:
  /// documents: not null where there are handles. room: has the texts. reactor: gone some time after the answer.
  compress_gather(std::shared_ptr<edge> edge, std::shared_ptr<document_store> documents, context caller,
                  compress_message message, reply_room room, unary_answer answer, compress_reactor& reactor);
  ~compress_gather();

  /// REQUIRES: called in the handler, once.
  void start();
  /// The client has gone. Any thread.
  void cancel();

  /// What became of a text. Any thread, once for each that start() sent.
  void came(size_t index, result<embed_result> outcome);

private:
  void send(size_t index, std::string text);
  void read_documents();
  void document_came(size_t index, result<std::shared_ptr<const std::string>> text);
  status charge_document(std::string_view text);
  void end(std::unique_lock<std::mutex>& lock, const failure& reason);
  void answer(std::unique_lock<std::mutex>& lock);

  const std::shared_ptr<edge> edge_;
  const std::shared_ptr<document_store> documents_;
  const context caller_;
  compress_message message_; // texts are moved out as they are sent
  const embed_options options_;
  reply_room room_;

  std::mutex mutex_; // guards all below, and room_.add()
  unary_answer answer_;
  compress_reactor& reactor_;
  std::vector<std::optional<result<embed_result>>> outcomes_; // one a text, then one a handle
  std::vector<std::weak_ptr<call>> calls_;                    // sent so far
  size_t left_;
  bool ended_ = false;
  size_t documents_asked_ = 0; // of message_.handles
  uint64_t documents_bytes_ = 0;
  bool reading_ = false; // a document is on its way
  bool asking_ = false;  // a thread is in read_documents()
};

/// What a call is refused by, if it is more than a reply may have: the text, kept whole, and item_bytes a mega-token.
/// Places of many small sentences come on top (reply_room); where they do not fit, only the last outcomes fail.
uint64_t compress_reply_bytes(const compress_wish& wish, uint64_t text_bytes) noexcept;

/// The whole way of a Compress RPC. documents: null: the node keeps none. items_max: of one call.
grpc::ServerUnaryReactor* start_compress(const std::shared_ptr<edge>& edge,
                                         const std::shared_ptr<document_store>& documents, uint32_t items_max,
                                         grpc::CallbackServerContext& rpc, const grpc::ByteBuffer& in,
                                         grpc::ByteBuffer& out);

} // namespace weft
