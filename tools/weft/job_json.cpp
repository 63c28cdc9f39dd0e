#include "tools/weft/job_json.hpp"

#include "tools/weft/compress_options.hpp"
#include "tools/weft/corpus_options.hpp"
#include "tools/weft/result_names.hpp"
#include "tools/weft/utf8.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

namespace weft::cli {
namespace {

constexpr std::array<std::pair<v1::JobState, const char*>, 7> names{
    {{v1::JOB_STATE_PENDING, "pending"},
     {v1::JOB_STATE_RUNNING, "running"},
     {v1::JOB_STATE_DONE, "done"},
     {v1::JOB_STATE_DONE_WITH_FAILURES, "done_with_failures"},
     {v1::JOB_STATE_CANCELLED, "cancelled"},
     {v1::JOB_STATE_EXPIRED, "expired"},
     {v1::JOB_STATE_REMOVED, "removed"}}};

const char* priority_name(v1::JobPriority priority) {
  switch (priority) {
  case v1::JOB_PRIORITY_HIGH:
    return "high";
  case v1::JOB_PRIORITY_BATCH:
    return "batch";
  default:
    return "normal";
  }
}

uint64_t seconds_of(int64_t ms) {
  return static_cast<uint64_t>(std::max<int64_t>(ms, 0) + 500) / 1'000;
}

double share_of(const v1::Job& job) {
  if (job.items_total() == 0)
    return job.state() == v1::JOB_STATE_DONE ? 1 : 0;
  return static_cast<double>(job.items_done()) / static_cast<double>(job.items_total());
}

json to_json(const v1::CompressOptions& options) {
  json out{{"strategy", name_of(options.strategy())}, {"counter", name_of(options.counter())}};
  if (options.has_ratio())
    out["ratio"] = options.ratio();
  if (options.has_tokens())
    out["tokens"] = options.tokens();
  if (!options.query().empty())
    out["query"] = options.query();
  for (const int kind : options.keep())
    out["keep"].push_back(name_of(static_cast<v1::KeepKind>(kind)));
  for (const auto& pattern : options.patterns())
    out["patterns"].push_back(pattern);
  if (options.mega_tokens() > 0)
    out["mega_tokens"] = options.mega_tokens();
  return out;
}

/// Options as they were given, and what the node knows beside them.
json to_json(const v1::JobCorpus& corpus) {
  const auto& options = corpus.options();
  json out{{"clusters", options.clusters()},
           {"iterations", options.iterations()},
           {"seed", options.seed()},
           {"duplicate_similarity", options.duplicate_similarity()},
           {"extract_tokens", options.extract_tokens()}};
  if (corpus.phase().empty())
    return out;
  out["phase"] = corpus.phase();
  out["epoch"] = corpus.epoch();
  out["ranks"] = corpus.ranks();
  if (!corpus.step().empty()) {
    out["step"] = corpus.step();
    out["iteration"] = corpus.iteration();
  }
  if (!corpus.last_break().empty())
    out["last_break"] = corpus.last_break();
  return out;
}

} // namespace

std::string state_name(v1::JobState state) {
  for (const auto& [known, name] : names)
    if (known == state)
      return name;
  return "unknown"; // of a later version
}

std::optional<v1::JobState> parse_job_state(const std::string& name) {
  for (const auto& [state, known] : names)
    if (name == known)
      return state;
  return std::nullopt;
}

tone state_tone(v1::JobState state) {
  switch (state) {
  case v1::JOB_STATE_DONE:
    return tone::good;
  case v1::JOB_STATE_DONE_WITH_FAILURES:
    return tone::warning;
  case v1::JOB_STATE_CANCELLED:
  case v1::JOB_STATE_EXPIRED:
    return tone::bad;
  case v1::JOB_STATE_REMOVED:
    return tone::dim;
  default:
    return tone::plain;
  }
}

bool has_ended(v1::JobState state) {
  return state >= v1::JOB_STATE_DONE;
}

exit_code exit_of(v1::JobState state) {
  return state == v1::JOB_STATE_DONE ? exit_code::ok : exit_code::failed;
}

json to_json(const v1::Job& job) {
  json out{{"id", job.id()},
           {"state", state_name(job.state())},
           {"request_id", job.request_id()},
           {"tenant", job.tenant()},
           {"operation", job.operation()},
           {"model", job.model()},
           {"priority", priority_name(job.priority())}};
  if (job.has_compress())
    out["compress"] = to_json(job.compress());
  if (job.has_corpus())
    out["corpus"] = to_json(job.corpus());
  if (job.has_items_total())
    out["items_total"] = job.items_total();
  out["items_durable"] = job.items_durable();
  out["items_done"] = job.items_done();
  out["items_failed"] = job.items_failed();
  out["items_cached"] = job.items_cached();
  out["tokens"] = job.usage().tokens();
  out["device_seconds"] = job.usage().device_seconds();
  out["items_per_second"] = job.items_per_second();
  if (job.has_time_left_ms())
    out["time_left_ms"] = job.time_left_ms();
  out["durability"] = {{"copies", job.durability().copies()}, {"synced", job.durability().synced()}};
  out["home_region"] = job.home_region();
  out["created_unix_ms"] = job.created_unix_ms();
  out["expires_unix_ms"] = job.expires_unix_ms();
  if (job.has_ended_unix_ms())
    out["ended_unix_ms"] = job.ended_unix_ms();
  out["retention_ms"] = job.retention_ms();
  out["log"] = {{"writer", job.log().writer()}, {"sequence", job.log().sequence()}};
  return out;
}

bool compresses(const v1::Job& job) {
  return job.operation() == "compress";
}

std::string work_of(const v1::Job& job) {
  return printable(job.operation()) + (job.has_compress() ? " (" + in_words(job.compress()) + ")"
                                       : job.has_corpus() ? " (" + in_words(job.corpus().options()) + ")"
                                                          : "");
}

std::string items_of(const v1::Job& job) {
  return job.has_items_total() ? with_spaces(job.items_done()) + "/" + with_spaces(job.items_total())
                               : with_spaces(job.items_done()) + "/" + with_spaces(job.items_durable()) + "+";
}

std::string job_line(const v1::Job& job, size_t columns) {
  std::string line = state_name(job.state()) + "  " + items_of(job) + " items";
  if (job.has_items_total() && !has_ended(job.state()))
    line += "  " + bar(share_of(job), columns < 90 ? 10 : 20) + "  " +
            std::to_string(static_cast<int>(share_of(job) * 100)) + "%";
  if (!has_ended(job.state())) {
    if (job.items_per_second() > 0)
      line += "  " + in_figures(job.items_per_second()) + "/s";
    if (job.has_time_left_ms())
      line += "  " + in_time(seconds_of(job.time_left_ms())) + " left";
  }
  if (const auto standing = standing_of(job.corpus()); !standing.empty() && !has_ended(job.state()))
    line += "  corpus " + standing;
  if (job.items_cached() > 0)
    line += "  " + with_spaces(job.items_cached()) + " cached";
  if (job.items_failed() > 0)
    line += "  " + with_spaces(job.items_failed()) + " failed";
  if (has_ended(job.state()) && job.has_ended_unix_ms())
    line += "  after " + in_time(seconds_of(job.ended_unix_ms() - job.created_unix_ms()));
  return shorten(line, columns);
}

std::string job_text(const v1::Job& job, bool colour) {
  std::string out;
  const auto row = [&](const char* name, const std::string& value, tone t = tone::plain) {
    std::string head = name;
    head.resize(12, ' ');
    out += head + paint(value, t, colour) + "\n";
  };
  row("id", printable(job.id()), tone::bold);
  row("state", state_name(job.state()), state_tone(job.state()));
  row("items", items_of(job) + (job.items_failed() > 0 ? ", " + with_spaces(job.items_failed()) + " failed" : "") +
                   (job.items_cached() > 0 ? ", " + with_spaces(job.items_cached()) + " cached" : ""));
  if (job.items_per_second() > 0 && !has_ended(job.state()))
    row("speed", in_figures(job.items_per_second()) + " items/s" +
                     (job.has_time_left_ms() ? ", " + in_time(seconds_of(job.time_left_ms())) + " left" : ""));
  if (const auto standing = standing_of(job.corpus()); !standing.empty())
    row("corpus", standing + (job.corpus().epoch() > 0 ? ", epoch " + std::to_string(job.corpus().epoch()) : ""));
  if (!job.corpus().last_break().empty() && !has_ended(job.state()))
    row("last break", printable(job.corpus().last_break()));
  row("work", work_of(job) + " with " + printable(job.model()) + ", " + priority_name(job.priority()) + " priority");
  row("cost",
      counted(job.usage().tokens(), "token") + ", " + in_figures(job.usage().device_seconds()) + " device seconds");
  if (!job.tenant().empty())
    row("tenant", printable(job.tenant()));
  row("request", printable(job.request_id()));
  row("durability", job.durability().synced() <= 1
                        ? "one copy: this cluster is a single node"
                        : std::to_string(job.durability().copies()) + " copies, acknowledged when " +
                              std::to_string(job.durability().synced()) + " are on disk");
  row("created", in_utc(job.created_unix_ms()) + " UTC");
  if (job.has_ended_unix_ms()) {
    row("ended", in_utc(job.ended_unix_ms()) + " UTC");
    row("kept until", in_utc(job.ended_unix_ms() + job.retention_ms()) + " UTC");
  } else {
    row("expires", in_utc(job.expires_unix_ms()) + " UTC");
    row("kept for", in_time(seconds_of(job.retention_ms())) + " after its end");
  }
  return out;
}

} // namespace weft::cli
