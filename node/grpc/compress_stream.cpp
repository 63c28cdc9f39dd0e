#include "node/grpc/compress_stream.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

namespace weft {
namespace {

using namespace std::chrono_literals;

failure wrong(const char* field, const std::string& message) {
  return {errc::invalid_argument, std::string(field) + message, {{"field", field}}};
}

compress_window window_of(const stream_group& group, const embed_request& request) {
  WEFT_ASSERT(request.texts.size() == 1);
  return {group.first, {group.first_byte, group.first_byte + request.texts.front().size()}};
}

} // namespace

result<embed_request> compress_stream_codec::read(const grpc::ByteBuffer& message, const node_view&) {
  auto in = read_compress_piece(message);
  if (!in)
    return in.error();
  if (auto fits = begun_ ? check_later(*in) : begin(*in); !fits)
    return fits.error();
  auto out = like_;
  // By slices, so that the cutter never holds much more than a window, however large the message is.
  for (std::string_view left = in->piece; !left.empty();
       left.remove_prefix(std::min<size_t>(left.size(), window_bytes_))) {
    cutter_->add(left.substr(0, window_bytes_));
    while (auto window = cutter_->next())
      out.texts.push_back(*std::move(window));
  }
  return out;
}

embed_request compress_stream_codec::rest() {
  auto out = like_;
  while (cutter_) {
    auto window = cutter_->finish();
    if (!window)
      break;
    out.texts.push_back(*std::move(window));
  }
  return out;
}

std::vector<grpc::ByteBuffer> compress_stream_codec::write(const stream_group& group, const embed_request& request,
                                                           const embed_result& result,
                                                           std::chrono::nanoseconds total) const {
  std::vector<grpc::ByteBuffer> out;
  out.push_back(write_window(window_of(group, request), result, wish_.encoding, total));
  return out;
}

std::optional<grpc::ByteBuffer> compress_stream_codec::write_error(const stream_group& group,
                                                                   const embed_request& request,
                                                                   const failure& reason) const {
  if (reason.code == errc::invalid_argument)
    return std::nullopt;
  return write_window_error(window_of(group, request), reason);
}

status compress_stream_codec::begin(const compress_piece& first) {
  auto wish = read_compress_options(first.options.value_or(""), "options");
  if (!wish)
    return wish.error();
  if (wish->wanted.tokens)
    return wrong("options.tokens",
                 " is set; a stream has no end that a number of tokens could be shared among, so give a ratio");
  window_bytes_ = first.window_bytes == 0 ? window_bytes_default : first.window_bytes;
  if (window_bytes_ < window_bytes_min || window_bytes_ > window_bytes_max)
    return wrong("window_bytes", " is " + std::to_string(window_bytes_) + "; it must be " +
                                     std::to_string(window_bytes_min) + " to " + std::to_string(window_bytes_max) +
                                     ", or 0 for " + std::to_string(window_bytes_default));
  if (!windows_->take(window_bytes_))
    return failure{errc::overloaded, "streams that gather windows fill the node", {}, 1s};
  credit_ = {windows_, window_bytes_};
  wish_ = *std::move(wish);
  like_.model = first.model;
  // Bounded memory also means: a text of any length must not push all others out of the cache.
  like_.options = {.compress = canonical_form(wish_.wanted), .cached = false};
  cutter_.emplace(window_bytes_);
  begun_ = true;
  return ok;
}

/// What comes later may be unset, or what the first message said.
status compress_stream_codec::check_later(const compress_piece& later) const {
  if (!later.model.empty() && later.model != like_.model)
    return wrong("model", " is '" + later.model + "'; the stream began with '" + like_.model + "'");
  if (later.window_bytes != 0 && later.window_bytes != window_bytes_)
    return wrong("window_bytes", " of a later message differs from that of the stream's first");
  if (!later.options)
    return ok;
  const auto wish = read_compress_options(*later.options, "options");
  if (!wish)
    return wish.error();
  if (wish->wanted != wish_.wanted || wish->encoding != wish_.encoding)
    return wrong("options", " of a later message differ from those of the stream's first");
  return ok;
}

} // namespace weft
