#include "runtime/base/errc.hpp"
#include "tools/weft/compress_options.hpp"
#include "tools/weft/corpus_options.hpp"
#include "tools/weft/embed_options.hpp"
#include "tools/weft/endpoint.hpp"
#include "tools/weft/job_json.hpp"
#include "tools/weft/job_matrix.hpp"
#include "tools/weft/job_submission.hpp"
#include "tools/weft/job_wait.hpp"
#include "tools/weft/last_words.hpp"
#include "tools/weft/utf8.hpp"
#include "tools/weft/verbs.hpp"

#include <CLI/Validators.hpp>

#include <algorithm>
#include <cctype>
#include <cstdio>
#include <memory>
#include <mutex>
#include <random>
#include <unistd.h>
#include <utility>

namespace weft::cli {
namespace {

constexpr std::chrono::hours retention_most{24 * 30};

struct options : embed_options, vector_options, compress_options, corpus_options {
  std::string operation;
  std::vector<std::string> texts;
  std::vector<std::string> files;
  bool wait = false;
  std::string out; ///< for the vectors
  std::string request_id;
  std::string priority;
  uint32_t durability = 0;
  std::string retention;
  std::string expires;
};

constexpr const char* footer =
    R"(Hands any number of texts in, with the same memory for any amount: to embed each line is one, to compress each file,
unless --split says otherwise. corpus embeds them, then looks at all of them together, on all nodes that have them: clusters,
near duplicates, and with --extract the texts that say most of all; 'weft job results' prints what it found, and 'weft rank
--corpus ID' finds what is near to a question. What the cluster has acknowledged is safe: it survives the loss of any one node, and of this
command. The job is known by its id, which is printed. When a node is lost, the next endpoint goes on where that one
stopped; a command that was interrupted goes on when it is started again with the same input and the same --request-id, and
never doubles the job. A text that is not UTF-8 becomes an item that fails with its reason; the others go on.

Exit codes: 0 all texts are safe (with --wait: and every item has its result) · 1 a text cannot be handed in (with
--wait: or items failed, or the job was cancelled or expired) · others as for all commands.

