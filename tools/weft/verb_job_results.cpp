#include "tools/weft/compress_calls.hpp"
#include "tools/weft/compress_printer.hpp"
#include "tools/weft/corpus_printer.hpp"
#include "tools/weft/job_json.hpp"
#include "tools/weft/job_matrix.hpp"
#include "tools/weft/job_results.hpp"
#include "tools/weft/last_words.hpp"
#include "tools/weft/result_names.hpp"
#include "tools/weft/utf8.hpp"
#include "tools/weft/verbs.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <functional>
#include <memory>
#include <unistd.h>

namespace weft::cli {
namespace {

constexpr size_t rows_shown = 10;

struct options : corpus_parts {
  std::string id;
  uint64_t from = 0;
  bool failed = false;
  std::string out;
  bool vectors = false; ///< of a corpus job, too
};

constexpr const char* footer =
    R"(In the order of the items, as they become done, until the job has ended. When a node is lost, the next endpoint goes
on with the item after the last one. Where the job did not end as done, how many items have a result is said on
standard error.

Exit codes: 0 all of them came, also where items failed · 1 the job was cancelled or has expired: what there is of it
came · others as for all commands.

  -o json   {"index":0,"tokens":7,"source":"computed","embedding":[0.0677,…]}, or
            {"index":1,"error":{"code":"INVALID_ARGUMENT","reason":"INVALID_UTF8","message":"…"}}
            Of a job that compresses: {"index":0,"text":"…","ratio":8.1,…} as 'weft compress' prints them
  -o table  the first 10 and a summary        -o wide  all of them, in short        -o name  indices of what has a result
  --out F   a NumPy file: float32 [items, dimensions]; an item that has no result is a row of NaN. It has its name when
            it is complete; numpy.load('F', mmap_mode='r') reads it.

A job that compresses gives texts: table prints them all, each under "==> item 0 <=="; --out has nothing to write.

A corpus job gives what it found, once it has ended: clusters by size, each with the item nearest to its middle, near
duplicates, and the extract; --clusters, --duplicates, --extract print one of them, --labels the cluster of each item. Its
vectors: --vectors, --out, --failed.
  -o json   {"id":"…","items":4210,…,"clusters":[…],"duplicates":[{"item":7,"of":3},…],"extract":[…]}; of one part a line an entry
  -o wide   all clusters and duplicates  -o name  items: representatives, or those of the part; of labels the clusters

Examples:
  weft job results $id -o json > vectors.jsonl
  weft job results $id --out vectors.npy
  weft job results $id --failed -o json
  weft job results $corpus --extract
  weft job results $corpus --duplicates -o name)";

std::span<const float> vector_of(const v1::ItemResult& item) {
  return {item.embedding().values().data(), static_cast<size_t>(item.embedding().values_size())};
}

json error_of(const v1::ItemResult& item) {
  return {{"code", status_name(item.error().code())},
          {"reason", item.error().reason()},
          {"message", item.error().message()}};
}

std::string json_line(const v1::ItemResult& item) {
  std::string line = R"({"index":)" + std::to_string(item.index());
  if (item.has_error())
    return line + R"(,"error":)" + to_line(error_of(item)) + "}\n";
  line += R"(,"tokens":)" + std::to_string(item.embedding().tokens()) + R"(,"source":")";
  line.append(name_of(item.embedding().source())).append("\"");
  line += item.embedding().truncated() ? R"(,"truncated":true,"embedding":)" : R"(,"embedding":)";
  append_vector(line, vector_of(item));
  return line + "}\n";
}

std::string yaml_entry(const v1::ItemResult& item) {
  std::string text = "- index: " + std::to_string(item.index()) + "\n";
  if (item.has_error())
    return text + "  error: " + to_line(error_of(item)) + "\n";
  text += "  tokens: " + std::to_string(item.embedding().tokens()) + "\n  source: ";
  text += name_of(item.embedding().source());
  text += item.embedding().truncated() ? "\n  truncated: true\n  embedding: " : "\n  embedding: ";
  append_vector(text, vector_of(item));
  return text + "\n";
}

std::string beginning(const v1::ItemResult& item) {
  if (item.has_error())
    return printable(item.error().reason()) + ": " + shorten(printable(item.error().message()), 60);
  std::string text;
  char figure[32];
  const auto vector = vector_of(item);
  for (const float x : vector.first(std::min<size_t>(3, vector.size()))) {
    std::snprintf(figure, sizeof figure, "%.4f ", static_cast<double>(x));
    text += figure;
  }
  return text + "…";
}

