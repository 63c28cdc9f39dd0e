#pragma once

#include "weft/v1/compress.grpc.pb.h"

#include <grpcpp/server.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace weft::test {

/// The documents that several fake nodes of one cluster know, by handle.
struct document_shelf {
  std::mutex mutex; // guards the rest
  std::map<std::string, std::string> texts;
};

struct fake_compressor_options {
  std::optional<uint64_t> lost_after{}; ///< a stream ends with UNAVAILABLE after so many windows, once
  std::optional<grpc::Status> refuse{}; ///< the answer to every call
  bool silent = false;                  ///< takes pieces, answers nothing, until cancelled
};

/// A node that implements weft.v1.CompressService without any model, in this process on a free port. Tokens are bytes,
/// units are lines, and the first ones that fit are kept. "FAIL" in a text fails it alone; with a space behind it the
/// node says what is possible: 70 tokens, and a ratio of 2.5 where the text ends with "FAIL 2", else of 1.4.
/// What may have too large a reply is refused, as a node reckons it.
class fake_compressor final : v1::CompressService::Service {
public:
  explicit fake_compressor(fake_compressor_options options = {},
                           std::shared_ptr<document_shelf> shelf = std::make_shared<document_shelf>());
  ~fake_compressor() override;

  const std::string& endpoint() const { return endpoint_; }
  /// Of Compress and CompressStream, with all pieces together as its last text.
  v1::CompressRequest last_request() const;
  uint64_t calls() const { return calls_; }
  uint64_t windows() const { return windows_; }

  /// What it makes of a text.
  static v1::CompressItem compress(const std::string& text, const v1::CompressOptions& options);
  static std::string handle_of(const std::string& text);

private:
  using window_stream = grpc::ServerReaderWriter<v1::CompressStreamResponse, v1::CompressStreamRequest>;
  grpc::Status Compress(grpc::ServerContext* context, const v1::CompressRequest* in,
                        v1::CompressResponse* out) override;
  grpc::Status CompressStream(grpc::ServerContext* context, window_stream* stream) override;
  grpc::Status EditDocument(grpc::ServerContext* context, const v1::EditDocumentRequest* in,
                            v1::EditDocumentResponse* out) override;

  bool answer_window(window_stream& stream, const v1::CompressOptions& options, std::string window, uint64_t begin,
                     uint64_t index);

  fake_compressor_options options_;
  const std::shared_ptr<document_shelf> shelf_;
  mutable std::mutex mutex_; // guards last_
  std::condition_variable never_;
  v1::CompressRequest last_;
  std::atomic<uint64_t> calls_{0};
  std::atomic<uint64_t> windows_{0};
  std::string endpoint_;
  std::unique_ptr<grpc::Server> server_;
};

} // namespace weft::test
