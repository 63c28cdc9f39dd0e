#include "tools/weft/job_wait.hpp"

#include "tools/weft/job_json.hpp"
#include "tools/weft/job_results.hpp"
#include "tools/weft/utf8.hpp"

#include <cstdio>
#include <unistd.h>

namespace weft::cli {
namespace {

std::string printed(const session& s, const v1::Job& job) {
  switch (s.format) {
  case output_format::json:
    return to_line(to_json(job)) + "\n";
  case output_format::yaml:
    return to_yaml(json::array({to_json(job)}));
  case output_format::name:
    return printable(job.id()) + "\n";
  default:
    return job_line(job, 500) + "\n";
  }
}

} // namespace

std::string how_to_go_on(const std::string& id) {
  const auto shown = printable(id);
  return "      The job goes on without this command:\n        weft job watch " + shown +
         "\n        weft job results " + shown + "\n";
}

exit_code show_until_end(session& s, client& to, const std::string& id, bool only_last) {
  out_file out{STDOUT_FILENO};
  const bool changes = s.err_terminal.screen;
  bool visible = false;
  v1::Job last;
  const auto clear = [&] {
    if (visible)
      std::fputs("\r\x1b[K", stderr);
    visible = false;
  };
  const auto trouble = watch_job(to, id, [&](const v1::Job& job) {
    last = job;
    if (has_ended(job.state()))
      return true;
    if (changes) {
      visible = true;
      std::fputs(("\r\x1b[K" + job_line(job, size_of_terminal(STDERR_FILENO).columns - 1)).c_str(), stderr);
    }
    const bool lines = !only_last && s.format != output_format::name && !(changes && s.out_terminal.is_terminal);
    return !lines || (out.write(printed(s, job)) && out.flush());
  });
  clear();
  if (out.closed())
    return exit_code::ok;
  if (trouble) {
    const auto code = report(*trouble);
    if (!last.id().empty())
      std::fputs(how_to_go_on(id).c_str(), stderr);
    return code;
  }
  out.write(printed(s, last));
  out.flush();
  if (out.error() != 0)
    return report({.what = "cannot write to standard output"});
  return exit_of(last.state());
}

} // namespace weft::cli