  -o json   the job as 'weft job get' prints it: {"id":"3f0c…","state":"running","items_total":50000,…}
  -o name   its id

Examples:
  weft job submit embed notes.txt
  weft job submit embed --split file docs/*.md --wait --out docs.npy
  weft job submit compress --ratio 8 reports/*.txt --wait
  weft job submit corpus --split paragraph --extract 2000 docs/*.md
  id=$(zcat corpus.gz | weft job submit embed - --request-id corpus-2026-11 -o name)
  weft job results $id --out corpus.npy)";

std::string random_id() {
  std::random_device random;
  char out[33];
  std::snprintf(out, sizeof out, "%08x%08x%08x%08x", random(), random(), random(), random());
  return out;
}

/// A bare number means hours.
result<std::chrono::milliseconds> parse_hours(const std::string& text) {
  const bool bare = !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return parse_duration(bare ? text + "h" : text, retention_most);
}

/// The first option that belongs to another operation; "": none does.
std::string foreign_option(const options& o) {
  const bool compresses = o.operation == "compress";
  const bool is_corpus = o.operation == "corpus";
  if (o.raw && (compresses || is_corpus)) // a corpus compares vectors of length 1
    return "--no-normalize";
  if (compresses && (o.refuse_long || o.cut != "right"))
    return o.refuse_long ? "--no-truncate" : "--cut";
  const auto of_compress = compresses ? std::string{} : o.compress_options::first_given();
  return !of_compress.empty() ? of_compress : is_corpus ? std::string{} : o.corpus_options::first_given();
}

/// What is done with the texts, or which option belongs to another operation.
std::optional<problem> fill_operation(const options& o, v1::JobOpening& opening) {
  if (const auto foreign = foreign_option(o); !foreign.empty())
    return usage_problem(foreign + " says nothing to a " +
                             (o.operation == "corpus" ? "corpus job" : "job that is to " + o.operation),
                         "Leave it out; 'weft job submit --help' tells whose it is.");
  if (o.operation == "compress")
    return fill(static_cast<const compress_options&>(o), *opening.mutable_compress());
  if (o.operation == "corpus")
    fill(static_cast<const corpus_options&>(o), *opening.mutable_corpus());
  auto& embed = o.operation == "corpus" ? *opening.mutable_corpus()->mutable_embed() : *opening.mutable_embed();
  embed.set_normalize(!o.raw);
  embed.set_truncate(!o.refuse_long);
  embed.set_truncation_side(o.cut == "left" ? v1::TRUNCATION_SIDE_LEFT : v1::TRUNCATION_SIDE_RIGHT);
  return std::nullopt;
}

std::optional<problem> fill(const options& o, v1::JobOpening& opening) {
  opening.set_request_id(o.request_id.empty() ? random_id() : o.request_id);
  opening.set_model(o.model);
  if (auto p = fill_operation(o, opening))
    return p;
  if (!o.priority.empty())
    opening.set_priority(o.priority == "high"    ? v1::JOB_PRIORITY_HIGH
                         : o.priority == "batch" ? v1::JOB_PRIORITY_BATCH
                                                 : v1::JOB_PRIORITY_NORMAL);
  if (o.durability != 0)
    opening.mutable_durability()->set_synced(o.durability);
  for (const auto& [option, text] : {std::pair{"--retention", &o.retention}, {"--expires", &o.expires}}) {
    if (text->empty())
      continue;
    const auto time = parse_hours(*text);
    if (!time)
      return usage_problem(std::string{option} + ": " + time.error().message);
    if (text == &o.retention)
      opening.set_retention_ms(time->count());
    else
      opening.set_expires_in_ms(time->count());
  }
  return std::nullopt;
}

std::string summary(const submission_totals& totals, double seconds) {
  const auto& job = totals.job;
  std::string out = "job " + printable(job.id()) + "  " + state_name(job.state()) + "\n";
  if (totals.was_there)
    out += "It was there already, with all its " + counted(job.items_total(), "item") + ".\n";
  else
    out += counted(job.items_total(), "item") + " safe in " + in_figures(seconds) + " s" +
           (seconds > 0 ? ": " + in_figures(static_cast<double>(job.items_durable()) / seconds) + " items/s" : "") +
           (totals.reconnections > 0 ? ", taken up again " + with_spaces(totals.reconnections) + "×" : "") + "\n";
  if (job.durability().synced() <= 1)
    out += "One copy only: this cluster is a single node.\n";
  if (!has_ended(job.state()))
    out += "\n  weft job watch " + printable(job.id()) + "\n  weft job results " + printable(job.id()) +
           (job.operation() == "corpus" ? "\n" : " -o json\n");
  return out;
}

exit_code show(const session& s, const submission_totals& totals, double seconds) {
  out_file out{STDOUT_FILENO};
  out.write(s.format == output_format::json   ? to_line(to_json(totals.job)) + "\n"
            : s.format == output_format::yaml ? to_yaml(to_json(totals.job))
            : s.format == output_format::name ? printable(totals.job.id()) + "\n"
                                              : summary(totals, seconds));
  out.flush();
  return out.error() == 0 ? exit_code::ok : report({.what = "cannot write to standard output"});
}

/// How far the command is, for whoever must say so: also the thread that sees a signal. Thread-safe.
class command_state {
public:
  explicit command_state(std::string request_id) : request_id_(std::move(request_id)) {}

  /// The first one only is news.
  bool opened(const v1::Job& job) {
    const std::lock_guard lock{mutex_};
    durable_ = std::max(durable_, job.items_durable());
    complete_ = complete_ || job.state() != v1::JOB_STATE_PENDING;
    return std::exchange(id_, job.id()).empty();
  }
  void durable(uint64_t items) {
    const std::lock_guard lock{mutex_};
    durable_ = items;
  }
  void complete(const v1::Job& job) {
    const std::lock_guard lock{mutex_};
    id_ = job.id();
    complete_ = true;
  }

  /// What the work leaves behind when it stops now: indented lines.
  std::string rest() const {
    const std::lock_guard lock{mutex_};
    if (complete_)
      return how_to_go_on(id_);
    const std::string again = "the same command with --request-id " + printable(request_id_);
    if (id_.empty())
      return "      It is not known whether anything is safe; " + again + " begins or goes on.\n";
    return "      " + counted(durable_, "item") + (durable_ == 1 ? " is" : " are") + " safe in job " + printable(id_) +
           "; " + again + " goes on there.\n";
  }

private:
  const std::string request_id_;
  mutable std::mutex mutex_; // guards the rest
  std::string id_;           ///< "": the job is not open
  uint64_t durable_ = 0;
  bool complete_ = false; ///< the job has all its texts
};

submission_news news_of(command_state& state, progress_display& display) {
  return {.opened =
              [&](const v1::Job& job) {
                if (!state.opened(job))
                  return;
                display.clear();
                std::fprintf(stderr, "weft: job %s, request id %s%s\n", printable(job.id()).c_str(),
                             printable(job.request_id()).c_str(),
                             job.state() == v1::JOB_STATE_PENDING && job.items_durable() > 0
                                 ? (", goes on behind " + counted(job.items_durable(), "item")).c_str()
                                 : "");
              },
          .durable =
              [&](uint64_t items, uint64_t bytes) {
                state.durable(items);
                display.update(items, bytes);
              },
          .reconnected =
              [&](const problem& why, const std::string& next) {
                display.clear();
                std::fprintf(stderr, "weft: %s; going on at %s\n", why.what.c_str(), next.c_str());
              }};
}

/// Whether the same request id can go on with the job.
bool is_over(const problem& trouble) {
  return trouble.reason == to_string(errc::cancelled) || trouble.reason == to_string(errc::job_removed);
}

exit_code give_up(problem trouble, const command_state& state, const submission_totals& totals) {
  const bool over = is_over(trouble);
  if (over)
    trouble.advice = "Give another --request-id for another job.";
  const auto code = report(trouble);
  if (!over && !has_ended(totals.job.state()) && !totals.job.id().empty())
    std::fputs(state.rest().c_str(), stderr);
  return code;
}

exit_code wait_for_results(session& s, client& to, const options& o, const std::string& id, npy_writer* matrix) {
  const auto code = show_until_end(s, to, id, true);
  if (matrix == nullptr || (code != exit_code::ok && code != exit_code::failed))
    return code;
  const auto written = write_matrix(s, to, {.id = id, .file = o.out}, *matrix);
  return written == exit_code::ok ? code : written;
}

exit_code hand_in(session& s, const options& o, const std::vector<std::string>& files,
                  const submission_settings& settings, npy_writer* matrix) {
  command_state state{settings.opening.request_id()};
  const last_words words{[&] {
    if (matrix != nullptr)
      unlink(matrix->partial().c_str());
    std::fprintf(stderr, "%sweft: interrupted\n%s", s.err_terminal.screen ? "\r\x1b[K" : "", state.rest().c_str());
  }};
  client to{s.connection};
  stop_signal stop;
  const auto by = !o.by.empty() ? parse_split(o.by) : o.operation == "compress" ? split::file : split::line;
  text_source source{{.texts = o.texts, .files = files, .by = by}, stop};
  progress_display display{s, source.bytes_total(), false};
  submission_totals totals;
  const auto start = std::chrono::steady_clock::now();
  const auto trouble = submit_all(to, source, stop, settings, news_of(state, display), totals);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  display.clear();
  if (trouble)
    return give_up(*trouble, state, totals);
  const auto& job = totals.job;
  state.complete(job);
  if (o.wait)
    return wait_for_results(s, to, o, job.id(), matrix);
  const auto code = show(s, totals, seconds);
  return code == exit_code::ok && has_ended(job.state()) ? exit_of(job.state()) : code;
}

exit_code run(session& s, const options& o) {
  std::vector<std::string> files = o.files;
  if (files.empty() && o.texts.empty())
    files = {"-"};
  if (auto p = text_source::check(files))
    return report(*p);
  submission_settings settings;
  if (auto p = fill(o, settings.opening))
    return report(*p);
  if (!o.out.empty() && !o.wait)
    return report(usage_problem("--out needs --wait: the vectors are there when the job has ended",
                                "Or write them later: 'weft job results ID --out " + printable(o.out) + "'."));
  if (!o.out.empty() && o.operation == "compress")
    return report(usage_problem("--out writes vectors, and a job that compresses gives texts",
                                "Read them later: 'weft job results ID -o json'."));
  std::optional<npy_writer> matrix;
  if (!o.out.empty()) {
    matrix.emplace(o.out); // before any work: what cannot be written should not wait for a night to be known
    if (auto why = matrix->open(); !why.empty())
      return report(usage_problem("--out: " + why));
  }
  if (!files.empty() && files.front() == "-" && isatty(STDIN_FILENO) == 1)
    std::fputs("weft: reading from the terminal; Ctrl-D ends the input\n", stderr);
  set_deadline(s);
  return hand_in(s, o, files, settings, matrix ? &*matrix : nullptr);
}

} // namespace

void add_job_submit(CLI::App& noun, common_options& common, action& chosen) {
  auto* verb = noun.add_subcommand("submit", "Hand texts in; they are safe when it ends");
  auto o = std::make_shared<options>();
  verb->add_option("OPERATION", o->operation, "What is done with them: embed, compress or corpus")
      ->required()
      ->check(CLI::IsMember({"embed", "compress", "corpus"}).description(""))
      ->type_name("");
  verb->add_option("FILE", o->files, "Files to read, '-' for standard input (the default without --text)")
      ->type_name("");
  verb->add_option("--text", o->texts, "A text; again for more")->allow_extra_args(false)->type_name("TEXT");
  add_embed_options(*verb, *o, nullptr);
  add_vector_options(*verb, *o);
  add_compress_options(*verb, *o);
  add_corpus_options(*verb, *o);
  verb->add_flag("--wait", o->wait, "Show the job until it has ended, as 'weft job watch' does");
  verb->add_option("--out", o->out, "With --wait: then write the vectors into a NumPy file, as 'weft job results' does")
      ->type_name("FILE.npy");
  verb->add_option("--request-id", o->request_id,
                   "Names the job: the same one again goes on with it (default: a random one, printed)")
      ->type_name("ID");
  verb->add_option("--priority", o->priority, "Among jobs: high (operators), normal (default) or batch")
      ->check(CLI::IsMember({"high", "normal", "batch"}).description(""))
      ->type_name("PRIORITY");
  verb->add_option("--durability", o->durability,
                   "Copies on disk before an item is acknowledged: 1 to 3 (default: the cluster's, 2)")
      ->check(whole_number(1, 3))
      ->type_name("N");
  verb->add_option("--retention", o->retention, "How long results are kept after its end: 36h, 7d (default 24h)")
      ->type_name("TIME");
  verb->add_option("--expires", o->expires, "End it if it is not done by then: 2h, 3d (default 7d)")->type_name("TIME");
  add_common(*verb, common);
  verb->footer(footer);
  verb->callback([o, &chosen] { chosen = [o](session& s) { return run(s, *o); }; });
}

} // namespace weft::cli
