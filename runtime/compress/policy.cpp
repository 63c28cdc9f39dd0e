#include "runtime/compress/policy.hpp"

#include <bitset>
#include <charconv>
#include <system_error>
#include <xxhash.h>

namespace weft {
namespace {

constexpr std::string_view large_suffix = ".large";

failure refuse(std::string_view entry, std::string_view why) {
  return {errc::invalid_argument,
          "the entry '" + std::string{entry.substr(0, 64)} + "' of the table " + std::string{why},
          {{"entry", std::string{entry.substr(0, 64)}}}};
}

/// The text up to the next ';', which is taken off with it.
std::string_view next_entry(std::string_view& rest) {
  const auto end = rest.find(';');
  const auto entry = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return entry;
}

/// "v12" → 12; 0: it is no version.
uint32_t read_number(std::string_view entry) {
  uint32_t number = 0;
  if (entry.size() < 2 || entry.front() != 'v' || entry[1] == '0')
    return 0;
  const auto read = std::from_chars(entry.data() + 1, entry.data() + entry.size(), number);
  const bool whole = read.ec == std::errc{} && read.ptr == entry.data() + entry.size();
  return whole && number <= policy_number_max ? number : 0;
}

} // namespace

compress_policy default_policy() {
  compress_policy out;
  const auto both = [&out](content_kind kind, compress_strategy small, compress_strategy large) {
    out.at(kind, size_class::small) = small;
    out.at(kind, size_class::large) = large;
  };
  using enum compress_strategy;
  both(content_kind::prose, semantic, frequency);
  both(content_kind::paper, semantic, frequency);
  both(content_kind::markdown, semantic, frequency);
  both(content_kind::code, semantic, frequency);
  both(content_kind::log, templates, templates);
  both(content_kind::table, templates, templates);
  both(content_kind::json, templates, templates);
  both(content_kind::mixed, ensemble, frequency);
  return out;
}

std::string canonical_form(const compress_policy& policy) {
  std::string out = "v" + std::to_string(policy.number);
  for (size_t i = 0; i < content_kind_count; ++i) {
    const auto name = std::string{content_kind_names[i]};
    const auto [small, large] = policy.strategies[i];
    out += ";" + name + "=" + std::string{to_string(small)};
    if (large != small)
      out += ";" + name + std::string{large_suffix} + "=" + std::string{to_string(large)};
  }
  return out;
}

result<compress_policy> parse_policy(std::string_view text) {
  if (text.size() > compress_policy_bytes_max)
    return failure{errc::invalid_argument, "a table has at most 1024 bytes"};
  auto out = default_policy();
  auto rest = text;
  const auto version = next_entry(rest);
  out.number = read_number(version);
  if (out.number == 0)
    return refuse(version, "is no version: a table begins with 'v1;' or a higher number");
  std::array<std::bitset<size_class_count>, content_kind_count> seen;
  while (!rest.empty()) {
    const auto entry = next_entry(rest);
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos)
      return refuse(entry, "has no '=': it should read as 'prose=semantic'");
    auto name = entry.substr(0, equals);
    const bool large = name.ends_with(large_suffix);
    if (large)
      name.remove_suffix(large_suffix.size());
    const auto kind = find_named<content_kind>(content_kind_names, name);
    if (!kind)
      return refuse(entry, "names no kind of content: prose, paper, markdown, code, log, table, json or mixed");
    const auto strategy = find_named<compress_strategy>(compress_strategy_names, entry.substr(equals + 1));
    if (!strategy || *strategy == compress_strategy::automatic)
      return refuse(entry, "names no strategy: hierarchical, semantic, frequency, template or ensemble");
    auto& places = seen[static_cast<size_t>(*kind)];
    if (places[large])
      return refuse(entry, "is there twice");
    places[large] = true;
    out.at(*kind, large ? size_class::large : size_class::small) = *strategy;
    // "prose=frequency" alone is for every size.
    if (!large && !places[true])
      out.at(*kind, size_class::large) = *strategy;
  }
  return out;
}

std::string version_of(const compress_policy& policy) {
  const auto text = canonical_form(policy);
  const auto hash = static_cast<uint32_t>(XXH3_64bits(text.data(), text.size()) >> 32);
  std::string out = "v" + std::to_string(policy.number) + "-";
  for (int shift = 28; shift >= 0; shift -= 4)
    out += "0123456789abcdef"[hash >> shift & 0xF];
  return out;
}

compress_parameters resolve(compress_parameters wanted, const compress_policy& policy) {
  if (wanted.strategy == compress_strategy::automatic && wanted.policy.empty())
    wanted.policy = canonical_form(policy);
  return wanted;
}

} // namespace weft
