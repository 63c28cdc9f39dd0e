#pragma once

#include "tools/weft/client.hpp"
#include "tools/weft/output.hpp"

#include <CLI/App.hpp>
#include <CLI/Validators.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weft::cli {

/// What every verb takes, as typed.
struct common_options {
  std::vector<std::string> endpoints;
  std::string output = "table";
  std::string timeout;
  std::string api_key;
  std::string api_key_file;
  bool tls = false;
  std::string tls_ca;
  std::string tls_certificate;
  std::string tls_key;
  std::string tls_name;
};

/// What a verb gets, checked and completed from the environment.
struct session {
  client_options connection;
  output_format format = output_format::table;
  std::optional<std::chrono::milliseconds> timeout; ///< as typed
  terminal out_terminal;
  terminal err_terminal;
  std::string warning; ///< for standard error, "" mostly
};

/// A verb's work, run after the command line is understood.
using action = std::function<exit_code(session&)>;

/// Adds the options of every verb.
void add_common(CLI::App& verb, common_options& common);

/// Takes digits only, from `least` to `most`, and says so of anything else: CLI11 would read -1 as a number without a
/// sign, and its own ranges print all their digits. REQUIRES: least <= most.
CLI::Validator whole_number(uint64_t least, uint64_t most);

/// Reads WEFT_ENDPOINT, WEFT_API_KEY and the files that options name. default_timeout: for verbs that must end soon.
std::variant<session, problem> make_session(const common_options& common);

/// The deadline of the whole command; `otherwise` when --timeout was not given.
void set_deadline(session& s, std::optional<std::chrono::milliseconds> otherwise = {});

/// Prints to standard error; returns how to end.
exit_code report(const problem& p);

} // namespace weft::cli
