#include "tools/weft/options.hpp"

#include "tools/weft/endpoint.hpp"
#include "tools/weft/utf8.hpp"

#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>
#include <CLI/Validators.hpp>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <unistd.h>

namespace weft::cli {
namespace {

constexpr size_t secret_bytes_max = 1 << 20;

std::string environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? std::string{} : value;
}

std::variant<std::string, problem> read_secret(const std::string& file, const char* option) {
  std::ifstream in{file, std::ios::binary};
  std::string content(secret_bytes_max, '\0');
  in.read(content.data(), static_cast<std::streamsize>(content.size()));
  content.resize(static_cast<size_t>(in.gcount()));
  if (content.empty())
    return usage_problem(std::string{option} + ": cannot read '" + printable(file) + "', or it is empty");
  return content;
}

std::string first_line(std::string text) {
  text.resize(std::min(text.find_first_of("\r\n"), text.size()));
  return text;
}

/// The first that is set.
std::string either(const std::string& typed, const char* variable) {
  return typed.empty() ? environment(variable) : typed;
}

std::optional<problem> read_api_key(const common_options& common, session& s) {
  std::string key = common.api_key;
  const std::string file = either(common.api_key_file, "WEFT_API_KEY_FILE");
  if (key.empty() && (!common.api_key_file.empty() || (environment("WEFT_API_KEY").empty() && !file.empty()))) {
    auto content = read_secret(file, "--api-key-file");
    if (auto* p = std::get_if<problem>(&content))
      return *p;
    key = first_line(std::get<std::string>(content));
  } else if (key.empty()) {
    key = environment("WEFT_API_KEY");
  }
  if (std::any_of(key.begin(), key.end(), [](char c) { return c <= ' ' || c > '~'; }))
    return usage_problem(
        "the API key has characters that no key has (spaces, control characters or letters beyond ASCII)");
  s.connection.api_key = key;
  return std::nullopt;
}

std::optional<problem> read_tls(const common_options& common, tls_options& tls) {
  const std::string ca = either(common.tls_ca, "WEFT_TLS_CA");
  const std::string certificate = either(common.tls_certificate, "WEFT_TLS_CERT");
  const std::string key = either(common.tls_key, "WEFT_TLS_KEY");
  if (certificate.empty() != key.empty())
    return usage_problem("--tls-cert and --tls-key belong together");
  for (auto [file, option, to] : {std::tuple{&ca, "--tls-ca", &tls.ca_pem},
                                  {&certificate, "--tls-cert", &tls.certificate_pem},
                                  {&key, "--tls-key", &tls.key_pem}}) {
    if (file->empty())
      continue;
    auto content = read_secret(*file, option);
    if (auto* p = std::get_if<problem>(&content))
      return *p;
    *to = std::get<std::string>(std::move(content));
    if (to->find("-----BEGIN ") == std::string::npos)
      return usage_problem(std::string{option} + ": '" + printable(*file) + "' is not a PEM file");
  }
  tls.name = common.tls_name;
  tls.on = common.tls || !ca.empty() || !certificate.empty() || !tls.name.empty();
  return std::nullopt;
}

output_format parse_format(const std::string& name) {
  constexpr std::pair<const char*, output_format> formats[] = {{"wide", output_format::wide},
                                                               {"json", output_format::json},
                                                               {"jsonl", output_format::json},
                                                               {"yaml", output_format::yaml},
                                                               {"name", output_format::name}};
  for (auto [known, format] : formats)
    if (name == known)
      return format;
  return output_format::table;
}

} // namespace

void add_common(CLI::App& verb, common_options& common) {
  verb.add_option("-o,--output", common.output,
                  "How to print: table, wide, json or jsonl (one object a line), yaml, name")
      ->check(CLI::IsMember({"table", "wide", "json", "jsonl", "yaml", "name"}).description(""))
      ->type_name("FORMAT")
      ->group("Output");
  const auto text = [&](const char* name, std::string& value, const char* help, const char* type) {
    verb.add_option(name, value, help)->type_name(type)->group("Connection");
  };
  verb.add_option("--endpoint", common.endpoints,
                  "A node, HOST:PORT; again for others to fail over to (WEFT_ENDPOINT, separated by commas; default "
                  "127.0.0.1:7700)")
      ->allow_extra_args(false)
      ->type_name("HOST:PORT")
      ->group("Connection");
  text("--timeout", common.timeout, "End after this time: 500ms, 30s, 2m", "TIME");
  text("--api-key-file", common.api_key_file,
       "File with the API key (WEFT_API_KEY_FILE; or the key itself in WEFT_API_KEY)", "FILE");
  text("--api-key", common.api_key, "The API key itself; others on this machine can see it in the process list", "KEY");
  verb.add_flag("--tls", common.tls, "Use TLS with the system's certificate authorities")->group("Connection");
  text("--tls-ca", common.tls_ca, "Use TLS and trust this certificate authority (PEM; WEFT_TLS_CA)", "FILE");
  text("--tls-cert", common.tls_certificate, "Client certificate for mutual TLS (PEM; WEFT_TLS_CERT)", "FILE");
  text("--tls-key", common.tls_key, "Its private key (PEM; WEFT_TLS_KEY)", "FILE");
  text("--tls-name", common.tls_name, "Name expected in the node's certificate, when it is not the host", "NAME");
}

std::variant<session, problem> make_session(const common_options& common) {
  session s;
  s.format = parse_format(common.output);
  s.out_terminal = look_at_terminal(STDOUT_FILENO);
  s.err_terminal = look_at_terminal(STDERR_FILENO);
  std::vector<std::string> names = common.endpoints;
  if (names.empty())
    names = {either({}, "WEFT_ENDPOINT")};
  if (names == std::vector<std::string>{""})
    names = {std::string{default_endpoint}};
  auto endpoints = parse_endpoints(names);
  if (!endpoints)
    return usage_problem(endpoints.error().message);
  s.connection.endpoints = *std::move(endpoints);
  if (!common.timeout.empty()) {
    const auto timeout = parse_duration(common.timeout);
    if (!timeout)
      return usage_problem("--timeout: " + timeout.error().message);
    s.timeout = *timeout;
  }
  if (auto p = read_api_key(common, s))
    return *p;
  if (auto p = read_tls(common, s.connection.tls))
    return *p;
  const auto& all = s.connection.endpoints;
  if (!s.connection.api_key.empty() && !s.connection.tls.on && !std::all_of(all.begin(), all.end(), is_loopback))
    s.warning = "weft: the API key crosses the network unencrypted; use --tls or --tls-ca\n";
  return s;
}

void set_deadline(session& s, std::optional<std::chrono::milliseconds> otherwise) {
  const auto limit = s.timeout ? s.timeout : otherwise;
  if (limit)
    s.connection.deadline = std::chrono::system_clock::now() + *limit;
}

CLI::Validator whole_number(uint64_t least, uint64_t most) {
  const auto check = [least, most](std::string& text) -> std::string {
    uint64_t number = 0;
    const auto end = text.data() + text.size();
    const auto [rest, failed] = std::from_chars(text.data(), end, number);
    if (failed == std::errc{} && rest == end && number >= least && number <= most)
      return {};
    return "'" + printable(text) + "' is not a whole number from " + std::to_string(least) + " to " +
           std::to_string(most);
  };
  return CLI::Validator{check, ""};
}

exit_code report(const problem& p) {
  std::fputs(to_text(p).c_str(), stderr);
  return p.code;
}

} // namespace weft::cli
