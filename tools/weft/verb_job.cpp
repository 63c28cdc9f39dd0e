#include "tools/weft/job_json.hpp"
#include "tools/weft/job_results.hpp"
#include "tools/weft/job_wait.hpp"
#include "tools/weft/last_words.hpp"
#include "tools/weft/utf8.hpp"
#include "tools/weft/verbs.hpp"
#include "weft/v1/job.grpc.pb.h"

#include <CLI/Validators.hpp>

#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace weft::cli {
namespace {

constexpr std::chrono::seconds timeout_default{10};

constexpr const char* list_footer = R"(The latest job first; removed ones only with --state removed.

Examples:
  weft job list
  weft job list --state running --state pending
  weft job list -o json | jq -r 'select(.items_failed > 0) | .id')";

constexpr const char* get_footer = R"(Examples:
  weft job get 3f0c9a7d1b2e4f5060718293a4b5c6d7
  weft job get $id -o json | jq .state)";

constexpr const char* watch_footer =
    R"(Ends with the job: 0 when it is done, 1 when items failed, it was cancelled, or it expired. When a node is lost, the
next endpoint tells on. On a terminal the line changes; elsewhere each piece of news is a line, or with -o json an object.

Examples:
  weft job watch $id
  weft job watch $id -o json | jq -c '[.items_done, .items_total]')";

constexpr const char* cancel_footer =
    R"(What is done of it stays, and can be read, until its retention ends. A job that has ended stays as it is.

Examples:
  weft job cancel $id)";

struct list_options {
  std::vector<std::string> states;
  bool all = false;
  uint64_t limit = 0;
};

exit_code finish(out_file& out) {
  out.flush();
  return out.error() == 0 ? exit_code::ok : report({.what = "cannot write to standard output"});
}

std::vector<table::column> columns_of(bool wide) {
  std::vector<table::column> out{{"ID"},          {"STATE"},        {"OPERATION", false, 3},
                                 {"ITEMS", true}, {"FAILED", true}, {"CREATED (UTC)", false, 2}};
  if (wide)
    for (table::column c : {table::column{"TENANT"}, {"MODEL"}, {"COPIES"}, {"TOKENS", true}, {"REGION"}})
      out.push_back(c);
  out.push_back({"REQUEST", false, 1});
  return out;
}

void add_row(table& rows, const v1::Job& job, bool wide) {
  std::vector<cell> row{{printable(job.id()), tone::bold},
                        {state_name(job.state()), state_tone(job.state())},
                        {printable(job.operation())},
                        {items_of(job)},
                        {with_spaces(job.items_failed()), job.items_failed() > 0 ? tone::bad : tone::plain},
                        {in_utc(job.created_unix_ms())}};
  if (wide)
    for (auto& more : {cell{printable(job.tenant())},
                       {printable(job.model())},
                       {std::to_string(job.durability().synced()) + "/" + std::to_string(job.durability().copies())},
                       {with_spaces(job.usage().tokens())},
                       {printable(job.home_region())}})
      row.push_back(more);
  row.push_back({printable(job.request_id())});
  rows.add(std::move(row));
}