std::string source_of(const v1::ItemResult& item) {
  return std::string{item.has_error() ? "error" : name_of(item.embedding().source())};
}

std::string wide_line(const v1::ItemResult& item) {
  char head[64];
  std::snprintf(head, sizeof head, "%-9llu %7u  %-9s ", static_cast<unsigned long long>(item.index()),
                item.embedding().tokens(), source_of(item).c_str());
  return head + beginning(item) + "\n";
}

/// Shows results as they come; the first ones and a summary at the end where a table is wanted.
class result_printer {
public:
  explicit result_printer(const session& s) : session_(s), out_(STDOUT_FILENO) {}

  bool print(const v1::ItemResult& item) {
    switch (session_.format) {
    case output_format::json:
      return out_.write(json_line(item));
    case output_format::yaml:
      return out_.write(yaml_entry(item));
    case output_format::name:
      return item.has_error() || out_.write(std::to_string(item.index()) + "\n");
    case output_format::wide:
      return out_.write(wide_line(item));
    case output_format::table:
      break;
    }
    if (rows_.rows() < rows_shown)
      rows_.add({{std::to_string(item.index())},
                 {item.has_error() ? "-" : std::to_string(item.embedding().tokens())},
                 {source_of(item), item.has_error() ? tone::bad : tone::good},
                 {beginning(item), tone::dim}});
    return true;
  }

  /// What came together is shown at once: the next may take a while.
  bool flush() { return out_.flush(); }
  /// The reader went away.
  bool closed() const { return out_.closed(); }

  exit_code end(const results_totals& totals, const std::optional<problem>& trouble) {
    if (session_.format == output_format::table && totals.items > 0)
      out_.write(summary(totals));
    out_.flush();
    if (out_.error() != 0)
      return report({.what = std::string{"cannot write the results: "} + std::strerror(out_.error())});
    return trouble && !out_.closed() ? report(*trouble) : exit_code::ok;
  }

private:
  std::string summary(const results_totals& totals) const {
    const bool colour = session_.out_terminal.colour;
    std::string text =
        rows_.str(colour, session_.out_terminal.is_terminal ? size_of_terminal(STDOUT_FILENO).columns : 120);
    if (totals.items > rows_.rows())
      text += "… and " + with_spaces(totals.items - rows_.rows()) +
              " more (-o json has the vectors, --out FILE.npy writes them for NumPy)\n";
    text += "\n" + paint(counted(totals.items, "item") + ", " + counted(totals.tokens, "token"), tone::bold, colour);
    text += totals.failed > 0 ? ", " + with_spaces(totals.failed) + " failed\n" : "\n";
    if (!totals.info.model().empty())
      text += printable(totals.info.model()) + " " + printable(totals.info.model_version()) + " " +
              printable(totals.info.precision()) + ", " + std::to_string(totals.info.dimensions()) + " dimensions\n";
    return text;
  }

  const session& session_;
  out_file out_;
  table rows_{{{"INDEX", true}, {"TOKENS", true}, {"SOURCE"}, {"EMBEDDING"}}};
};

exit_code write_npy(session& s, client& from, const options& o) {
  npy_writer matrix{o.out};
  if (auto why = matrix.open(); !why.empty())
    return report(usage_problem("--out: " + why));
  const last_words words{[&] {
    unlink(matrix.partial().c_str());
    std::fprintf(stderr, "%sweft: interrupted; '%s' was not written. The same command begins again.\n",
                 s.err_terminal.screen ? "\r\x1b[K" : "", printable(o.out).c_str());
  }};
  return write_matrix(s, from, {.id = o.id, .from = o.from, .file = o.out}, matrix);
}

/// What one kind of job's results needs to be shown.
struct result_view {
  std::function<bool(const v1::ItemResult&)> print;
  std::function<bool()> flush;
  std::function<bool()> closed;
  std::function<exit_code(const results_totals&, const std::optional<problem>&)> end;
};

exit_code show(client& from, const options& o, const result_view& out) {
  results_totals totals;
  auto trouble = read_results(from, {.id = o.id, .from = o.from, .failed_only = o.failed},
                              {.item = out.print, .page = out.flush}, totals);
  v1::Job job;
  if (!trouble && !out.closed())
    trouble = look_at(from, o.id, job);
  const auto code = out.end(totals, trouble);
  if (code != exit_code::ok || out.closed())
    return code;
  // With --failed the others did not come: the job has counted them.
  std::fputs((o.failed ? end_text(job, 0, job.items_done() - std::min(job.items_failed(), job.items_done()))
                       : end_text(job, o.from, totals.items - totals.failed))
                 .c_str(),
             stderr);
  return exit_of_results(job.state());
}

