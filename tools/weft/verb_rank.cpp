#include "tools/weft/code_search.hpp"
#include "tools/weft/corpus_rank.hpp"
#include "tools/weft/embed_options.hpp"
#include "tools/weft/rank_view.hpp"
#include "tools/weft/ranking.hpp"
#include "tools/weft/utf8.hpp"
#include "tools/weft/verbs.hpp"

#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <set>
#include <unistd.h>

namespace weft::cli {
namespace {

struct options : embed_options {
  std::vector<std::string> queries;
  std::vector<std::string> files;
  size_t top = 5;
  std::string corpus; ///< a job, in place of files
  std::string encoding;
  std::optional<uint32_t> rescore;
  bool center = false;
};

constexpr const char* footer =
    R"(Embeds the query and every paragraph of the files and shows the paragraphs whose meaning is nearest: cosine similarity,
1 is the same. Only the best are kept, so any amount of text takes the same memory. Several queries share one pass.

--encoding ranks as an index would that keeps codes in place of full vectors (48 or 384 bytes instead of 1536), and tells how
many of its results full vectors find too: try it on your own texts before you build one. binary looks for the codes with the fewest
bits that differ, then scores ten candidates a result again by int8 (--rescore). --center takes the bits around the mean of the
texts; it helps models whose vectors lie to one side. All paragraphs are kept then, up to 1 GiB.

--corpus ID ranks the items of a corpus job in place of files: they were embedded when it ran, so only the query is, and every
node looks at what it has. Up to 256 queries and 1000 results of each; ITEM is a text's place in the job, from 0.

  -o json   {"query":"…","rank":1,"score":0.71,"file":"LICENSE","line":12,"text":"…"}
            of a corpus with "job" and "item" in place of "file" and "line"
  -o wide   the whole paragraphs        -o name   file:line, or the item

Examples:
  weft rank --query 'Who may copy this?' LICENSE
  weft rank --query 'How is memory bounded?' --top 3 README.md */README.md
  weft rank --query 'How is memory bounded?' --encoding binary --rescore 20 README.md */README.md
  git log | weft rank --query 'speed' -
  weft rank --query 'Who pays for damage?' --corpus $id)";

json to_json(const std::string& query, size_t rank, const ranked& r) {
  return {{"query", query},       {"rank", rank},         {"score", r.score},
          {"file", r.place.file}, {"line", r.place.line}, {"text", r.text}};
}

std::string as_table(const std::vector<ranked>& best, bool colour, size_t width) {
  table rows{{{"SCORE", true}, {"PLACE"}, {"TEXT"}}};
  for (const auto& r : best)
    rows.add({score_cell(static_cast<double>(r.score)),
              {shorten_front(printable(to_string(r.place)), 36)},
              {printable(r.text)}});
  return rows.str(colour, width);
}

std::string as_wide(const std::vector<ranked>& best, bool colour, size_t width) {
  std::string out;
  for (const auto& r : best)
    out += score_cell(static_cast<double>(r.score)).text + "  " +
           paint(printable(to_string(r.place)), tone::bold, colour) + "\n" + wrapped(r.text, width) + "\n";
  return out;
}

/// results: of each query, best first.
void print(out_file& out, const session& s, const options& o, const std::vector<std::vector<ranked>>& results) {
  const bool colour = s.out_terminal.colour;
  const size_t width = s.out_terminal.is_terminal ? size_of_terminal(STDOUT_FILENO).columns : 120;
  for (size_t q = 0; q < results.size(); ++q) {
    const auto& best = results[q];
    const bool human = s.format == output_format::table || s.format == output_format::wide;
    if (human && results.size() > 1)
      out.write((q > 0 ? "\n" : "") + paint("» " + printable(o.queries[q]), tone::bold, colour) + "\n");
    if (s.format == output_format::table)
      out.write(as_table(best, colour, width));
    else if (s.format == output_format::wide)
      out.write(as_wide(best, colour, width));
    for (size_t i = 0; !human && i < best.size(); ++i) {
      const json entry = to_json(o.queries[q], i + 1, best[i]);
      out.write(s.format == output_format::json   ? to_line(entry) + "\n"
                : s.format == output_format::yaml ? to_yaml(json::array({entry}))
                                                  : printable(to_string(best[i].place)) + "\n");
    }
  }
}

std::optional<code_search_options> codes_of(const options& o) {
  if (o.encoding.empty())
    return std::nullopt;
  code_search_options out;
  out.codes = o.encoding == "int8" ? vector_encoding::int8 : vector_encoding::binary;
  out.rescore = o.rescore.value_or(out.rescore);
  out.center = o.center;
  return out;
}

/// What excludes each other, found before anything is sent.
std::optional<problem> contradiction(const options& o) {
  if (o.files.empty())
    return usage_problem("FILE is required", "Name files, '-' for standard input, or a corpus job with --corpus ID.");
  if ((o.rescore || o.center) && o.encoding != "binary")
    return usage_problem(std::string{o.center ? "--center" : "--rescore"} + " is about binary codes",
                         "Add --encoding binary, or leave it out.");
  return std::nullopt;
}

/// Collects the vectors of the queries, then ranks every paragraph for each of them.
class collector {
public:
  collector(const options& o) : top_(o.top), queries_(o.queries.size()), rankings_(o.queries.size(), ranking{o.top}) {
    if (const auto wanted = codes_of(o))
      codes_.emplace(*wanted);
  }

