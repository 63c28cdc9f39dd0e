#include "tools/weft/utf8.hpp"
#include "tools/weft/verbs.hpp"

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <string>

namespace {

using namespace weft::cli;

constexpr const char* description = "Works with a Weft cluster: embeds and compresses texts, runs durable jobs, ranks "
                                    "paragraphs, shows the state of nodes.";

constexpr const char* footer = R"(Exit codes:
  0 ok           1 failed           2 wrong command line   3 no endpoint reachable
  4 not serving  5 denied           6 timed out            7 overloaded

Environment:
  WEFT_ENDPOINT  HOST:PORT[,HOST:PORT]…       WEFT_API_KEY, WEFT_API_KEY_FILE
  WEFT_TLS_CA, WEFT_TLS_CERT, WEFT_TLS_KEY    NO_COLOR

Start here:
  weft health
  weft embed --text 'The warp and the weft'
  weft compress --ratio 8 README.md
  weft rank --query 'Who may copy this?' LICENSE README.md
  weft job submit embed notes.txt --wait

'weft VERB --help' explains a verb.)";

// CLI11 names the option or argument that is wrong, but not the verb whose help tells more.
exit_code wrong(const CLI::App& program, int argc, char** argv, const CLI::ParseError& error) {
  std::string verb = "weft";
  const CLI::App* app = &program;
  int i = 1;
  for (bool value_may_follow = false; i < argc; ++i) {
    const auto named = app->get_subcommands([&](const CLI::App* sub) { return sub->get_name() == argv[i]; });
    if (!named.empty()) {
      app = named.front();
      verb += " " + app->get_name();
    } else if (argv[i][0] != '-' && !value_may_follow) {
      break;
    }
    value_may_follow = argv[i][0] == '-'; // the options of every verb may stand before it
  }
  const auto known = app->get_subcommands([](const CLI::App*) { return true; });
  std::string what = error.what();
  if (app->get_require_subcommand_min() > 0 && i < argc && argv[i][0] != '-') {
    what = "there is no '" + printable(verb + " " + argv[i]) + "', but:";
    for (const auto* sub : known)
      what += " " + sub->get_name();
  }
  return report(usage_problem(what, "See '" + verb + " --help'."));
}

exit_code run(int argc, char** argv) {
  CLI::App program{description, "weft"};
  program.footer(footer);
  program.require_subcommand(1);
  program.set_version_flag("--version", "weft " WEFT_VERSION);
  common_options common;
  add_common(program, common); // before the verb, too: `weft --endpoint X node list`
  action chosen;
  add_embed(program, common, chosen);
  add_compress(program, common, chosen);
  add_rank(program, common, chosen);
  add_job(program, common, chosen);
  add_node(program, common, chosen);
  add_cache(program, common, chosen);
  add_settings(program, common, chosen);
  add_backup(program, common, chosen);
  add_health(program, common, chosen);
  add_top(program, common, chosen);
  if (argc == 1) {
    std::fputs(program.help().c_str(), stderr);
    return exit_code::usage;
  }
  try {
    program.parse(argc, argv);
  } catch (const CLI::Success& help) {
    program.exit(help);
    return exit_code::ok;
  } catch (const CLI::ParseError& error) {
    return wrong(program, argc, argv, error);
  }
  auto made = make_session(common);
  if (const auto* p = std::get_if<problem>(&made))
    return report(*p);
  auto& s = std::get<session>(made);
  std::fputs(s.warning.c_str(), stderr);
  return chosen(s);
}

} // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "C.UTF-8"); // for wcwidth() only; numbers stay as they are
  std::signal(SIGPIPE, SIG_IGN);       // out_file sees EPIPE and the command ends quietly
  setenv("GRPC_VERBOSITY", "NONE", 0); // gRPC's own log lines are no messages for a user
  return static_cast<int>(run(argc, argv));
}
