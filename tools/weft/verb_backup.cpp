#include "runtime/storage/job_backup.hpp"
#include "tools/weft/utf8.hpp"
#include "tools/weft/verbs.hpp"
#include "weft/v1/admin.grpc.pb.h"

#include <chrono>
#include <memory>
#include <optional>
#include <unistd.h>

namespace weft::cli {
namespace {

constexpr std::chrono::hours timeout_default{1}; // the first backup of a full node copies all of it

constexpr const char* create_footer =
    R"(The node copies its jobs into its own folder, jobs.backup_dir of its configuration, and goes on meanwhile. Only what
is new since the last backup is copied. Every node has its own: back up all of them. Where several endpoints are given,
the first one is asked and no other.

Examples:
  weft backup create --endpoint n1.example:7700
  weft backup create --keep 7)";

constexpr const char* folder_footer = R"(DIR is a folder that 'weft backup create' has filled; no node is needed.

Examples:
  weft backup list /mnt/backups/n1
  weft backup verify /mnt/backups/n1 --id 3)";

constexpr const char* restore_footer =
    R"(Run it on the machine of a node that is not running, as the user that the node runs as. Nothing is overwritten: a
node that has jobs is refused. What is newer than the backup comes back from the other nodes.

Examples:
  weft backup restore /mnt/backups/n1 --into /var/lib/weft/n1)";

/// What the verbs on a folder take.
struct folder_options {
  std::string folder;
  uint32_t id = 0; ///< 0: the latest
  std::string data_dir;

  std::optional<uint32_t> chosen() const { return id > 0 ? std::optional{id} : std::nullopt; }
};

json to_json(const backup_info& b, const std::string& folder) {
  return {{"id", b.id},           {"created_unix_ms", b.created.time_since_epoch().count()},
          {"bytes", b.bytes},     {"files", b.files},
          {"node", b.node},       {"format", b.format},
          {"damaged", b.damaged}, {"folder", folder}};
}

std::string as_table(const std::vector<backup_info>& backups, bool colour) {
  table rows{{{"ID", true}, {"CREATED (UTC)"}, {"NODE"}, {"SIZE", true}, {"FILES", true}, {"FORMAT", true}, {"STATE"}}};
  for (const auto& b : backups) {
    if (b.damaged)
      rows.add({{std::to_string(b.id)}, {"-"}, {"-"}, {"-"}, {"-"}, {"-"}, {"damaged", tone::bad}});
    else
      rows.add({{std::to_string(b.id)},
                {in_utc(b.created.time_since_epoch().count())},
                {printable(b.node)},
                {in_bytes(b.bytes)},
                {std::to_string(b.files)},
                {std::to_string(b.format)},
                {"complete"}});
  }
  return rows.str(colour);
}

exit_code print(session& s, const std::vector<backup_info>& backups, const std::string& folder,
                const std::string& sentence = {}) {
  out_file out{STDOUT_FILENO};
  if (s.format == output_format::table || s.format == output_format::wide)
    out.write(sentence.empty() ? as_table(backups, s.out_terminal.colour) : sentence);
  else
    for (const auto& b : backups)
      out.write(s.format == output_format::json   ? to_line(to_json(b, folder)) + "\n"
                : s.format == output_format::yaml ? to_yaml(json::array({to_json(b, folder)}))
                                                  : std::to_string(b.id) + "\n");
  out.flush();
  return out.error() == 0 ? exit_code::ok : report({.what = "cannot write to standard output"});
}

std::string advice_about(const failure& why) {
  switch (why.code) {
  case errc::invalid_argument:
    return {}; // the message says it all
  case errc::state_damaged:
    return "Take an older one with --id; 'weft backup list' shows them.";
  case errc::storage_full:
    return "Free space, or choose another disk.";
  default:
    return "Look at the folder, and at who may read and write it.";
  }
}

exit_code report_failure(const failure& why) {
  return report({.what = printable(why.message), .advice = advice_about(why)});
}

