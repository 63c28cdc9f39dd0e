#include "node/grpc/convert_compress.hpp"

#include "node/grpc/convert.hpp"
#include "node/grpc/convert_item.hpp"
#include "node/grpc/utf8.hpp"
#include "node/grpc/wire_reader.hpp"

#include <google/protobuf/arena.h>

#include <algorithm>
#include <utility>

namespace weft {
namespace {

namespace pb = weft::v1;

failure wrong(std::string field, const std::string& what) {
  auto message = field + " " + what;
  return {errc::invalid_argument, std::move(message), {{"field", std::move(field)}}};
}

failure not_a(std::string_view name) {
  return {errc::invalid_argument, "the request is not a " + std::string(name) + " message"};
}

// Their numbers are ours and one more: 0 is "unspecified".
static_assert(pb::CONTENT_KIND_PROSE == int(content_kind::prose) + 1);
static_assert(pb::CONTENT_KIND_MIXED == int(content_kind::mixed) + 1);

void write_spans(const std::vector<source_span>& from, google::protobuf::RepeatedPtrField<pb::SourceSpan>& to) {
  to.Reserve(static_cast<int>(from.size()));
  for (const auto& span : from) {
    auto& one = *to.Add();
    one.set_begin(span.begin);
    one.set_end(span.end);
  }
}

void write_profile(const text_profile& from, pb::TextProfile& to) {
  to.set_complexity(from.complexity);
  to.set_repetition(from.repetition);
  to.set_technical(from.technical);
  to.set_mean_sentence_words(from.mean_sentence_words);
  to.set_language(from.language);
}

void write_times(const compress_times& from, pb::CompressTiming& to) {
  to.set_split_nanoseconds(static_cast<uint64_t>(from.split.count()));
  to.set_embed_nanoseconds(static_cast<uint64_t>(from.embed.count()));
  to.set_points_nanoseconds(static_cast<uint64_t>(from.points.count()));
  to.set_select_nanoseconds(static_cast<uint64_t>(from.select.count()));
}

void write_report(const compress_report& from, pb::CompressReport& to) {
  to.set_source_tokens(from.source_tokens);
  to.set_output_tokens(from.output_tokens);
  to.set_target_tokens(from.target_tokens);
  to.set_ratio(from.ratio);
  to.set_counter(static_cast<pb::TokenCounter>(static_cast<int>(from.counter) + 1));
  to.set_content(static_cast<pb::ContentKind>(static_cast<int>(from.content) + 1));
  to.set_why_content(from.why_content);
  write_profile(from.profile, *to.mutable_profile());
  to.set_strategy(static_cast<pb::CompressStrategy>(static_cast<int>(from.strategy) + 1));
  to.set_why_strategy(from.why_strategy);
  to.set_policy_version(from.policy_version);
  to.set_units(from.units);
  to.set_units_kept(from.units_kept);
  to.set_units_required(from.units_required);
  if (from.coverage >= 0)
    to.set_coverage(from.coverage);
  if (from.fidelity >= 0)
    to.set_fidelity(from.fidelity);
  if (from.term_coverage >= 0)
    to.set_term_coverage(from.term_coverage);
  to.set_templates(from.templates);
  to.set_templates_kept(from.templates_kept);
  to.set_exceptions(from.exceptions);
  to.set_exceptions_kept(from.exceptions_kept);
  write_times(from.times, *to.mutable_timing());
}

failure reply_too_large() {
  return {errc::call_too_large,
          "with this text the reply would have more than " + std::to_string(compress_reply_bytes_max) +
              " bytes; send fewer texts a call",
          {{"limit", std::to_string(compress_reply_bytes_max)}}};
}

void write_place(const compress_window& window, pb::CompressStreamResponse& to) {
  to.set_index(window.index);
  to.mutable_window()->set_begin(window.place.begin);
  to.mutable_window()->set_end(window.place.end);
}

} // namespace

result<compress_message> read_compress_request(const grpc::ByteBuffer& message, uint32_t items_max) {
  using request = pb::CompressRequest;
  compress_message out;
  std::string options; // parts of a sub-message that comes twice are merged: so are their bytes
  uint64_t count = 0;
  const auto read_one = [&](wire_reader& in, std::vector<std::string>& to) {
    if (++count > items_max) // counted, not kept
      return in.skip();
    if (std::string text; in.read(text))
      to.push_back(std::move(text));
  };
  wire_reader in(message);
  while (in.next()) {
    if (in.field() == request::kTextsFieldNumber) {
      read_one(in, out.texts);
    } else if (in.field() == request::kHandlesFieldNumber) {
      read_one(in, out.handles);
    } else if (in.field() == request::kModelFieldNumber) {
      in.read(out.model);
    } else if (in.field() == request::kOptionsFieldNumber) {
      if (std::string part; in.read(part))
        options += part;
    } else {
      in.skip();
    }
  }
  if (!in.ok())
    return not_a("weft.v1.CompressRequest");
  auto wish = read_compress_options(options, "options");
  if (!wish)
    return wish.error();
  out.wish = *std::move(wish);
  if (!is_utf8(out.model))
    return failure{errc::invalid_utf8, "the model's name is not valid UTF-8", {{"field", "model"}}};
  // Fields of these numbers may be of another type: they count against the limit, and bring nothing.
  if (out.texts.empty() && out.handles.empty())
    return failure{errc::empty_call, "the call has no texts and no handles"};
  if (count > items_max)
    return failure{errc::too_many_items,
                   "the call has " + std::to_string(count) + " texts and handles, the limit is " +
                       std::to_string(items_max) + "; send several calls, or a job",
                   {{"items", std::to_string(count)}, {"limit", std::to_string(items_max)}}};
  for (size_t i = 0; i < out.handles.size(); ++i)
    if (!is_document_handle(out.handles[i]))
      return wrong("handles", "has at " + std::to_string(i) + " no handle: those have 64 hex digits in lower case");
  return out;
}

result<uint32_t> write_compressed(const embedding& item, vector_encoding encoding, pb::Compressed& to) {
  if (!item.document)
    return failure{errc::internal, "there is a vector where a compressed text should be"};
  auto output = decode_compress_output(*item.document);
  if (!output)
    return output.error();
  to.set_text(std::move(output->extract));
  write_spans(output->kept, *to.mutable_kept());
  to.mutable_stands_for()->Add(output->stands_for.begin(), output->stands_for.end());
  for (const auto& from : output->mega_tokens) {
    auto& one = *to.add_mega_tokens();
    write_vector(from.centroid, encoding, one);
    one.set_weight(from.weight);
    write_spans(from.spans, *one.mutable_spans());
  }
  write_report(output->report, *to.mutable_report());
  to.set_source(to_pb(item.source));
  return output->mega_tokens.empty() ? 0 : static_cast<uint32_t>(output->mega_tokens.front().centroid.size());
}

embed_result sum_of(const compress_message& request, const std::vector<result<embed_result>>& outcomes) {
  embed_result all;
  all.model = request.model;
  for (const auto& outcome : outcomes) {
    if (!outcome)
      continue;
    if (all.model_version.empty()) {
      all.model = outcome->model;
      all.model_version = outcome->model_version;
      all.precision = outcome->precision;
    }
    all.usage.tokens += outcome->usage.tokens;
    all.usage.device_seconds += outcome->usage.device_seconds;
    all.times.queue = std::max(all.times.queue, outcome->times.queue);
    all.times.tokenize = std::max(all.times.tokenize, outcome->times.tokenize);
    all.times.infer = std::max(all.times.infer, outcome->times.infer);
  }
  return all;
}

grpc::ByteBuffer write_compress_reply(const compress_message& request, std::vector<result<embed_result>> outcomes,
                                      const embed_result& all, std::chrono::nanoseconds total) {
  google::protobuf::Arena arena;
  auto& out = *google::protobuf::Arena::CreateMessage<pb::CompressResponse>(&arena);
  uint32_t dimensions = 0;
  uint64_t bytes = 0;
  for (auto& outcome : outcomes) {
    auto& item = *out.add_items();
    if (!outcome) {
      write_item_error(outcome.error(), *item.mutable_error());
      continue;
    }
    WEFT_ASSERT(outcome->items.size() == 1);
    auto written = write_compressed(outcome->items.front(), request.wish.encoding, *item.mutable_compressed());
    outcome = failure{}; // its bytes are in the reply
    const uint64_t size = item.ByteSizeLong();
    if (written && bytes + size > compress_reply_bytes_max)
      written = reply_too_large();
    if (!written) {
      write_item_error(written.error(), *item.mutable_error());
      continue;
    }
    bytes += size;
    dimensions = std::max(dimensions, *written);
  }
  write_info(all, dimensions, total, *out.mutable_info());
  return to_buffer(out);
}

result<compress_piece> read_compress_piece(const grpc::ByteBuffer& message) {
  using request = pb::CompressStreamRequest;
  compress_piece out;
  wire_reader in(message);
  while (in.next()) {
    if (in.field() == request::kPieceFieldNumber) {
      in.read(out.piece);
    } else if (in.field() == request::kModelFieldNumber) {
      in.read(out.model);
    } else if (in.field() == request::kOptionsFieldNumber) {
      if (std::string part; in.read(part))
        out.options = out.options.value_or("") + part;
    } else if (in.field() == request::kWindowBytesFieldNumber) {
      if (uint64_t number = 0; in.read(number))
        out.window_bytes = static_cast<uint32_t>(number); // as Protobuf reads a uint32 that is longer
    } else {
      in.skip();
    }
  }
  if (!in.ok())
    return not_a("weft.v1.CompressStreamRequest");
  if (!is_utf8(out.model))
    return failure{errc::invalid_utf8, "the model's name is not valid UTF-8", {{"field", "model"}}};
  return out;
}

grpc::ByteBuffer write_window(const compress_window& window, const embed_result& result, vector_encoding encoding,
                              std::chrono::nanoseconds total) {
  WEFT_ASSERT(result.items.size() == 1);
  pb::CompressStreamResponse out;
  write_place(window, out);
  const auto dimensions = write_compressed(result.items.front(), encoding, *out.mutable_compressed());
  if (!dimensions)
    write_item_error(dimensions.error(), *out.mutable_error());
  write_info(result, dimensions ? *dimensions : 0, total, *out.mutable_info());
  return to_buffer(out);
}

grpc::ByteBuffer write_window_error(const compress_window& window, const failure& reason) {
  pb::CompressStreamResponse out;
  write_place(window, out);
  write_item_error(reason, *out.mutable_error());
  return to_buffer(out);
}

result<document_edit> read_edit_document(const grpc::ByteBuffer& message) {
  using request = pb::EditDocumentRequest;
  document_edit out;
  std::string replaced;
  bool replaces = false;
  wire_reader in(message);
  while (in.next()) {
    if (in.field() == request::kTextFieldNumber) {
      in.read(out.text);
    } else if (in.field() == request::kHandleFieldNumber) {
      in.read(out.handle);
    } else if (in.field() == request::kReplacedFieldNumber) {
      if (std::string part; in.read(part)) {
        replaces = true;
        replaced += part;
      }
    } else {
      in.skip();
    }
  }
  pb::SourceSpan span;
  if (!in.ok() || !span.ParseFromString(replaced))
    return not_a("weft.v1.EditDocumentRequest");
  if (!out.handle.empty() && !is_document_handle(out.handle))
    return wrong("handle", "is none: those have 64 hex digits in lower case");
  if (!replaces)
    return out;
  if (out.handle.empty())
    return wrong("replaced", "is set; a new document has nothing to replace");
  if (span.begin() > span.end())
    return wrong("replaced", "ends before it begins");
  out.replaced = {span.begin(), span.end()};
  return out;
}

grpc::ByteBuffer write_edit_document(const document_state& document) {
  pb::EditDocumentResponse out;
  out.set_handle(document.handle);
  out.set_bytes(document.bytes);
  out.set_chunks(document.chunks);
  out.set_chunks_new(document.chunks_new);
  return to_buffer(out);
}

} // namespace weft
