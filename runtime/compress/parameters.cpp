#include "runtime/compress/parameters.hpp"

#include "runtime/compress/output.hpp"
#include "runtime/compress/policy.hpp"

#include <charconv>
#include <cmath>
#include <system_error>
#include <utility>

namespace weft {
namespace {

// Of this form and of an output's bytes alike: what one release caches has no identity in another that cannot read it.
constexpr std::string_view form_version = "v2";
static_assert(compress_output_version == 2, "raise form_version with it");
// Jobs that an earlier release acknowledged have this one; the rest reads the same.
constexpr std::string_view form_version_before = "v1";
static_assert(form_version.size() == form_version_before.size());

failure refuse(std::string_view field, std::string why) {
  return {errc::invalid_argument, std::string{field} + ": " + std::move(why), {{"field", std::string{field}}}};
}

/// The shortest decimal that reads back as this very number: one text for each number, on any machine.
template <class Number> std::string decimal(Number number) {
  char text[32];
  const auto end = std::to_chars(std::begin(text), std::end(text), number);
  return {text, end.ptr};
}

/// "5:bytes": the length first, so that any bytes may follow.
void put_bytes(std::string& out, std::string_view bytes) {
  out += decimal(bytes.size());
  out += ':';
  out += bytes;
}

/// Takes a canonical form apart from its front. The first thing that is wrong empties it for good.
class form_reader {
public:
  explicit form_reader(std::string_view text) : rest_(text) {}

  bool failed() const noexcept { return failed_; }
  bool at_end() const noexcept { return rest_.empty(); }

  bool skip(std::string_view wanted) {
    if (rest_.substr(0, wanted.size()) != wanted)
      return fail();
    rest_.remove_prefix(wanted.size());
    return true;
  }
  bool try_skip(std::string_view wanted) { return rest_.substr(0, wanted.size()) == wanted && skip(wanted); }

  /// Bytes before the next `end`, which is taken, too.
  std::string_view until(char end) {
    const auto at = rest_.find(end);
    if (at == std::string_view::npos)
      return fail(), std::string_view{};
    const auto out = rest_.substr(0, at);
    rest_.remove_prefix(at + 1);
    return out;
  }
  template <class Number> Number number(char end) {
    const auto text = until(end);
    Number out{};
    const auto read = std::from_chars(text.data(), text.data() + text.size(), out);
    if (text.empty() || read.ec != std::errc{} || read.ptr != text.data() + text.size())
      return fail(), Number{};
    return out;
  }
  template <class Enum, size_t N> Enum name(const std::array<std::string_view, N>& names, char end) {
    const auto found = find_named<Enum>(names, until(end));
    if (!found)
      return fail(), Enum{};
    return *found;
  }
  std::string bytes() {
    const auto size = number<uint64_t>(':');
    if (size > rest_.size())
      return fail(), std::string{};
    std::string out{rest_.substr(0, size)};
    rest_.remove_prefix(size);
    return out;
  }

private:
  bool fail() {
    failed_ = true;
    rest_ = {};
    return false;
  }