exit_code create(session& s, uint32_t keep) {
  set_deadline(s, timeout_default);
  // Another node's jobs are no backup of this one's: only the node that was named is asked, once.
  s.connection.endpoints.resize(1);
  client to{s.connection};
  v1::CreateBackupRequest request;
  request.set_keep(keep);
  v1::CreateBackupResponse answer;
  if (auto p = to.call_once([&](const auto& channel, grpc::ClientContext& context) {
        return v1::AdminService::NewStub(channel)->CreateBackup(&context, request, &answer);
      }))
    return report(*p);
  const auto& made = answer.backup();
  backup_info info;
  info.id = made.id();
  info.created = wall_time{std::chrono::milliseconds{made.created_unix_ms()}};
  info.bytes = made.bytes();
  info.files = made.files();
  info.node = made.node();
  info.format = made.format();
  return print(s, {info}, answer.folder(),
               "backup " + std::to_string(info.id) + " of node " + printable(info.node) + ": " + in_bytes(info.bytes) +
                   " in " + printable(answer.folder()) + "\n");
}

exit_code list(session& s, const folder_options& of) {
  const auto found = list_backups(of.folder);
  return found ? print(s, *found, of.folder) : report_failure(found.error());
}

exit_code verify(session& s, const folder_options& of) {
  const auto checked = verify_backup(of.folder, of.chosen());
  if (!checked)
    return report_failure(checked.error());
  return print(s, {*checked}, of.folder,
               "backup " + std::to_string(checked->id) + " is complete: " + counted(checked->files, "file") + ", " +
                   in_bytes(checked->bytes) + ", all checksums right\n");
}

exit_code restore(session& s, const folder_options& of) {
  const auto restored = restore_backup(of.folder, of.chosen(), of.data_dir);
  if (!restored)
    return report_failure(restored.error());
  return print(s, {*restored}, of.folder,
               "backup " + std::to_string(restored->id) + " of node " + printable(restored->node) + " is in " +
                   printable(job_log_path(of.data_dir).string()) + ": start the node\n");
}

using folder_verb = exit_code (*)(session&, const folder_options&);

void add_folder_verb(CLI::App& noun, common_options& common, action& chosen, const char* name, const char* what,
                     folder_verb run) {
  auto* verb = noun.add_subcommand(name, what);
  auto of = std::make_shared<folder_options>();
  verb->add_option("DIR", of->folder, "The folder of backups")->required();
  if (run != list)
    verb->add_option("--id", of->id, "Which backup; else the latest")
        ->check(whole_number(1, UINT32_MAX))
        ->type_name("N");
  if (run == restore)
    verb->add_option("--into", of->data_dir, "The node's data directory, node.data_dir of its configuration")
        ->required();
  add_common(*verb, common);
  verb->footer(run == restore ? restore_footer : folder_footer);
  verb->callback([of, run, &chosen] { chosen = [of, run](session& s) { return run(s, *of); }; });
}

} // namespace

void add_backup(CLI::App& program, common_options& common, action& chosen) {
  auto* noun = program.add_subcommand("backup", "Backups of a node's jobs: create, list, verify, restore");
  noun->require_subcommand(1)->fallthrough(); // to the options of every verb
  auto* verb = noun->add_subcommand("create", "Makes a node back up its jobs, while it runs");
  auto keep = std::make_shared<uint32_t>(0);
  verb->add_option("--keep", *keep, "How many of the latest backups stay, this one included; else all")
      ->check(whole_number(1, UINT32_MAX))
      ->type_name("N");
  add_common(*verb, common);
  verb->footer(create_footer);
  verb->callback([keep, &chosen] { chosen = [keep](session& s) { return create(s, *keep); }; });
  add_folder_verb(*noun, common, chosen, "list", "Shows the backups in a folder", list);
  add_folder_verb(*noun, common, chosen, "verify", "Reads a backup and compares all checksums", verify);
  add_folder_verb(*noun, common, chosen, "restore", "Puts a backup into the data directory of a node without jobs",
                  restore);
}

} // namespace weft::cli
