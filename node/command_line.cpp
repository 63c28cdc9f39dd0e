#include "node/command_line.hpp"

#include "node/exit_code.hpp"
#include "node/version.hpp"

#include <CLI/CLI.hpp>

#include <array>

namespace weft {
namespace {

constexpr const char* footer = R"(Keys: flags override WEFT_SECTION_KEY variables, these override the file.
Signals: SIGTERM answers what is in flight and stops, a second one stops at once; SIGHUP reloads the file.
Exit codes: 0 stopped as asked; 1 could not start; 2 wrong flag or configuration; 4 unhealthy;
            6 stopped with calls in flight (drain limit passed))";

struct shortcut {
  const char* flag;
  const char* key;
  const char* help;
};
constexpr std::array shortcuts{
    shortcut{"--name", "node.name", "Name of this node"},
    shortcut{"--data-dir", "node.data_dir", "Folder for what the node keeps"},
    shortcut{"--listen", "node.listen", "HOST:PORT for clients"},
    shortcut{"--peer", "node.peer", "HOST:PORT for other nodes"},
    shortcut{"--http", "node.http", "HOST:PORT for /metrics, /healthz, /readyz"},
    shortcut{"--model-dir", "model.dir", "Folder of the model"},
    shortcut{"--log-level", "log.level", "debug, info, warn or error"},
    shortcut{"--log-format", "log.format", "text or json"},
};

print_command wrong(const std::string& text) {
  return {static_cast<int>(exit_code::usage), "weftd: " + text + "\n"};
}

} // namespace

parsed_command parse_command_line(int argc, const char* const* argv) {
  CLI::App app{"weftd: a Weft node, which turns texts into embeddings over gRPC", "weftd"};
  app.footer(footer);
  app.set_version_flag("--version", std::string{"weftd "} + release_version);

  serve_command serve;
  std::string config;
  app.add_option("--config", config, "TOML file; see cluster-config/README.md");
  app.add_flag("--check-config", serve.check_config, "Print the configuration as it would be used, or its errors");
  // In the order typed, so that of two the last one counts.
  for (const auto& [flag, key, help] : shortcuts)
    app.add_option_function<std::string>(
           flag, [&serve, key = key](const std::string& value) { serve.overrides.emplace_back(key, value); }, help)
        ->trigger_on_parse();
  std::string malformed;
  app.add_option_function<std::string>(
         "--set",
         [&](const std::string& setting) {
           const auto equals = setting.find('=');
           if (equals == std::string::npos)
             malformed = setting;
           else
             serve.overrides.emplace_back(setting.substr(0, equals), setting.substr(equals + 1));
         },
         "Any key: --set pool.workers_max=2 (may be repeated)")
      ->trigger_on_parse();

  make_api_key_command make;
  auto* make_key = app.add_subcommand("make-api-key", "Print a new API key, and the line for auth.api_keys");
  make_key->add_option("--name", make.name, "Who gets it")->required();
  make_key->add_option("--role", make.role, "client, or operator (may also see the node's state)")
      ->required()
      ->check(CLI::IsMember({"client", "operator"}));
  make_key->add_option("--tenant", make.tenant, "Whose quotas it counts against; default: the name");

  try { // the library reports help, version and wrong flags with exceptions
    app.parse(argc, argv);
  } catch (const CLI::CallForVersion&) {
    return print_command{0, std::string{"weftd "} + release_version + "\n"};
  } catch (const CLI::CallForHelp&) {
    return print_command{0, make_key->parsed() ? make_key->help() : app.help()};
  } catch (const CLI::ParseError& error) {
    return wrong(std::string{error.what()} + "; see weftd --help");
  }
  if (make_key->parsed())
    return make;
  if (app.count("--config"))
    serve.config = config;
  if (!malformed.empty())
    return wrong("--set takes SECTION.KEY=VALUE (it is \"" + malformed + "\")");
  return serve;
}

} // namespace weft
