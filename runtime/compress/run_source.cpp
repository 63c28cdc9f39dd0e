#include "runtime/compress/policy.hpp"
#include "runtime/compress/run_state.hpp"
#include "runtime/compress/select/must_keep.hpp"
#include "runtime/compress/text/split.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

bool has_forms(content_kind kind) noexcept {
  return kind == content_kind::log || kind == content_kind::table || kind == content_kind::json;
}

status resolve_strategy(run_source& source, const compress_parameters& wanted) {
  source.strategy = wanted.strategy;
  if (wanted.strategy != compress_strategy::automatic) {
    source.why_strategy = "the caller named it";
    return ok;
  }
  if (wanted.policy.empty())
    return failure{errc::invalid_argument, "policy: auto has to be resolved by a table first", {{"field", "policy"}}};
  const auto policy = parse_policy(wanted.policy);
  if (!policy)
    return policy.error();
  const uint64_t bytes = source.text.text.size();
  source.strategy = policy->choose(source.text.kind, bytes);
  source.policy_version = version_of(*policy);
  source.why_strategy = "the table " + source.policy_version + " has it for " +
                        (size_of(bytes) == size_class::large ? "large " : "") +
                        std::string{to_string(source.text.kind)};
  return ok;
}

uint64_t target_of(const compress_parameters& wanted, uint64_t tokens) {
  if (wanted.tokens)
    return *wanted.tokens;
  return std::max<uint64_t>(1, static_cast<uint64_t>(static_cast<double>(tokens) / *wanted.ratio));
}

} // namespace

result<run_source> read_source(std::string_view text, const compress_run_options& options) {
  const auto& wanted = options.wanted;
  if (auto sound = check(wanted); !sound)
    return sound.error();
  auto split = split_text(text);
  if (!split)
    return split.error();
  run_source out;
  out.text = *std::move(split);
  if (auto resolved = resolve_strategy(out, wanted); !resolved)
    return resolved.error();
  const auto rules = must_keep::compile(wanted.keep, wanted.patterns, text.size());
  if (!rules)
    return rules.error();
  out.count = make_counter(wanted.counter, options.count_wordpiece);
  count_units(out.text, out.count);
  out.tokens = out.count(text);
  out.target = target_of(wanted, out.tokens);
  if (out.whole())
    return out;
  if (!rules->empty())
    out.required = rules->required(out.text);
  if (has_forms(out.text.kind) || out.strategy == compress_strategy::templates)
    out.templates = find_templates(out.text);
  return out;
}

} // namespace weft
