// Any bytes as a request: refused with a reason, or read as the generated parser reads it (which refuses more: text
// that is not UTF-8). The first byte of the input chooses the message; the rest is the message.
#include "node/grpc/convert.hpp"
#include "runtime/base/assert.hpp"
#include "tei/v1/tei.pb.h"
#include "tests/support/fake_node_view.hpp"
#include "weft/v1/embed.pb.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <cstdint>
#include <optional>

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

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0)
    return 0;
  const std::string bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  // In two slices, since a message comes in as many as the network made of it.
  const size_t cut = bytes.size() * (data[0] / 3) / 85;
  const grpc::Slice slices[] = {grpc::Slice(bytes.substr(0, cut)), grpc::Slice(bytes.substr(cut))};
  const grpc::ByteBuffer message(slices, 2);
  switch (data[0] % 3) {
  case 0: {
    const auto got = weft::read_embed_request(message, view);
    check_weft<weft::v1::EmbedRequest>(bytes, got ? weft::result<weft::embed_request>{got->request} : got.error());
    break;
  }
  case 1:
    check_stream(bytes, message);
    break;
  default:
    check_tei(bytes, message);
  }
  return 0;
}
