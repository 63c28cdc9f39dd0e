#include "tools/weft/utf8.hpp"
#include "tools/weft/verbs.hpp"
#include "weft/v1/admin.grpc.pb.h"

#include <memory>
#include <string>
#include <unistd.h>

namespace weft::cli {
namespace {

constexpr std::chrono::seconds timeout_default{10};

constexpr const char* list_footer = R"(Examples:
  weft settings list
  weft settings list tenant.
  weft settings list -o json)";

constexpr const char* get_footer = R"(Examples:
  weft settings get tenant.acme
  weft settings get cache.scope.embed -o json)";

constexpr const char* set_footer = R"(Settings:
  tenant.NAME            active or suspended: whether the tenant's calls are let in
  api_key.NAME           ROLE:SHA256 or ROLE:SHA256:TENANT, as 'weftd make-api-key' prints it without its name
  cache.scope.OPERATION  tenant or shared: who is served cached results (embed)
  cache.generation       'weft cache clear' raises it
  compress.policy        the table of strategies: 'weft compress policy' shows it and what a node proposes

Examples:
  weft settings set tenant.acme suspended
  weft settings set cache.scope.embed shared)";

constexpr const char* unset_footer = R"(Examples:
  weft settings unset tenant.acme)";

json to_json(const v1::Setting& s) {
  return {{"key", s.key()},
          {"value", s.value()},
          {"version", s.version()},
          {"writer", s.writer()},
          {"changed_unix_ms", s.changed_unix_ms()}};
}

exit_code finish(out_file& out) {
  out.flush();
  return out.error() == 0 ? exit_code::ok : report({.what = "cannot write to standard output"});
}

template <class Settings> std::string as_table(const Settings& settings, bool wide, bool colour) {
  std::vector<table::column> columns{{"KEY"}, {"VALUE"}};
  if (wide)
    for (table::column c : {table::column{"VERSION", true}, {"CHANGED (UTC)"}, {"WRITER"}})
      columns.push_back(c);
  table rows{columns};
  for (const auto& s : settings) {
    std::vector<cell> row{{printable(s.key()), tone::bold}, {printable(s.value())}};
    if (wide) {
      row.push_back({with_spaces(s.version())});
      row.push_back({in_utc(s.changed_unix_ms())});
      row.push_back({printable(s.writer())});
    }
    rows.add(std::move(row));
  }
  return rows.str(colour);
}

exit_code list(session& s, const std::string& prefix) {
  set_deadline(s, timeout_default);
  client to{s.connection};
  v1::ListSettingsRequest request;
  request.set_prefix(prefix);
  v1::ListSettingsResponse answer;
  if (auto p = to.call([&](const auto& channel, grpc::ClientContext& context) {
        return v1::AdminService::NewStub(channel)->ListSettings(&context, request, &answer);
      }))
    return report(*p);
  out_file out{STDOUT_FILENO};
  if (s.format == output_format::table || s.format == output_format::wide)
    out.write(as_table(answer.settings(), s.format == output_format::wide, s.out_terminal.colour));
  for (const auto& setting : answer.settings()) {
    if (s.format == output_format::json)
      out.write(to_line(to_json(setting)) + "\n");
    else if (s.format == output_format::yaml)
      out.write(to_yaml(json::array({to_json(setting)})));
    else if (s.format == output_format::name)
      out.write(printable(setting.key()) + "\n");
  }
  return finish(out);
}

/// text: what table and wide show.
exit_code show(session& s, const v1::Setting& setting, const std::string& text) {
  out_file out{STDOUT_FILENO};
  out.write(s.format == output_format::json   ? to_line(to_json(setting)) + "\n"
            : s.format == output_format::yaml ? to_yaml(to_json(setting))
            : s.format == output_format::name ? printable(setting.key()) + "\n"
                                              : text + "\n");
  return finish(out);
}

exit_code get(session& s, const std::string& key) {
  set_deadline(s, timeout_default);
  client to{s.connection};
  v1::GetSettingRequest request;
  request.set_key(key);
  v1::GetSettingResponse answer;
  if (auto p = to.call([&](const auto& channel, grpc::ClientContext& context) {
        return v1::AdminService::NewStub(channel)->GetSetting(&context, request, &answer);
      }))
    return report(*p);
  return show(s, answer.setting(), printable(answer.setting().value()));
}

exit_code set(session& s, const std::string& key, const std::string& value) {
  set_deadline(s, timeout_default);
  client to{s.connection};
  v1::SetSettingRequest request;
  request.set_key(key);
  request.set_value(value);
  v1::SetSettingResponse answer;
  if (auto p = to.call([&](const auto& channel, grpc::ClientContext& context) {
        return v1::AdminService::NewStub(channel)->SetSetting(&context, request, &answer);
      }))
    return report(*p);
  const auto& setting = answer.setting();
  return show(s, setting,
              printable(setting.key()) + " = " + printable(setting.value()) + " (version " +
                  std::to_string(setting.version()) + ")");
}

exit_code unset(session& s, const std::string& key) {
  set_deadline(s, timeout_default);
  client to{s.connection};
  v1::RemoveSettingRequest request;
  request.set_key(key);
  v1::RemoveSettingResponse answer;
  if (auto p = to.call([&](const auto& channel, grpc::ClientContext& context) {
        return v1::AdminService::NewStub(channel)->RemoveSetting(&context, request, &answer);
      }))
    return report(*p);
  out_file out{STDOUT_FILENO};
  const json object{{"key", key}, {"removed", true}};
  out.write(s.format == output_format::json   ? to_line(object) + "\n"
            : s.format == output_format::yaml ? to_yaml(object)
            : s.format == output_format::name ? printable(key) + "\n"
                                              : printable(key) + " is not set any more\n");
  return finish(out);
}

CLI::App* add_verb(CLI::App& noun, common_options& common, const char* name, const char* what, const char* footer) {
  auto* verb = noun.add_subcommand(name, what);
  add_common(*verb, common);
  verb->footer(footer);
  return verb;
}

} // namespace

void add_settings(CLI::App& program, common_options& common, action& chosen) {
  auto* noun = program.add_subcommand("settings", "The settings of the whole cluster: list, get, set, unset");
  noun->require_subcommand(1)->fallthrough(); // to the options of every verb
  auto key = std::make_shared<std::string>();
  auto value = std::make_shared<std::string>();
  auto* list_verb = add_verb(*noun, common, "list", "What is set, one a line", list_footer);
  list_verb->add_option("PREFIX", *key, "Only keys that begin so")->type_name("");
  list_verb->callback([key, &chosen] { chosen = [key](session& s) { return list(s, *key); }; });
  auto* get_verb = add_verb(*noun, common, "get", "The value of one setting", get_footer);
  get_verb->add_option("KEY", *key, "Which")->required()->type_name("");
  get_verb->callback([key, &chosen] { chosen = [key](session& s) { return get(s, *key); }; });
  auto* set_verb = add_verb(*noun, common, "set", "Sets it on all nodes", set_footer);
  set_verb->add_option("KEY", *key, "Which")->required()->type_name("");
  set_verb->add_option("VALUE", *value, "To what")->required()->type_name("");
  set_verb->callback([key, value, &chosen] { chosen = [key, value](session& s) { return set(s, *key, *value); }; });
  auto* unset_verb = add_verb(*noun, common, "unset", "Back to what holds without it, on all nodes", unset_footer);
  unset_verb->add_option("KEY", *key, "Which")->required()->type_name("");
  unset_verb->callback([key, &chosen] { chosen = [key](session& s) { return unset(s, *key); }; });
}

} // namespace weft::cli
