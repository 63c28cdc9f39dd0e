// Any bytes as a request: refused with a reason, or read as the generated parser reads it (which refuses more: text
// that is not UTF-8). The first byte of the input chooses the message; the rest is the message.
#include "node/grpc/compress_stream.hpp"
#include "node/grpc/convert.hpp"
#include "node/grpc/convert_admin.hpp"
#include "node/grpc/convert_compress.hpp"
#include "node/grpc/convert_corpus.hpp"
#include "node/grpc/convert_job.hpp"
#include "runtime/base/assert.hpp"
#include "runtime/corpus/corpus_codec.hpp"
#include "tei/v1/tei.pb.h"
#include "tests/support/fake_node_view.hpp"
#include "weft/v1/admin.pb.h"
#include "weft/v1/compress.pb.h"
#include "weft/v1/embed.pb.h"
#include "weft/v1/job.pb.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

namespace {

using weft::errc;

const weft::test::fake_node_view view;

// The generated parser writes a line for every text that is not UTF-8.
const auto quiet = google::protobuf::SetLogHandler(nullptr);

void check_refusal(const weft::failure& reason) {
  WEFT_ASSERT(reason.code != errc::none);
  WEFT_ASSERT(!reason.message.empty());
}

bool is_about(const weft::failure& reason, const char* field) {
  return std::ranges::any_of(reason.metadata, [&](const auto& pair) { return pair.second == field; });
}

template <class Message> void check_weft(const std::string& bytes, const weft::result<weft::embed_request>& got) {
  Message parsed;
  const bool readable = parsed.ParseFromString(bytes);
  if (!got) {
    check_refusal(got.error());
    WEFT_ASSERT(!readable || is_about(got.error(), "options.truncation_side") ||
                is_about(got.error(), "options.encoding"));
    return;
  }
  if (!readable)
    return;
  WEFT_ASSERT(std::equal(parsed.texts().begin(), parsed.texts().end(), got->texts.begin(), got->texts.end()));
  WEFT_ASSERT(parsed.model() == got->model);
  WEFT_ASSERT(got->options.normalize == (!parsed.options().has_normalize() || parsed.options().normalize()));
  WEFT_ASSERT(got->options.truncate == (!parsed.options().has_truncate() || parsed.options().truncate()));
  WEFT_ASSERT((got->options.side == weft::truncation_side::left) ==
              (parsed.options().truncation_side() == weft::v1::TRUNCATION_SIDE_LEFT));
}

void check_stream(const std::string& bytes, const grpc::ByteBuffer& message) {
  std::optional<weft::embed_message> first;
  const auto got = weft::read_embed_stream_request(message, first);
  check_weft<weft::v1::EmbedStreamRequest>(bytes, got);
  // The same message once more agrees with itself.
  WEFT_ASSERT(!got || weft::read_embed_stream_request(message, first));
}

void check_tei(const std::string& bytes, const grpc::ByteBuffer& message) {
  tei::v1::EmbedRequest parsed;
  const bool readable = parsed.ParseFromString(bytes);
  const auto got = weft::read_tei_request(message, view);
  if (!got) {
    check_refusal(got.error());
    WEFT_ASSERT(!readable || parsed.inputs().empty() || !got.error().metadata.empty());
    return;
  }
  const auto& request = got->request;
  WEFT_ASSERT(request.texts.size() == 1);
  if (!readable)
    return;
  WEFT_ASSERT(request.texts.front() == parsed.inputs());
  WEFT_ASSERT(request.options.normalize == (!parsed.has_normalize() || parsed.normalize()));
  WEFT_ASSERT(request.options.truncate == parsed.truncate());
}

/// What a refused compression is about: its options, where the message could be read.
void check_compress_refusal(const weft::failure& reason, bool readable) {
  check_refusal(reason);
  switch (reason.code) {
  case errc::empty_call:
    return;
  case errc::too_many_items:
    WEFT_ASSERT(reason.metadata.size() == 2);
    return;
  case errc::invalid_argument:
    WEFT_ASSERT(!readable || !reason.metadata.empty());
    return;
  default:
    WEFT_ASSERT(reason.code == errc::invalid_utf8);
    WEFT_ASSERT(!readable);
  }
}

void check_wish(const weft::v1::CompressOptions& parsed, const weft::compress_wish& got) {
  const auto& wanted = got.wanted;
  WEFT_ASSERT(weft::check(wanted));
  WEFT_ASSERT(wanted.ratio.has_value() == parsed.has_ratio());
  WEFT_ASSERT(wanted.tokens.has_value() == parsed.has_tokens());
  WEFT_ASSERT(!wanted.ratio || *wanted.ratio == parsed.ratio());
  WEFT_ASSERT(!wanted.tokens || *wanted.tokens == parsed.tokens());
  WEFT_ASSERT(wanted.query == parsed.query());
  WEFT_ASSERT(
      std::equal(parsed.patterns().begin(), parsed.patterns().end(), wanted.patterns.begin(), wanted.patterns.end()));
  WEFT_ASSERT(wanted.extract == !parsed.no_extract());
  WEFT_ASSERT(wanted.mega_tokens == parsed.mega_tokens());
  // What a job keeps of them says the same again.
  weft::v1::CompressOptions written;
  weft::write_compress_options(wanted, written);
  const auto again = weft::read_compress_options(written.SerializeAsString(), "options");
  WEFT_ASSERT(again);
  WEFT_ASSERT(again->wanted == wanted);
}

void check_compress(const std::string& bytes, const grpc::ByteBuffer& message) {
  constexpr uint32_t items_max = 20;
  weft::v1::CompressRequest parsed;
  const bool readable = parsed.ParseFromString(bytes);
  const auto got = weft::read_compress_request(message, items_max);
  if (!got)
    return check_compress_refusal(got.error(), readable);
  WEFT_ASSERT(!got->texts.empty() || !got->handles.empty());
  WEFT_ASSERT(got->texts.size() + got->handles.size() <= items_max);
  for (const auto& handle : got->handles)
    WEFT_ASSERT(weft::is_document_handle(handle));
  if (!readable)
    return;
  WEFT_ASSERT(std::equal(parsed.texts().begin(), parsed.texts().end(), got->texts.begin(), got->texts.end()));
  WEFT_ASSERT(std::equal(parsed.handles().begin(), parsed.handles().end(), got->handles.begin(), got->handles.end()));
  WEFT_ASSERT(parsed.model() == got->model);
  check_wish(parsed.options(), got->wish);
}

/// One message of a CompressStream; as the first and the second of a stream the windows have the bytes of both.
void check_compress_stream(const std::string& bytes, const grpc::ByteBuffer& message) {
  weft::v1::CompressStreamRequest parsed;
  const bool readable = parsed.ParseFromString(bytes);
  const auto piece = weft::read_compress_piece(message);
  if (!piece)
    return check_compress_refusal(piece.error(), readable);
  if (readable) {
    WEFT_ASSERT(parsed.model() == piece->model);
    WEFT_ASSERT(parsed.piece() == piece->piece);
    WEFT_ASSERT(parsed.window_bytes() == piece->window_bytes);
    WEFT_ASSERT(parsed.has_options() == piece->options.has_value());
  }
  weft::compress_stream_codec codec(std::make_shared<weft::byte_budget>(uint64_t{64} << 20));
  const auto first = codec.read(message, view);
  if (!first)
    return check_compress_refusal(first.error(), readable);
  const auto second = codec.read(message, view);
  WEFT_ASSERT(second);
  std::string together;
  for (const auto* part : {&*first, &*second})
    for (const auto& window : part->texts)
      together += window;
  for (const auto& window : codec.rest().texts)
    together += window;
  WEFT_ASSERT(together == piece->piece + piece->piece);
}

void check_edit(const std::string& bytes, const grpc::ByteBuffer& message) {
  weft::v1::EditDocumentRequest parsed;
  const bool readable = parsed.ParseFromString(bytes);
  const auto got = weft::read_edit_document(message);
  if (!got) {
    check_refusal(got.error());
    WEFT_ASSERT(got.error().code == errc::invalid_argument);
    WEFT_ASSERT(!readable || is_about(got.error(), "handle") || is_about(got.error(), "replaced"));
    return;
  }
  WEFT_ASSERT(got->handle.empty() || weft::is_document_handle(got->handle));
  WEFT_ASSERT(!got->replaced || (!got->handle.empty() && got->replaced->begin <= got->replaced->end));
  if (!readable)
    return;
  WEFT_ASSERT(parsed.text() == got->text);
  WEFT_ASSERT(parsed.handle() == got->handle);
  WEFT_ASSERT(parsed.has_replaced() == got->replaced.has_value());
  WEFT_ASSERT(!got->replaced ||
              (parsed.replaced().begin() == got->replaced->begin && parsed.replaced().end() == got->replaced->end));
}

void check_describe_policy(const std::string& bytes, const grpc::ByteBuffer& message) {
  const auto got = weft::read_describe_policy(message);
  WEFT_ASSERT(static_cast<bool>(got) == weft::v1::DescribePolicyRequest{}.ParseFromString(bytes));
  if (!got)
    check_refusal(got.error());
}

/// The same options outside of a call: of a job.
void check_options(const std::string& bytes, const grpc::ByteBuffer&) {
  weft::v1::CompressOptions parsed;
  const bool readable = parsed.ParseFromString(bytes);
  if (const auto got = weft::read_compress_options(bytes, "compress"); !got)
    check_compress_refusal(got.error(), readable);
  else if (readable)
    check_wish(parsed, *got);
}

void check_embed(const std::string& bytes, const grpc::ByteBuffer& message) {
  const auto got = weft::read_embed_request(message, view);
  check_weft<weft::v1::EmbedRequest>(bytes, got ? weft::result<weft::embed_request>{got->request} : got.error());
}

void check_corpus(const weft::v1::CorpusOptions& parsed, const weft::job_opening& got) {
  const auto wanted = weft::decode_corpus_options(got.corpus);
  WEFT_ASSERT(static_cast<bool>(wanted));
  WEFT_ASSERT(wanted->clusters == parsed.clusters() && wanted->extract_tokens == parsed.extract_tokens());
  WEFT_ASSERT(wanted->seed == (parsed.has_seed() ? parsed.seed() : 1));
  WEFT_ASSERT((wanted->duplicate_similarity == 0) ==
              (parsed.has_duplicate_similarity() && parsed.duplicate_similarity() == 0));
  WEFT_ASSERT(got.options.normalize);
}

void check_submit(const std::string& bytes, const grpc::ByteBuffer& message) {
  weft::v1::JobServiceSubmitRequest parsed;
  const bool readable = parsed.ParseFromString(bytes);
  const auto got = weft::read_submit(message, weft::context{});
  if (!got)
    return check_refusal(got.error());
  if (!readable)
    return;
  WEFT_ASSERT(std::equal(parsed.texts().begin(), parsed.texts().end(), got->texts.begin(), got->texts.end()));
  WEFT_ASSERT(parsed.complete() == got->complete);
  WEFT_ASSERT(parsed.has_open() == got->opening.has_value());
  if (got->opening && parsed.open().has_corpus())
    check_corpus(parsed.open().corpus(), *got->opening);
}

void check_rank(const std::string& bytes, const grpc::ByteBuffer& message) {
  weft::v1::JobServiceRankCorpusRequest parsed;
  const bool readable = parsed.ParseFromString(bytes);
  const auto got = weft::read_rank_corpus(message, weft::context{});
  if (!got)
    return check_refusal(got.error());
  WEFT_ASSERT(got->queries > 0 && got->texts.empty() != got->query.vectors.empty());
  if (!readable)
    return;
  WEFT_ASSERT(std::equal(parsed.texts().begin(), parsed.texts().end(), got->texts.begin(), got->texts.end()));
  WEFT_ASSERT(static_cast<int>(got->queries) == parsed.texts_size() + parsed.vectors_size());
  WEFT_ASSERT(got->query.count == (parsed.count() == 0 ? 10 : parsed.count()));
  WEFT_ASSERT(got->query.with_texts != parsed.without_texts());
  size_t values = 0;
  for (const auto& vector : parsed.vectors())
    values += static_cast<size_t>(vector.values_size());
  WEFT_ASSERT(values == got->query.vectors.size());
}

constexpr void (*checks[])(const std::string&, const grpc::ByteBuffer&) = {
    check_embed, check_stream,          check_tei,     check_compress, check_compress_stream,
    check_edit,  check_describe_policy, check_options, check_submit,   check_rank};
constexpr size_t check_count = std::size(checks);

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0)
    return 0;
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  // In two slices, since a message comes in as many as the network made of it.
  const size_t cut = bytes.size() * (data[0] / check_count) / (255 / check_count);
  const grpc::Slice slices[] = {grpc::Slice(bytes.substr(0, cut)), grpc::Slice(bytes.substr(cut))};
  checks[data[0] % check_count](bytes, grpc::ByteBuffer(slices, 2));
  return 0;
}