exit_code list(session& s, const list_options& o) {
  set_deadline(s, timeout_default);
  client to{s.connection};
  const bool wide = s.format == output_format::wide;
  v1::JobServiceListRequest request;
  for (const auto& state : o.states)
    request.add_states(*parse_job_state(state));
  request.set_all_tenants(o.all);
  out_file out{STDOUT_FILENO};
  table rows{columns_of(wide)};
  uint64_t left = o.limit == 0 ? UINT64_MAX : o.limit;
  do {
    request.set_page_size(static_cast<uint32_t>(std::min<uint64_t>(left, 1'000)));
    v1::JobServiceListResponse page;
    if (auto p = to.call([&](const auto& channel, grpc::ClientContext& context) {
          page.Clear();
          return v1::JobService::NewStub(channel)->List(&context, request, &page);
        }))
      return report(*p);
    for (const auto& job : page.jobs()) {
      if (left == 0)
        break; // the node gave more than it was asked for
      --left;
      if (s.format == output_format::json)
        out.write(to_line(to_json(job)) + "\n");
      else if (s.format == output_format::yaml)
        out.write(to_yaml(json::array({to_json(job)})));
      else if (s.format == output_format::name)
        out.write(printable(job.id()) + "\n");
      else
        add_row(rows, job, wide);
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && left > 0 && !out.closed());
  if (rows.rows() > 0)
    out.write(
        rows.str(s.out_terminal.colour, s.out_terminal.is_terminal ? size_of_terminal(STDOUT_FILENO).columns : 0));
  else if (s.format == output_format::table || wide)
    std::fputs("weft: there are no jobs\n", stderr);
  return finish(out);
}

exit_code show(const session& s, const v1::Job& job, const std::string& text) {
  out_file out{STDOUT_FILENO};
  out.write(s.format == output_format::json   ? to_line(to_json(job)) + "\n"
            : s.format == output_format::yaml ? to_yaml(to_json(job))
            : s.format == output_format::name ? printable(job.id()) + "\n"
                                              : text);
  return finish(out);
}

exit_code get(session& s, const std::string& id) {
  set_deadline(s, timeout_default);
  client to{s.connection};
  v1::Job job;
  if (auto p = look_at(to, id, job))
    return report(*p);
  return show(s, job, job_text(job, s.out_terminal.colour));
}

exit_code cancel(session& s, const std::string& id) {
  set_deadline(s, timeout_default);
  client to{s.connection};
  v1::JobServiceCancelRequest request;
  request.set_id(id);
  v1::JobServiceCancelResponse answer;
  if (auto p = to.call([&](const auto& channel, grpc::ClientContext& context) {
        return v1::JobService::NewStub(channel)->Cancel(&context, request, &answer);
      }))
    return report(*p);
  const bool ended_before = answer.job().state() != v1::JOB_STATE_CANCELLED;
  const auto code = show(s, answer.job(), printable(answer.job().id()) + " " + state_name(answer.job().state()) + "\n");
  if (ended_before)
    std::fputs("weft: the job had ended before, and stays as it is\n", stderr);
  return code;
}

exit_code watch(session& s, const std::string& id) {
  set_deadline(s);
  const last_words words{[&] {
    std::fprintf(stderr, "%sweft: interrupted\n%s", s.err_terminal.screen ? "\r\x1b[K" : "", how_to_go_on(id).c_str());
  }};
  client to{s.connection};
  return show_until_end(s, to, id, false);
}

CLI::App* add_verb(CLI::App& noun, common_options& common, const char* name, const char* what, const char* footer) {
  auto* verb = noun.add_subcommand(name, what);
  add_common(*verb, common);
  verb->footer(footer);
  return verb;
}

void add_verb_of_one(CLI::App& noun, common_options& common, action& chosen, const char* name, const char* what,
                     const char* footer, exit_code (*run)(session&, const std::string&)) {
  auto* verb = add_verb(noun, common, name, what, footer);
  auto id = std::make_shared<std::string>();
  verb->add_option("ID", *id, "Which: 32 hex digits, as 'weft job submit' prints them")->required()->type_name("");
  verb->callback([id, run, &chosen] { chosen = [id, run](session& s) { return run(s, *id); }; });
}

} // namespace

void add_job(CLI::App& program, common_options& common, action& chosen) {
  auto* noun = program.add_subcommand("job", "Durable work: submit, list, get, watch, cancel, results");
  noun->require_subcommand(1)->fallthrough(); // to the options of every verb
  add_job_submit(*noun, common, chosen);
  auto* list_verb = add_verb(*noun, common, "list", "Your jobs, one a line", list_footer);
  auto o = std::make_shared<list_options>();
  list_verb
      ->add_option(
          "--state", o->states,
          "Only those that are pending, running, done, done_with_failures, cancelled, expired or removed; again "
          "for more")
      ->allow_extra_args(false)
      ->check(CLI::IsMember({"pending", "running", "done", "done_with_failures", "cancelled", "expired", "removed"})
                  .description(""))
      ->type_name("STATE");
  list_verb->add_flag("--all", o->all, "Those of all tenants; for operators");
  list_verb->add_option("--limit", o->limit, "At most so many (default: all)")
      ->check(whole_number(1, 1'000'000))
      ->type_name("N");
  list_verb->callback([o, &chosen] { chosen = [o](session& s) { return list(s, *o); }; });
  add_verb_of_one(*noun, common, chosen, "get", "One job as it is now", get_footer, get);
  add_verb_of_one(*noun, common, chosen, "watch", "Shows a job until it has ended", watch_footer, watch);
  add_verb_of_one(*noun, common, chosen, "cancel", "Ends a job", cancel_footer, cancel);
  add_job_results(*noun, common, chosen);
}

} // namespace weft::cli
