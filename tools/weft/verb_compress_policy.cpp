#include "tools/weft/utf8.hpp"
#include "tools/weft/verbs.hpp"
#include "weft/v1/admin.grpc.pb.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

namespace weft::cli {
namespace {

constexpr std::chrono::seconds timeout_default{10};

constexpr const char* footer =
    R"(The table is the whole cluster's, and part of what a result depends on: it changes when somebody changes it, never by
itself. What is proposed is what the answering node has learnt since it started, from a few of the texts that it compressed:
it tried several strategies on them. Other nodes have learnt from other texts.

  LARGE is for texts of more than 256 KiB.

  -o wide   also the tables as text, as the setting compress.policy takes them
  -o json   {"version":"v1-…","text":"v1;prose=semantic;…","release":true,"release_text":"…","texts_tried":812,
            "strategies":[{"content":"prose","small":"semantic","large":"frequency"},…],
            "proposed":{"version","text","changes":[{"content","size","from","to","reason"},…],"command"} or null}
  -o name   the version

A file called "policy" is compressed by 'weft compress ./policy'.

Examples:
  weft compress policy
  p=$(weft compress policy -o json | jq -re .proposed.text) && weft settings set compress.policy "$p"
  weft settings unset compress.policy)";

/// What a table says of one kind of content.
struct choice {
  std::string content;
  std::string small;
  std::string large;
};

/// "v1;prose=semantic;prose.large=frequency;log=template" → prose and log. A kind without an entry for large texts
/// has one strategy. What a later release may write otherwise is left out; -o wide shows the text itself.
std::vector<choice> choices_of(std::string_view text) {
  constexpr std::string_view large_suffix = ".large";
  std::vector<choice> out;
  while (!text.empty()) {
    const auto entry = text.substr(0, text.find(';'));
    text.remove_prefix(std::min(text.size(), entry.size() + 1));
    const auto equals = entry.find('=');
    if (equals == std::string_view::npos)
      continue; // the number of the table
    auto content = entry.substr(0, equals);
    const std::string strategy{entry.substr(equals + 1)};
    if (!content.ends_with(large_suffix)) {
      out.push_back({std::string{content}, strategy, strategy});
      continue;
    }
    content.remove_suffix(large_suffix.size());
    const auto found = std::find_if(out.begin(), out.end(), [&](const choice& x) { return x.content == content; });
    if (found != out.end())
      found->large = strategy;
  }
  return out;
}

/// For a shell: whatever a node sends, pasting it runs nothing else.
std::string shell_word(std::string_view text) {
  std::string out = "'";
  for (const char c : printable(text))
    out += c == '\'' ? std::string{"'\\''"} : std::string{c};
  return out + "'";
}

std::string command_for(const v1::DescribePolicyResponse& policy) {
  return "weft settings set compress.policy " + shell_word(policy.proposed_text());
}

bool is_release(const v1::DescribePolicyResponse& policy) {
  return policy.text() == policy.release_text();
}

json to_json(const v1::DescribePolicyResponse& policy) {
  json strategies = json::array();
  for (const auto& x : choices_of(policy.text()))
    strategies.push_back({{"content", x.content}, {"small", x.small}, {"large", x.large}});
  json out{{"version", policy.version()},
           {"text", policy.text()},
           {"release", is_release(policy)},
           {"release_text", policy.release_text()},
           {"texts_tried", policy.texts_tried()},
           {"strategies", std::move(strategies)},
           {"proposed", nullptr}};
  if (policy.proposed_text().empty())
    return out;
  json changes = json::array();
  for (const auto& x : policy.changes())
    changes.push_back(
        {{"content", x.content()}, {"size", x.size()}, {"from", x.from()}, {"to", x.to()}, {"reason", x.reason()}});
  out["proposed"] = {{"version", policy.proposed_version()},
                     {"text", policy.proposed_text()},
                     {"changes", std::move(changes)},
                     {"command", command_for(policy)}};
  return out;
}

std::string strategies_table(const v1::DescribePolicyResponse& policy, bool colour) {
  table rows{{{"CONTENT"}, {"SMALL"}, {"LARGE"}}};
  for (const auto& x : choices_of(policy.text()))
    rows.add({{printable(x.content), tone::bold}, {printable(x.small)}, {printable(x.large)}});
  return rows.str(colour);
}

std::string changes_table(const v1::DescribePolicyResponse& policy, bool colour) {
  table rows{{{"CONTENT"}, {"SIZE"}, {"FROM"}, {"TO"}, {"WHY"}}};
  for (const auto& x : policy.changes())
    rows.add({{printable(x.content()), tone::bold},
              {printable(x.size())},
              {printable(x.from())},
              {printable(x.to()), tone::good},
              {printable(x.reason())}});
  return rows.str(colour);
}

std::string as_page(const v1::DescribePolicyResponse& policy, const std::string& endpoint, bool wide, bool colour) {
  std::string out;
  const auto line = [&](const char* name, const std::string& value) {
    std::string padded{name};
    padded.resize(10, ' ');
    out += paint(padded, tone::dim, colour) + value + "\n";
  };
  line("table", paint(printable(policy.version()), tone::bold, colour) +
                    (is_release(policy) ? ", the release's own"
                                        : ", a setting; 'weft settings unset compress.policy' goes back to the "
                                          "release's own"));
  if (wide) {
    line("", printable(policy.text()));
    line("release", printable(policy.release_text()));
  }
  line("learnt", "from " + counted(policy.texts_tried(), "text") + " on which " + printable(endpoint) +
                     " has tried several strategies since it started");
  out += "\n" + strategies_table(policy, colour) + "\n";
  if (policy.proposed_text().empty()) {
    line("proposed", "nothing: no strategy has been better by enough, on enough texts");
    return out;
  }
  line("proposed", paint(printable(policy.proposed_version()), tone::bold, colour) + ", " +
                       counted(static_cast<uint64_t>(policy.changes_size()), "change"));
  out += "\n" + changes_table(policy, colour) + "\nOn all nodes from now on, with:\n  " + command_for(policy) + "\n";
  return out;
}

exit_code show(session& s) {
  set_deadline(s, timeout_default);
  client to{s.connection};
  v1::DescribePolicyResponse policy;
  if (auto p = to.call([&](const auto& channel, grpc::ClientContext& context) {
        return v1::AdminService::NewStub(channel)->DescribePolicy(&context, {}, &policy);
      }))
    return report(*p);
  out_file out{STDOUT_FILENO};
  out.write(s.format == output_format::json   ? to_line(to_json(policy)) + "\n"
            : s.format == output_format::yaml ? to_yaml(to_json(policy))
            : s.format == output_format::name
                ? printable(policy.version()) + "\n"
                : as_page(policy, to.endpoint(), s.format == output_format::wide, s.out_terminal.colour));
  out.flush();
  return out.error() == 0 ? exit_code::ok : report({.what = "cannot write to standard output"});
}

} // namespace

void add_compress_policy(CLI::App& verb, common_options& common, action& chosen) {
  auto* sub = verb.add_subcommand("policy", "Show by which table 'auto' chooses, and what a node has learnt about it");
  add_common(*sub, common);
  sub->footer(footer);
  sub->callback([&chosen] { chosen = show; });
}

} // namespace weft::cli