  std::string_view rest_;
  bool failed_ = false;
};

status check_keep(const compress_parameters& wanted) {
  for (size_t i = 0; i < wanted.keep.size(); ++i) {
    if (static_cast<size_t>(wanted.keep[i]) >= keep_kind_count)
      return refuse("keep", "there is no kind number " + decimal(static_cast<unsigned>(wanted.keep[i])));
    if (i > 0 && wanted.keep[i - 1] >= wanted.keep[i])
      return refuse("keep", "each kind once, in the order numbers, names, code");
  }
  if (wanted.patterns.size() > compress_patterns_max)
    return refuse("patterns", "at most " + decimal(compress_patterns_max));
  size_t bytes = 0;
  for (const auto& pattern : wanted.patterns) {
    if (pattern.empty())
      return refuse("patterns", "an empty pattern matches everything, so nothing could be left out");
    bytes += pattern.size();
  }
  if (bytes > compress_patterns_bytes_max)
    return refuse("patterns", "at most " + decimal(compress_patterns_bytes_max) + " bytes together");
  return ok;
}

status check_target(const compress_parameters& wanted) {
  if (wanted.ratio && wanted.tokens)
    return refuse("ratio", "a ratio and a number of tokens contradict each other; set one of them");
  if (!wanted.ratio && !wanted.tokens)
    return refuse("ratio", "neither a ratio nor a number of tokens is set; set one of them");
  // So written, no number (NaN) is refused, too.
  if (wanted.ratio && !(*wanted.ratio >= compress_ratio_min && *wanted.ratio <= compress_ratio_max))
    return refuse("ratio", "must be from 2 to 32");
  if (wanted.tokens && *wanted.tokens == 0)
    return refuse("tokens", "must be 1 at least");
  return ok;
}

} // namespace

status check(const compress_parameters& wanted) {
  if (auto target = check_target(wanted); !target)
    return target;
  if (static_cast<size_t>(wanted.strategy) >= compress_strategy_count)
    return refuse("strategy", "there is no such strategy");
  if (static_cast<size_t>(wanted.counter) >= counter_kind_count)
    return refuse("counter", "there is no such counter");
  if (wanted.query.size() > compress_query_bytes_max)
    return refuse("query", "at most " + decimal(compress_query_bytes_max) + " bytes");
  if (auto keep = check_keep(wanted); !keep)
    return keep;
  if (wanted.mega_tokens > mega_tokens_max)
    return refuse("mega_tokens", "at most " + decimal(mega_tokens_max));
  if (wanted.policy.empty())
    return ok;
  if (wanted.strategy != compress_strategy::automatic)
    return refuse("policy", "a table chooses only where the strategy is auto");
  if (const auto table = parse_policy(wanted.policy); !table)
    return refuse("policy", table.error().message);
  else if (canonical_form(*table) != wanted.policy)
    return refuse("policy", "is not in canonical form");
  return ok;
}

std::string canonical_form(const compress_parameters& wanted) {
  std::string out{form_version};
  out += wanted.ratio ? " ratio=" + decimal(*wanted.ratio) : " tokens=" + decimal(wanted.tokens.value_or(0));
  out += " strategy=";
  out += to_string(wanted.strategy);
  out += " counter=";
  out += to_string(wanted.counter);
  out += " keep=";
  for (const auto kind : wanted.keep) {
    out += to_string(kind);
    out += ',';
  }
  out += wanted.extract ? " extract=1" : " extract=0";
  out += " mega_tokens=" + decimal(wanted.mega_tokens);
  out += " query=";
  put_bytes(out, wanted.query);
  out += " patterns=" + decimal(wanted.patterns.size()) + ';';
  for (const auto& pattern : wanted.patterns)
    put_bytes(out, pattern);
  out += " policy=";
  put_bytes(out, wanted.policy);
  return out;
}

result<compress_parameters> parse_parameters(std::string_view canonical) {
  form_reader in{canonical};
  compress_parameters out;
  if (!in.try_skip(form_version_before))
    in.skip(form_version);
  if (in.try_skip(" ratio="))
    out.ratio = in.number<double>(' ');
  else if (in.skip(" tokens="))
    out.tokens = in.number<uint64_t>(' ');
  in.skip("strategy=");
  out.strategy = in.name<compress_strategy>(compress_strategy_names, ' ');
  in.skip("counter=");
  out.counter = in.name<counter_kind>(counter_kind_names, ' ');
  in.skip("keep=");
  while (!in.failed() && !in.try_skip(" "))
    out.keep.push_back(in.name<keep_kind>(keep_kind_names, ','));
  in.skip("extract=");
  out.extract = in.number<uint32_t>(' ') == 1;
  in.skip("mega_tokens=");
  out.mega_tokens = in.number<uint32_t>(' ');
  in.skip("query=");
  out.query = in.bytes();
  in.skip(" patterns=");
  const auto patterns = in.number<uint32_t>(';');
  for (uint32_t i = 0; i < patterns && i <= compress_patterns_max && !in.failed(); ++i)
    out.patterns.push_back(in.bytes());
  in.skip(" policy=");
  out.policy = in.bytes();
  if (in.failed() || !in.at_end())
    return refuse("compress", "these parameters are not in canonical form");
  if (auto sound = check(out); !sound)
    return sound.error();
  // Other texts may read as the same parameters ("08", "8.0"); only one of them names an identity.
  if (std::string_view(canonical_form(out)).substr(form_version.size()) != canonical.substr(form_version.size()))
    return refuse("compress", "these parameters are not in canonical form");
  return out;
}

} // namespace weft
