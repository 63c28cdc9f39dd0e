#include "tests/tools/weft/fake_compressor.hpp"

#include "node/grpc/byte_budget.hpp"
#include "node/grpc/convert_compress.hpp"
#include "tests/tools/weft/fake_node.hpp"

#include <grpcpp/server_builder.h>

#include <algorithm>
#include <cstdio>
#include <functional>
#include <utility>

namespace weft::test {
namespace {

const grpc::Status lost = {grpc::StatusCode::UNAVAILABLE, "Socket closed"};

/// What a node sets aside for the answer.
uint64_t reply_bytes(const v1::CompressRequest& in) {
  uint64_t out = 0;
  for (const auto& text : in.texts())
    out += text.size() + (1 + std::min<uint64_t>(in.options().mega_tokens(), text.size())) * item_bytes;
  return out;
}

grpc::Status unknown_handle(const std::string& handle) {
  return refusal(grpc::StatusCode::NOT_FOUND, "UNKNOWN_HANDLE", "no document has the handle " + handle);
}

void fail(v1::ItemError& error, grpc::StatusCode code, const std::string& reason, const std::string& message) {
  error.set_code(code);
  error.set_reason(reason);
  error.set_message(message);
}

void fill_report(v1::CompressReport& report, const v1::CompressOptions& options) {
  report.set_counter(options.counter());
  report.set_content(v1::CONTENT_KIND_PROSE);
  report.set_why_content("1 of 1 paragraphs");
  const bool by_content = options.strategy() == v1::COMPRESS_STRATEGY_AUTO;
  report.set_strategy(by_content ? v1::COMPRESS_STRATEGY_SEMANTIC : options.strategy());
  report.set_why_strategy(by_content ? "the table has it for prose" : "");
  report.set_policy_version(by_content ? "1" : "");
  report.mutable_profile()->set_complexity(0.5);
  report.mutable_profile()->set_mean_sentence_words(17);
  report.mutable_profile()->set_language("en");
  report.set_units_required(options.keep_size() > 0 ? 1 : 0);
  if (report.strategy() == v1::COMPRESS_STRATEGY_SEMANTIC) {
    report.set_coverage(0.8);
    report.set_fidelity(0.9);
  }
  report.set_term_coverage(0.25);
  report.mutable_timing()->set_split_nanoseconds(1'000'000);
  report.mutable_timing()->set_embed_nanoseconds(23'400'000);
}

void add_mega_tokens(v1::Compressed& out, const v1::CompressOptions& options, uint64_t bytes) {
  for (uint32_t i = 0; i < options.mega_tokens(); ++i) {
    auto& token = *out.add_mega_tokens();
    token.set_weight(1.0 / options.mega_tokens());
    if (options.encoding() == v1::VECTOR_ENCODING_INT8) {
      token.set_packed(std::string{"\x7f\x81\x00\x01", 4});
      token.set_scale(0.5F);
    } else {
      token.add_values(0.1F);
      token.add_values(-0.25F);
    }
    token.add_spans()->set_end(bytes);
  }
}

} // namespace

fake_compressor::fake_compressor(fake_compressor_options options, std::shared_ptr<document_shelf> shelf)
    : options_(std::move(options)), shelf_(std::move(shelf)) {
  int port = 0;
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(64 << 20);
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  builder.RegisterService(this);
  server_ = builder.BuildAndStart();
  endpoint_ = "127.0.0.1:" + std::to_string(port);
}

fake_compressor::~fake_compressor() {
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
}

v1::CompressRequest fake_compressor::last_request() const {
  const std::lock_guard lock{mutex_};
  return last_;
}

std::string fake_compressor::handle_of(const std::string& text) {
  char out[65];
  std::snprintf(out, sizeof out, "%064zx", std::hash<std::string>{}(text));
  return out;
}

v1::CompressItem fake_compressor::compress(const std::string& text, const v1::CompressOptions& options) {
  v1::CompressItem item;
  const uint64_t target = options.has_tokens()
                              ? options.tokens()
                              : static_cast<uint64_t>(static_cast<double>(text.size()) / options.ratio());
  auto& out = *item.mutable_compressed();
  auto& report = *out.mutable_report();
  uint32_t units = 0;
  uint32_t kept = 0;
  for (size_t begin = 0; begin < text.size(); ++units) {
    const size_t end = std::min(text.find('\n', begin), text.size() - 1) + 1;
    if (out.text().size() + end - begin <= target && kept == units) {
      *out.mutable_text() += text.substr(begin, end - begin);
      auto& span = *out.add_kept();
      span.set_begin(begin);
      span.set_end(end);
      ++kept;
    }
    begin = end;
  }
  if (text.find("FAIL") != std::string::npos) {
    fail(*item.mutable_error(), grpc::StatusCode::FAILED_PRECONDITION, "BUDGET_UNREACHABLE",
         "the smallest line has 70 tokens");
    if (text.find("FAIL ") != std::string::npos) {
      (*item.mutable_error()->mutable_metadata())["leastTokens"] = "70";
      (*item.mutable_error()->mutable_metadata())["bestRatio"] = text.ends_with("FAIL 2\n") ? "2.5" : "1.4";
    }
    return item;
  }
  report.set_source_tokens(text.size());
  report.set_output_tokens(out.text().size());
  report.set_target_tokens(target);
  report.set_ratio(static_cast<double>(text.size()) / static_cast<double>(std::max<size_t>(1, out.text().size())));
  report.set_units(units);
  report.set_units_kept(kept);
  fill_report(report, options);
  if (options.strategy() == v1::COMPRESS_STRATEGY_TEMPLATE)
    for (uint32_t i = 0; i < kept; ++i) // the first for all that are left out
      out.add_stands_for(i == 0 ? units - kept + 1 : 1);
  add_mega_tokens(out, options, text.size());
  out.set_source(v1::SOURCE_COMPUTED);
  return item;
}

grpc::Status fake_compressor::Compress(grpc::ServerContext*, const v1::CompressRequest* in, v1::CompressResponse* out) {
  ++calls_;
  {
    const std::lock_guard lock{mutex_};
    last_ = *in;
  }
  if (options_.refuse)
    return *options_.refuse;
  if (reply_bytes(*in) > compress_reply_bytes_max)
    return refusal(grpc::StatusCode::INVALID_ARGUMENT, "CALL_TOO_LARGE", "the reply might be too large");
  for (const auto& text : in->texts())
    *out->add_items() = compress(text, in->options());
  const std::lock_guard lock{shelf_->mutex};
  for (const auto& handle : in->handles()) {
    const auto found = shelf_->texts.find(handle);
    if (found == shelf_->texts.end())
      fail(*out->add_items()->mutable_error(), grpc::StatusCode::NOT_FOUND, "UNKNOWN_HANDLE", "no such document");
    else
      *out->add_items() = compress(found->second, in->options());
  }
  out->mutable_info()->set_model("fake");
  out->mutable_info()->set_model_version("0123456789ab");
  return grpc::Status::OK;
}

bool fake_compressor::answer_window(window_stream& stream, const v1::CompressOptions& options, std::string window,
                                    uint64_t begin, uint64_t index) {
  v1::CompressStreamResponse out;
  out.set_index(index);
  out.mutable_window()->set_begin(begin);
  out.mutable_window()->set_end(begin + window.size());
  auto item = compress(window, options);
  if (item.has_error())
    *out.mutable_error() = item.error();
  else
    *out.mutable_compressed() = std::move(*item.mutable_compressed());
  ++windows_;
  return stream.Write(out);
}

grpc::Status fake_compressor::CompressStream(grpc::ServerContext* context, window_stream* stream) {
  ++calls_;
  if (options_.refuse)
    return *options_.refuse;
  v1::CompressOptions options;
  std::string waiting;
  std::string all;
  size_t window_bytes = 0;
  uint64_t begin = 0;
  uint64_t index = 0;
  for (v1::CompressStreamRequest in; stream->Read(&in);) {
    if (window_bytes == 0) {
      options = in.options();
      window_bytes = in.window_bytes() == 0 ? 256 << 10 : in.window_bytes();
    }
    waiting += in.piece();
    all += in.piece();
    while (waiting.size() > window_bytes && !options_.silent) {
      if (options_.lost_after && index == *options_.lost_after) {
        options_.lost_after.reset();
        return lost;
      }
      const size_t line = waiting.rfind('\n', window_bytes - 1);
      const size_t end = line == std::string::npos ? window_bytes : line + 1;
      answer_window(*stream, options, waiting.substr(0, end), begin, index++);
      begin += end;
      waiting.erase(0, end);
    }
  }
  // gRPC's synchronous API tells of a cancellation only to those who look.
  std::unique_lock waiting_lock{mutex_};
  while (options_.silent && !context->IsCancelled())
    never_.wait_for(waiting_lock, std::chrono::milliseconds{5});
  waiting_lock.unlock();
  if (!waiting.empty())
    answer_window(*stream, options, waiting, begin, index);
  const std::lock_guard lock{mutex_};
  last_.Clear();
  *last_.mutable_options() = options;
  last_.add_texts(std::move(all));
  return grpc::Status::OK;
}

grpc::Status fake_compressor::EditDocument(grpc::ServerContext*, const v1::EditDocumentRequest* in,
                                           v1::EditDocumentResponse* out) {
  ++calls_;
  const std::lock_guard lock{shelf_->mutex};
  std::string text;
  if (!in->handle().empty()) {
    const auto found = shelf_->texts.find(in->handle());
    if (found == shelf_->texts.end())
      return unknown_handle(in->handle());
    text = found->second;
  }
  text += in->text();
  out->set_handle(handle_of(text));
  out->set_bytes(text.size());
  out->set_chunks(in->handle().empty() ? 1 : 2);
  out->set_chunks_new(1);
  shelf_->texts[out->handle()] = std::move(text);
  return grpc::Status::OK;
}

} // namespace weft::test