exit_code show_vectors(session& s, client& from, const options& o) {
  result_printer out{s};
  return show(from, o,
              {.print = [&](const v1::ItemResult& item) { return out.print(item); },
               .flush = [&] { return out.flush(); },
               .closed = [&] { return out.closed(); },
               .end = [&](const results_totals& totals,
                          const std::optional<problem>& trouble) { return out.end(totals, trouble); }});
}

/// As `weft compress` prints them.
exit_code show_texts(session& s, client& from, const options& o, const v1::Job& job) {
  compress_printer out{s, {.headings = job.items_total() != 1, .tolerant = true}};
  const auto print = [&](const v1::ItemResult& item) {
    text_problem trouble;
    compressed_text x{.index = item.index()};
    if (item.has_compressed()) {
      x.compressed = &item.compressed();
    } else {
      trouble = to_text_problem(item.error());
      x.trouble = &trouble;
    }
    return out.print(x);
  };
  return show(from, o,
              {.print = print,
               .flush = [&] { return out.flush(); },
               .closed = [&] { return out.closed(); },
               .end = [&](const results_totals&, const std::optional<problem>& trouble) { return out.end(trouble); }});
}

/// What a corpus job does beside its items, or another kind cannot; found when the kind is known.
std::optional<problem> check_parts(const options& o, const v1::Job& job) {
  if (!o.all() && job.operation() != "corpus")
    return usage_problem("--clusters, --duplicates, --extract and --labels are parts of a corpus, and this job is to " +
                         printable(job.operation()));
  if (!o.all() && (o.vectors || o.failed || o.from > 0 || !o.out.empty()))
    return usage_problem(
        "--clusters, --duplicates, --extract and --labels are about the corpus, --vectors, --failed, --from and --out "
        "about its items",
        "Give one or the other.");
  return std::nullopt;
}

exit_code run(session& s, const options& o) {
  if (!o.out.empty() && o.failed)
    return report(
        usage_problem("--out writes the vectors, and --failed asks for items that have none", "Give one of them."));
  set_deadline(s);
  client from{s.connection};
  v1::Job job; // what it does decides how its results look
  if (auto trouble = look_at(from, o.id, job))
    return report(*trouble);
  if (auto trouble = check_parts(o, job))
    return report(*trouble);
  if (compresses(job) && !o.out.empty())
    return report(usage_problem("--out writes vectors, and this job compresses: its results are texts",
                                "Print them: 'weft job results " + printable(o.id) + " -o json'."));
  if (!o.out.empty())
    return write_npy(s, from, o);
  if (job.operation() == "corpus" && !o.vectors && !o.failed && o.from == 0)
    return show_corpus(s, from, job, o);
  return compresses(job) ? show_texts(s, from, o, job) : show_vectors(s, from, o);
}

} // namespace

void add_job_results(CLI::App& noun, common_options& common, action& chosen) {
  auto* verb = noun.add_subcommand("results", "The results of a job");
  auto o = std::make_shared<options>();
  verb->add_option("ID", o->id, "Which: 32 hex digits, as 'weft job submit' prints them")->required()->type_name("");
  verb->add_option("--from", o->from, "Begin with this item, from 0")
      ->check(whole_number(0, 1'000'000'000'000))
      ->type_name("N");
  verb->add_flag("--failed", o->failed, "Only the items that failed, each with its reason");
  verb->add_option("--out", o->out, "Write the vectors into a NumPy file")->type_name("FILE.npy");
  constexpr const char* group = "Corpus";
  verb->add_flag("--clusters", o->clusters, "Only the clusters")->group(group);
  verb->add_flag("--duplicates", o->duplicates, "Only the near duplicates")->group(group);
  verb->add_flag("--extract", o->extract, "Only the extract: its texts")->group(group);
  verb->add_flag("--labels", o->labels, "The cluster of each item that has a vector")->group(group);
  verb->add_flag("--vectors", o->vectors, "The vectors of its items, as of a job that embeds")->group(group);
  add_common(*verb, common);
  verb->footer(footer);
  verb->callback([o, &chosen] { chosen = [o](session& s) { return run(s, *o); }; });
}

} // namespace weft::cli
