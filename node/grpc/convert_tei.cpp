#include "node/grpc/convert.hpp"
#include "node/grpc/utf8.hpp"
#include "node/grpc/wire_reader.hpp"
#include "tei/v1/tei.pb.h"

#include <cstring>

namespace weft {
namespace {

namespace pb = tei::v1;

failure refuse(std::string_view field, std::string message) {
  return {errc::invalid_argument, std::move(message), {{"field", std::string(field)}}, {}};
}

struct tei_message {
  std::string inputs;
  uint64_t truncate = 0;
  uint64_t normalize = 1; // unset means true
  uint64_t direction = pb::TRUNCATION_DIRECTION_RIGHT;
  bool has_prompt = false;
  std::optional<uint32_t> dimensions;
};

result<tei_message> read_message(const grpc::ByteBuffer& message) {
  tei_message out;
  std::string prompt;
  wire_reader in(message);
  while (in.next()) {
    switch (in.field()) {
    case pb::EmbedRequest::kInputsFieldNumber:
      in.read(out.inputs);
      break;
    case pb::EmbedRequest::kTruncateFieldNumber:
      in.read(out.truncate);
      break;
    case pb::EmbedRequest::kNormalizeFieldNumber:
      in.read(out.normalize);
      break;
    case pb::EmbedRequest::kTruncationDirectionFieldNumber:
      in.read(out.direction);
      break;
    case pb::EmbedRequest::kPromptNameFieldNumber:
      out.has_prompt = in.read(prompt) || out.has_prompt;
      break;
    case pb::EmbedRequest::kDimensionsFieldNumber:
      if (uint64_t value = 0; in.read(value))
        out.dimensions = static_cast<uint32_t>(value);
      break;
    default:
      in.skip();
    }
  }
  if (!in.ok())
    return failure{errc::invalid_argument, "the request is not a tei.v1.EmbedRequest message"};
  return out;
}

/// The vectors have the length that the model gives them; a client that wants another must hear it, not get this one.
status check_dimensions(const std::optional<uint32_t>& wanted, const node_view& view) {
  if (!wanted)
    return ok;
  const auto node = view.snapshot();
  const uint32_t given = node->models.empty() ? 0 : node->models.front().info.dimensions;
  if (given == 0)
    return failure{errc::model_loading, "the model is not loaded, so its dimensions are not known yet"};
  if (*wanted != given)
    return refuse("dimensions", "dimensions is " + std::to_string(*wanted) + "; the model's vectors have " +
                                    std::to_string(given) + ", and they are not cut");
  return ok;
}

std::string dtype(numeric_class c) {
  switch (c) {
  case numeric_class::fp32:
    return "float32";
  case numeric_class::bf16:
    return "bfloat16";
  case numeric_class::int16:
    return "int16";
  case numeric_class::fp16:
    return "float16";
  }
  return "?";
}

grpc::ByteBuffer write_item(const std::string& text, const embedding& item, const call_times& times,
                            std::chrono::nanoseconds total) {
  pb::EmbedResponse out;
  const int size = static_cast<int>(item.values.size());
  out.mutable_embeddings()->Reserve(size);
  std::memcpy(out.mutable_embeddings()->AddNAlreadyReserved(size), item.values.data(),
              item.values.size() * sizeof(float));
  auto& metadata = *out.mutable_metadata();
  metadata.set_compute_chars(static_cast<uint32_t>(utf8_length(text)));
  metadata.set_compute_tokens(item.tokens);
  metadata.set_total_time_ns(static_cast<uint64_t>(total.count()));
  metadata.set_tokenization_time_ns(static_cast<uint64_t>(times.tokenize.count()));
  metadata.set_queue_time_ns(static_cast<uint64_t>(times.queue.count()));
  metadata.set_inference_time_ns(static_cast<uint64_t>(times.infer.count()));
  return to_buffer(out);
}

} // namespace

result<embed_message> read_tei_request(const grpc::ByteBuffer& message, const node_view& view) {
  auto in = read_message(message);
  if (!in)
    return in.error();
  if (in->inputs.empty())
    return failure{errc::empty_call, "inputs is empty", {{"field", "inputs"}}, {}};
  if (in->has_prompt)
    return refuse("prompt_name", "prompt_name is set; the models of this node have no prompts");
  if (in->direction > pb::TRUNCATION_DIRECTION_LEFT)
    return refuse("truncation_direction",
                  "truncation_direction is " + std::to_string(in->direction) + "; it must be 0 (right) or 1 (left)");
  if (auto fits = check_dimensions(in->dimensions, view); !fits)
    return fits.error();
  embed_message out;
  out.request.texts.push_back(std::move(in->inputs));
  out.request.options = {.normalize = in->normalize != 0,
                         .truncate = in->truncate != 0,
                         .side = in->direction == pb::TRUNCATION_DIRECTION_LEFT ? truncation_side::left
                                                                                : truncation_side::right};
  return out;
}

grpc::ByteBuffer write_tei_reply(const embed_request& request, vector_encoding, const embed_result& result,
                                 std::chrono::nanoseconds total) {
  WEFT_ASSERT(result.items.size() == 1);
  return write_item(request.texts.front(), result.items.front(), result.times, total);
}

std::vector<grpc::ByteBuffer> write_tei_stream_replies(const embed_request& request, const embed_result& result,
                                                       std::chrono::nanoseconds total) {
  WEFT_ASSERT(result.items.size() == request.texts.size());
  std::vector<grpc::ByteBuffer> out;
  out.reserve(result.items.size());
  for (size_t i = 0; i < result.items.size(); ++i)
    out.push_back(write_item(request.texts[i], result.items[i], result.times, total));
  return out;
}

grpc::ByteBuffer write_tei_info(const node_snapshot& node, const model_info& model, const tei_limits& limits) {
  pb::InfoResponse out;
  out.set_version(node.version);
  out.set_sha(model.version);
  out.set_model_id(model.name);
  out.set_model_sha(model.version);
  out.set_model_dtype(dtype(model.precision));
  out.set_model_type(pb::MODEL_TYPE_EMBEDDING);
  out.set_max_concurrent_requests(limits.concurrent_requests_max);
  out.set_max_input_length(model.tokens_max);
  out.set_max_batch_tokens(limits.batch_tokens_max);
  out.set_max_client_batch_size(limits.call_items_max);
  out.set_tokenization_workers(limits.tokenizers);
  return to_buffer(out);
}

} // namespace weft
