#include "node/grpc/convert_compress_options.hpp"

#include "node/grpc/utf8.hpp"
#include "node/grpc/wire_reader.hpp"
#include "runtime/compress/select/must_keep.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

namespace pb = weft::v1;

failure wrong(std::string field, const std::string& what) {
  auto message = field + " " + what;
  return {errc::invalid_argument, std::move(message), {{"field", std::move(field)}}};
}

// Their numbers are ours and one more: 0 is "unspecified".
static_assert(pb::COMPRESS_STRATEGY_AUTO == int(compress_strategy::automatic) + 1);
static_assert(pb::COMPRESS_STRATEGY_HIERARCHICAL == int(compress_strategy::hierarchical) + 1);
static_assert(pb::COMPRESS_STRATEGY_SEMANTIC == int(compress_strategy::semantic) + 1);
static_assert(pb::COMPRESS_STRATEGY_FREQUENCY == int(compress_strategy::frequency) + 1);
static_assert(pb::COMPRESS_STRATEGY_TEMPLATE == int(compress_strategy::templates) + 1);
static_assert(pb::COMPRESS_STRATEGY_ENSEMBLE == int(compress_strategy::ensemble) + 1);
static_assert(pb::TOKEN_COUNTER_WORDPIECE == int(counter_kind::wordpiece) + 1);
static_assert(pb::TOKEN_COUNTER_BYTES == int(counter_kind::bytes) + 1);
static_assert(pb::KEEP_KIND_NUMBERS == int(keep_kind::numbers) + 1);
static_assert(pb::KEEP_KIND_CODE == int(keep_kind::code) + 1);

/// The generated parser refuses a message for one string that is not UTF-8, and does not say which.
status check_utf8(const std::string& options, std::string_view path) {
  const grpc::Slice slice(options);
  wire_reader in(grpc::ByteBuffer(&slice, 1));
  while (in.next()) {
    const bool query = in.field() == pb::CompressOptions::kQueryFieldNumber;
    if (!query && in.field() != pb::CompressOptions::kPatternsFieldNumber) {
      in.skip();
      continue;
    }
    if (std::string text; in.read(text) && !is_utf8(text)) {
      const auto field = std::string(path) + (query ? ".query" : ".patterns");
      return failure{errc::invalid_utf8, field + " is not valid UTF-8", {{"field", field}}};
    }
  }
  return ok;
}

status read_enums(const pb::CompressOptions& in, std::string_view path, compress_parameters& out) {
  const auto field = [&](const char* name) { return std::string(path) + "." + name; };
  if (!pb::CompressStrategy_IsValid(in.strategy()))
    return wrong(field("strategy"), "is " + std::to_string(in.strategy()) + ", which is no strategy");
  if (!pb::TokenCounter_IsValid(in.counter()))
    return wrong(field("counter"), "is " + std::to_string(in.counter()) + ", which is no counter of tokens");
  out.strategy = static_cast<compress_strategy>(std::max<int>(in.strategy() - 1, 0));
  out.counter = static_cast<counter_kind>(std::max<int>(in.counter() - 1, 0));
  for (const int kind : in.keep()) {
    if (kind == pb::KEEP_KIND_UNSPECIFIED || !pb::KeepKind_IsValid(kind))
      return wrong(field("keep"), "has " + std::to_string(kind) + "; it must be 1 (numbers), 2 (names) or 3 (code)");
    out.keep.push_back(static_cast<keep_kind>(kind - 1));
  }
  std::sort(out.keep.begin(), out.keep.end());
  out.keep.erase(std::unique(out.keep.begin(), out.keep.end()), out.keep.end());
  return ok;
}

} // namespace

result<compress_wish> read_compress_options(const std::string& bytes, std::string_view path) {
  if (auto clean = check_utf8(bytes, path); !clean)
    return clean.error();
  pb::CompressOptions in;
  if (!in.ParseFromString(bytes))
    return failure{errc::invalid_argument, std::string(path) + " is not a weft.v1.CompressOptions message"};
  compress_wish out;
  auto& wanted = out.wanted;
  if (auto read = read_enums(in, path, wanted); !read)
    return read.error();
  if (in.has_ratio())
    wanted.ratio = in.ratio();
  if (in.has_tokens())
    wanted.tokens = in.tokens();
  wanted.query = in.query();
  wanted.patterns.assign(in.patterns().begin(), in.patterns().end());
  wanted.extract = !in.no_extract();
  wanted.mega_tokens = in.mega_tokens();
  if (auto sound = check(wanted); !sound) {
    auto& why = sound.error(); // it knows the field, not what holds it
    why.message = std::string(path) + "." + why.message;
    for (auto& [key, value] : why.metadata)
      if (key == "field")
        value = std::string(path) + "." + value;
    return why;
  }
  if (auto rules = must_keep::compile(wanted.keep, wanted.patterns, 1); !rules)
    return rules.error();
  const auto encoding = read_encoding(in.encoding(), std::string(path) + ".encoding");
  if (!encoding)
    return encoding.error();
  out.encoding = *encoding;
  return out;
}

void write_compress_options(const compress_parameters& from, pb::CompressOptions& to) {
  if (from.ratio)
    to.set_ratio(*from.ratio);
  if (from.tokens)
    to.set_tokens(*from.tokens);
  to.set_strategy(static_cast<pb::CompressStrategy>(static_cast<int>(from.strategy) + 1));
  to.set_counter(static_cast<pb::TokenCounter>(static_cast<int>(from.counter) + 1));
  to.set_query(from.query);
  for (const auto kind : from.keep)
    to.add_keep(static_cast<pb::KeepKind>(static_cast<int>(kind) + 1));
  for (const auto& pattern : from.patterns)
    to.add_patterns(pattern);
  to.set_no_extract(!from.extract);
  to.set_mega_tokens(from.mega_tokens);
}

} // namespace weft
