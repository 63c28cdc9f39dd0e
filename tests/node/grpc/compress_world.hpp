#pragma once

#include "runtime/compress/output.hpp"
#include "runtime/compress/parameters.hpp"
#include "runtime/ports/documents.hpp"
#include "tests/node/grpc/test_node.hpp"
#include "weft/v1/compress.grpc.pb.h"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace weft::test {

/// Where the first half of a text ends: not inside a character.
inline size_t half_of(std::string_view text) {
  auto half = text.size() / 2;
  while (half < text.size() && (static_cast<unsigned char>(text[half]) & 0xC0) == 0x80)
    ++half;
  return half;
}

/// What a node might make of a text: its first half, and as many mega-tokens of 5 dimensions as were asked for.
inline compress_output fake_output(std::string_view text, const compress_parameters& wanted) {
  compress_output out;
  const auto half = half_of(text);
  out.extract = text.substr(0, half);
  out.kept = {{0, half}};
  out.stands_for = {5};
  for (uint32_t i = 0; i < wanted.mega_tokens; ++i)
    out.mega_tokens.push_back({{0.5F, -0.25F, 1, 0, -1}, 1.0 / wanted.mega_tokens, {{i, i + 1}}});
  auto& report = out.report;
  report.source_tokens = text.size();
  report.output_tokens = half;
  report.target_tokens = half + 1;
  report.ratio = 2;
  report.counter = wanted.counter;
  report.content = content_kind::log;
  report.why_content = "lines begin with times";
  report.profile.language = "en";
  report.strategy = compress_strategy::templates;
  report.why_strategy = "3 templates";
  report.policy_version = "1";
  report.units = 10;
  report.units_kept = 5;
  report.coverage = 0.75;
  report.times.select = std::chrono::nanoseconds(7);
  return out;
}

inline embed_result fake_compressed(const embed_request& request) {
  const auto wanted = parse_parameters(request.options.compress);
  REQUIRE(wanted);
  embed_result out;
  out.model = "fake-model";
  out.model_version = "0123456789ab";
  for (const auto& text : request.texts) {
    embedding item;
    item.document = std::make_shared<const std::string>(encode(fake_output(text, *wanted)));
    item.tokens = static_cast<uint32_t>(text.size());
    item.source = source::memory;
    out.items.push_back(std::move(item));
    out.usage.tokens += text.size();
  }
  out.times = {std::chrono::microseconds(1), std::chrono::microseconds(2), std::chrono::microseconds(3)};
  return out;
}

/// Compresses; a text that begins with the reason of an error fails with it.
inline void compress(const call_ptr& call) {
  for (const auto& row : errc_table())
    if (row.code != errc::none && call->request().texts.front().starts_with(row.reason))
      return call->fail({row.code, "text 0 is refused", {{"item", "0"}, {"leastTokens", "17"}}});
  call->reply(fake_compressed(call->request()));
}

/// Documents of the test; a reading waits for the test where it says so. Thread-safe.
class fake_document_store final : public document_store {
public:
  using read_done = std::function<void(result<std::shared_ptr<const std::string>>)>;

  void edit(context caller, document_edit edit, std::function<void(result<document_state>)> done) override {
    {
      const std::lock_guard hold(mutex_);
      edits_.emplace_back(std::move(caller), edit);
    }
    if (edit.handle == std::string(64, 'f'))
      return done(failure{errc::unknown_handle, "there is no such document"});
    done(document_state{.handle = std::string(64, 'a'), .bytes = edit.text.size(), .chunks = 3, .chunks_new = 2});
  }
  void read(context, std::string handle, read_done done) override {
    if (handle == std::string(64, 'f'))
      return done(failure{errc::unknown_handle, "there is no such document"});
    const std::lock_guard hold(mutex_);
    ++reads_;
    if (waiting_ || handle != std::string(64, 'e'))
      return done(std::make_shared<const std::string>("document " + handle));
    waiting_ = std::move(done);
  }

  std::vector<std::pair<context, document_edit>> edits() const {
    const std::lock_guard hold(mutex_);
    return edits_;
  }
  size_t reads() const {
    const std::lock_guard hold(mutex_);
    return reads_;
  }
  /// Of the handle of 64 e, whose first reading the test ends; letting go of it is an end, too.
  read_done take_waiting() {
    const std::lock_guard hold(mutex_);
    return std::exchange(waiting_, nullptr);
  }

private:
  mutable std::mutex mutex_;
  std::vector<std::pair<context, document_edit>> edits_;
  read_done waiting_;
  size_t reads_ = 0;
};

inline grpc_server_options with_documents(std::shared_ptr<document_store> documents) {
  auto out = on_any_port();
  out.documents = std::move(documents);
  return out;
}

struct compress_outcome {
  grpc::Status status;
  v1::CompressResponse reply;
};

inline compress_outcome compress(const test_node& node, const v1::CompressRequest& in) {
  compress_outcome out;
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  out.status = v1::CompressService::NewStub(node.channel)->Compress(&rpc, in, &out.reply);
  return out;
}

/// A request for half of each.
inline v1::CompressRequest halves(const std::vector<std::string>& texts) {
  v1::CompressRequest out;
  for (const auto& text : texts)
    out.add_texts(text);
  out.mutable_options()->set_ratio(2);
  return out;
}

} // namespace weft::test
