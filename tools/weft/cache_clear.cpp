#include "tools/weft/cache_clear.hpp"

#include "weft/v1/admin.grpc.pb.h"

#include <cstdio>
#include <iostream>
#include <memory>
#include <string>
#include <unistd.h>

namespace weft::cli {
namespace {

constexpr std::chrono::seconds timeout_default{10};

constexpr const char* clear_footer = R"(Nothing brings the results back: they are computed again as they are asked for.

Examples:
  weft cache clear
  weft cache clear --yes)";

/// A person is asked; a script has to say that it means it.
std::optional<problem> confirm() {
  const bool person = ::isatty(STDIN_FILENO) == 1 && ::isatty(STDERR_FILENO) == 1;
  if (!person)
    return usage_problem("clearing the cache of the whole cluster needs --yes", "It cannot be undone.");
  std::fputs("Clear the cache of the whole cluster? It cannot be undone. [y/N] ", stderr);
  std::string answer;
  std::getline(std::cin, answer);
  if (answer == "y" || answer == "Y" || answer == "yes")
    return std::nullopt;
  return problem{.what = "nothing was cleared"};
}

exit_code clear(session& s, bool sure) {
  if (!sure)
    if (auto refused = confirm())
      return report(*refused);
  set_deadline(s, timeout_default);
  client to{s.connection};
  v1::ClearCacheResponse answer;
  if (auto p = to.call([&](const auto& channel, grpc::ClientContext& context) {
        return v1::AdminService::NewStub(channel)->ClearCache(&context, {}, &answer);
      }))
    return report(*p);
  out_file out{STDOUT_FILENO};
  const json object{{"generation", answer.generation()}};
  const auto number = std::to_string(answer.generation());
  out.write(s.format == output_format::json   ? to_line(object) + "\n"
            : s.format == output_format::yaml ? to_yaml(object)
            : s.format == output_format::name ? number + "\n"
                                              : "the cache is cleared: generation " + number + "\n");
  out.flush();
  return out.error() == 0 ? exit_code::ok : report({.what = "cannot write to standard output"});
}

} // namespace

void add_cache_clear(CLI::App& noun, common_options& common, action& chosen) {
  auto* verb = noun.add_subcommand("clear", "Forgets all cached results, on every node");
  auto sure = std::make_shared<bool>(false);
  verb->add_flag("--yes,-y", *sure, "Do not ask");
  add_common(*verb, common);
  verb->footer(clear_footer);
  verb->callback([sure, &chosen] { chosen = [sure](session& s) { return clear(s, *sure); }; });
}

} // namespace weft::cli
