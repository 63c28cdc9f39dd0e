#include "tools/weft/compress_calls.hpp"

#include "runtime/base/errc.hpp"
#include "tools/weft/reply_limits.hpp"
#include "tools/weft/utf8.hpp"
#include "weft/v1/compress.grpc.pb.h"

#include <algorithm>
#include <utility>
#include <vector>

namespace weft::cli {
namespace {

// A call of many small files costs one round; one of more bytes would only keep the first result waiting.
constexpr size_t call_texts_max = 64;
constexpr size_t call_bytes_max = size_t{4} << 20;

problem wrong_answer(const client& to, const std::string& what) {
  return {.what = to.endpoint() + " " + what, .advice = advice_for("INTERNAL")};
}

/// A program or an archive is no text in a strange encoding: say what helps.
void look_for_binary(text_item& item) {
  constexpr std::string_view wrong_encoding = "INVALID_UTF8";
  if (!item.trouble || item.trouble->reason != wrong_encoding || item.text.find('\0') == std::string::npos)
    return;
  const auto& row = info(errc::not_text);
  item.trouble = text_problem{static_cast<int>(row.status), std::string{row.reason}, "it is binary data, no text"};
}

/// The texts of the next call: together within what the node may answer at once.
struct batch {
  const v1::CompressOptions& options;
  const size_t texts_max;
  std::vector<text_item> items{};
  size_t bytes = 0;
  uint64_t reply_bytes = 0;
  uint64_t first = 0; ///< index of items.front()

  bool has_room(const text_item& item) const {
    return items.empty() || (items.size() < texts_max && bytes + item.text.size() <= call_bytes_max &&
                             reply_bytes + compress_outcome_bytes(options, item.text.size()) <= node_reply_bytes_max);
  }
  void add(text_item item) {
    bytes += item.text.size();
    reply_bytes += compress_outcome_bytes(options, item.text.size());
    items.push_back(std::move(item));
  }
  void clear() {
    first += items.size();
    items.clear();
    bytes = 0;
    reply_bytes = 0;
  }
};

/// Makes one call and checks that the answer has as many items as were asked for.
std::optional<problem> compress(client& to, const v1::CompressRequest& request, v1::CompressResponse& answer) {
  if (auto trouble = to.call([&](const auto& channel, grpc::ClientContext& context) {
        answer.Clear();
        return v1::CompressService::NewStub(channel)->Compress(&context, request, &answer);
      }))
    return trouble;
  if (answer.items_size() != request.texts_size() + request.handles_size())
    return wrong_answer(to, "answered another number of texts than were sent");
  return std::nullopt;
}

bool deliver(const compress_sink& sink, compressed_text x, const v1::CompressItem& item,
             const v1::CompressResponse& all, uint64_t input_bytes) {
  text_problem trouble;
  x.info = &all.info();
  if (item.has_compressed()) {
    x.compressed = &item.compressed();
  } else {
    trouble = to_text_problem(item.error());
    x.trouble = &trouble;
  }
  return sink(x, input_bytes);
}

/// One call for all texts of a batch that have no trouble of their own. `go_on` becomes false once the sink has enough.
std::optional<problem> send(client& to, batch& texts, const compress_settings& settings, const compress_sink& sink,
                            bool& go_on) {
  v1::CompressRequest request;
  request.set_model(settings.model);
  *request.mutable_options() = settings.options;
  v1::CompressResponse answer;
  std::string handle;
  for (auto& item : texts.items) {
    if (item.trouble)
      continue;
    if (settings.as_documents) {
      v1::EditDocumentResponse document;
      if (auto trouble = edit_document(to, {}, item.text, document))
        return trouble;
      handle = document.handle();
      request.add_handles(handle);
    } else {
      request.add_texts(std::move(item.text));
    }
  }
  if (request.texts_size() + request.handles_size() > 0)
    if (auto trouble = compress(to, request, answer))
      return trouble;
  int answered = 0;
  for (size_t i = 0; i < texts.items.size() && go_on; ++i) {
    const auto& item = texts.items[i];
    compressed_text x{.index = texts.first + i, .name = name_of(item.place), .handle = item.trouble ? "" : handle};
    if (item.trouble) {
      x.trouble = &*item.trouble;
      go_on = sink(x, item.input_bytes);
    } else {
      go_on = deliver(sink, std::move(x), answer.items(answered++), answer, item.input_bytes);
    }
  }
  texts.clear();
  return std::nullopt;
}

} // namespace

std::string name_of(const text_place& place) {
  return place.file == "--text" ? "--text " + std::to_string(place.line) : place.file;
}

text_problem to_text_problem(const v1::ItemError& error) {
  text_problem out{error.code(), printable(error.reason()), printable(error.message())};
  for (const auto& [key, value] : error.metadata())
    out.metadata[printable(key)] = printable(value);
  return out;
}

std::optional<problem> compress_all(client& to, text_source& source, const compress_settings& settings,
                                    const compress_sink& sink) {
  batch texts{.options = settings.options, .texts_max = settings.as_documents ? 1 : call_texts_max};
  bool go_on = true;
  for (text_item item; go_on && source.next(item);) {
    look_for_binary(item);
    if (!texts.has_room(item))
      if (auto trouble = send(to, texts, settings, sink, go_on))
        return trouble;
    texts.add(std::move(item));
  }
  if (go_on && !texts.items.empty())
    return send(to, texts, settings, sink, go_on);
  return std::nullopt;
}

std::optional<problem> compress_document(client& to, const std::string& handle, const compress_settings& settings,
                                         const compress_sink& sink) {
  v1::CompressRequest request;
  request.set_model(settings.model);
  *request.mutable_options() = settings.options;
  request.add_handles(handle);
  v1::CompressResponse answer;
  if (auto trouble = compress(to, request, answer))
    return trouble;
  deliver(sink, {.index = 0, .name = "document", .handle = handle}, answer.items(0), answer, 0);
  return std::nullopt;
}

std::optional<problem> edit_document(client& to, const std::string& handle, const std::string& text,
                                     v1::EditDocumentResponse& answer) {
  v1::EditDocumentRequest request;
  request.set_handle(handle);
  request.set_text(text);
  if (auto trouble = to.call([&](const auto& channel, grpc::ClientContext& context) {
        answer.Clear();
        return v1::CompressService::NewStub(channel)->EditDocument(&context, request, &answer);
      }))
    return trouble;
  if (answer.handle().empty())
    return wrong_answer(to, "answered without a handle");
  answer.set_handle(printable(answer.handle()));
  return std::nullopt;
}

} // namespace weft::cli