  /// False where it can take no more.
  bool take(const embedded& x) {
    if (x.index < queries_.size()) {
      queries_[x.index].assign(x.vector.begin(), x.vector.end());
      if (x.trouble != nullptr)
        trouble_ = usage_problem("--query " + std::to_string(x.index + 1) + ": " + x.trouble->message);
      return !trouble_;
    }
    if (x.trouble != nullptr)
      return true;
    for (size_t q = 0; q < queries_.size(); ++q)
      rankings_[q].offer(cosine(queries_[q], x.vector), x.item.place, x.item.text);
    if (codes_ && !codes_->add(x.vector, x.item.place, x.item.text))
      trouble_ = problem{.what = "--encoding keeps all paragraphs, and these are more than 1 GiB",
                         .advice = "Rank fewer files at a time, or leave it out: any amount of text fits then."};
    return !trouble_;
  }

  const std::optional<problem>& trouble() const { return trouble_; }

  /// Of each query, best first. Once, at the end.
  std::vector<std::vector<ranked>> results() {
    std::vector<std::vector<ranked>> out;
    if (codes_)
      codes_->finish();
    for (size_t q = 0; q < queries_.size(); ++q) {
      const auto exact = rankings_[q].best();
      out.push_back(codes_ ? codes_->best(queries_[q], top_) : exact);
      note(exact, out.back());
    }
    return out;
  }

  /// "binary codes of 48 bytes, scored again by int8 of 384: 9 of 10 results found by full vectors too"; "": there are
  /// no codes. After results().
  std::string about_codes(const options& o) const {
    if (!codes_)
      return {};
    const auto again = codes_->rescored_bytes();
    return o.encoding + " codes of " + counted(codes_->code_bytes(), "byte") +
           (again > 0 ? ", scored again by int8 of " + std::to_string(again) : "") + ": " + with_spaces(same_) +
           " of " + counted(shown_, "result") + " found by full vectors too";
  }

private:
  void note(const std::vector<ranked>& exact, const std::vector<ranked>& shown) {
    std::set<uint64_t> wanted;
    for (const auto& r : exact)
      wanted.insert(r.order);
    shown_ += shown.size();
    for (const auto& r : shown)
      same_ += wanted.count(r.order);
  }

  const size_t top_;
  std::vector<std::vector<float>> queries_;
  std::vector<ranking> rankings_;
  std::optional<code_search> codes_;
  std::optional<problem> trouble_;
  uint64_t shown_ = 0;
  uint64_t same_ = 0;
};

exit_code run(session& s, const options& o) {
  if (!o.corpus.empty())
    return rank_corpus(s, {.id = o.corpus, .queries = o.queries, .top = o.top});
  if (auto p = contradiction(o))
    return report(*p);
  if (auto p = text_source::check(o.files))
    return report(*p);
  set_deadline(s);
  client to{s.connection};
  stop_signal stop;
  text_source source{{.texts = o.queries, .files = o.files, .by = parse_split(o.by)}, stop};
  progress_display display{s, source.bytes_total(), false};
  collector results{o};
  embed_totals totals;
  const auto start = std::chrono::steady_clock::now();
  const auto trouble = embed_all(
      to, source, stop, {.model = o.model},
      [&](const embedded& x) {
        const bool go_on = results.take(x);
        if (x.trouble != nullptr && x.index >= o.queries.size()) {
          display.clear();
          std::fprintf(stderr, "weft: %s: %s [%s]\n", printable(to_string(x.item.place)).c_str(),
                       x.trouble->message.c_str(), x.trouble->reason.c_str());
        }
        display.update(x.index + 1, x.item.input_bytes);
        return go_on;
      },
      totals);
  display.clear();
  if (results.trouble())
    return report(*results.trouble());
  if (trouble)
    return report(*trouble);
  out_file out{STDOUT_FILENO};
  print(out, s, o, results.results());
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (s.format == output_format::table || s.format == output_format::wide) {
    const auto codes = results.about_codes(o);
    out.write("\n" + (codes.empty() ? "" : paint(codes, tone::dim, s.out_terminal.colour) + "\n") +
              paint(summary_line(totals, seconds), tone::dim, s.out_terminal.colour) + "\n");
  }
  if (!out.flush() && !out.closed())
    return report({.what = std::string{"cannot write the results: "} + std::strerror(out.error())});
  return totals.failed > 0 ? exit_code::failed : exit_code::ok;
}

} // namespace

void add_rank(CLI::App& program, common_options& common, action& chosen) {
  auto* verb = program.add_subcommand(
      "rank", "Find the paragraphs of files, or the items of a corpus job, that are nearest to a question");
  auto o = std::make_shared<options>();
  verb->add_option("FILE", o->files, "Files to read, '-' for standard input")->type_name("");
  verb->add_option("-q,--query", o->queries, "What to look for; again for more")
      ->required()
      ->allow_extra_args(false)
      ->type_name("TEXT");
  verb->add_option("-n,--top", o->top, "How many to show (default 5)")->check(whole_number(1, 10'000))->type_name("N");
  verb->add_option("--encoding", o->encoding, "Rank by codes of the vectors: binary or int8, and say what they lose")
      ->check(CLI::IsMember({"binary", "int8"}).description(""))
      ->type_name("ENCODING");
  verb->add_option("--rescore", o->rescore,
                   "Of binary: so many candidates a result are scored again by int8 (default 10); 0: codes alone")
      ->check(whole_number(0, 1'000))
      ->type_name("N");
  verb->add_flag("--center", o->center, "Of binary: bits say on which side of the texts' mean a vector lies");
  add_embed_options(*verb, *o, "paragraph");
  auto* corpus = verb->add_option("--corpus", o->corpus, "Rank the items of this corpus job in place of files");
  corpus->type_name("ID");
  for (const char* of_files : {"FILE", "--encoding", "--rescore", "--center", "--split", "--model"})
    corpus->excludes(verb->get_option(of_files));
  add_common(*verb, common);
  verb->footer(footer);
  verb->callback([o, &chosen] { chosen = [o](session& s) { return run(s, *o); }; });
}

} // namespace weft::cli
