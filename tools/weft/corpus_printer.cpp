#include "tools/weft/corpus_printer.hpp"

#include "tools/weft/job_json.hpp"
#include "tools/weft/utf8.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <numeric>
#include <unistd.h>

namespace weft::cli {
namespace {

constexpr size_t rows_shown = 10;

json to_json(const v1::CorpusCluster& from, size_t number) {
  json out{{"cluster", number}, {"items", from.items()}, {"distinct", from.distinct()}};
  if (from.has_representative()) {
    out["representative"] = from.representative();
    out["similarity"] = from.similarity();
    out["text"] = from.text();
  }
  return out;
}

json to_json(const v1::CorpusDuplicate& from) {
  return {{"item", from.item()}, {"of", from.of()}};
}

json to_json(const v1::CorpusPick& from) {
  return {{"item", from.item()}, {"cluster", from.cluster()}, {"tokens", from.tokens()}, {"text", from.text()}};
}

json to_json(uint64_t item, uint32_t cluster) {
  return {{"item", item}, {"cluster", cluster}};
}

json facts_of(const v1::Job& job, const v1::CorpusFacts& from) {
  return {{"id", job.id()},
          {"items", from.items()},
          {"items_failed", from.items_failed()},
          {"model", job.model()},
          {"model_version", from.model_version()},
          {"dimensions", from.dimensions()},
          {"iterations", from.iterations()},
          {"extract_tokens", from.extract_tokens()}};
}

class printer {
public:
  printer(const session& s, const v1::Job& job, const corpus_outcome& from, const corpus_parts& wanted)
      : session_(s), job_(job), from_(from), wanted_(wanted), out_(STDOUT_FILENO), by_size_(from.clusters.size()) {
    std::iota(by_size_.begin(), by_size_.end(), size_t{0});
    std::stable_sort(by_size_.begin(), by_size_.end(),
                     [&](size_t a, size_t b) { return from.clusters[a].items() > from.clusters[b].items(); });
  }

  exit_code print() {
    switch (session_.format) {
    case output_format::json:
      if (wanted_.all())
        print_object();
      else
        print_lines();
      break;
    case output_format::yaml:
      print_yaml();
      break;
    case output_format::name:
      print_items();
      break;
    case output_format::table:
    case output_format::wide:
      print_text();
      break;
    }
    out_.flush();
    return out_.error() == 0
               ? exit_code::ok
               : report({.what = std::string{"cannot write the outcome: "} + std::strerror(out_.error())});
  }

private:
  bool has(bool part) const { return part || wanted_.all(); }

  /// `visit` gets each entry of the parts that are wanted, as JSON. Ends when nobody reads any more.
  template <class Visit> void each_cluster(Visit visit) const {
    for (size_t i = 0; has(wanted_.clusters) && i < by_size_.size() && !out_.closed(); ++i)
      visit(to_json(from_.clusters[by_size_[i]], by_size_[i]));
  }
  template <class Visit> void each_duplicate(Visit visit) const {
    for (size_t i = 0; has(wanted_.duplicates) && i < from_.duplicates.size() && !out_.closed(); ++i)
      visit(to_json(from_.duplicates[i]));
  }
  template <class Visit> void each_pick(Visit visit) const {
    for (size_t i = 0; has(wanted_.extract) && i < from_.extract.size() && !out_.closed(); ++i)
      visit(to_json(from_.extract[i]));
  }

  /// `visit` gets each item that has a label, and it. Ends when `visit` says false, or nobody reads any more.
  template <class Visit> void each_label(Visit visit) const {
    if (!wanted_.labels)
      return;
    for (const auto& run : from_.labels)
      for (int i = 0; i < run.clusters_size(); ++i)
        if (out_.closed() || !visit(run.item() + static_cast<uint64_t>(i), run.clusters(i)))
          return;
  }

  void print_lines() {
    const auto line = [&](const json& entry) { out_.write(to_line(entry) + "\n"); };
    each_cluster(line);
    each_duplicate(line);
    each_pick(line);
    each_label([&](uint64_t item, uint32_t cluster) {
      line(to_json(item, cluster));
      return true;
    });
  }

  /// One object, entry by entry: there may be millions.
  void print_object() {
    auto head = to_line(facts_of(job_, from_.facts));
    head.pop_back();
    out_.write(head);
    const char* comma = "";
    const auto entry = [&](const json& value) {
      out_.write(comma + to_line(value));
      comma = ",";
    };
    const auto list = [&](const char* name, auto each) {
      out_.write(std::string{",\""} + name + "\":[");
      comma = "";
      each();
      out_.write("]");
    };
    list("clusters", [&] { each_cluster(entry); });
    list("duplicates", [&] { each_duplicate(entry); });
    list("extract", [&] { each_pick(entry); });
    out_.write("}\n");
  }

  void print_yaml() {
    if (!wanted_.all()) {
      const auto entry = [&](const json& value) { out_.write(to_yaml(json::array({value}))); };
      each_cluster(entry);
      each_duplicate(entry);
      each_pick(entry);
      each_label([&](uint64_t item, uint32_t cluster) {
        entry(to_json(item, cluster));
        return true;
      });
      return;
    }
    json whole = facts_of(job_, from_.facts);
    for (const char* name : {"clusters", "duplicates", "extract"})
      whole[name] = json::array();
    each_cluster([&](json value) { whole["clusters"].push_back(std::move(value)); });
    each_duplicate([&](json value) { whole["duplicates"].push_back(std::move(value)); });
    each_pick([&](json value) { whole["extract"].push_back(std::move(value)); });
    out_.write(to_yaml(whole));
  }

  void print_items() {
    const auto item = [&](uint64_t number) { out_.write(std::to_string(number) + "\n"); };
    if (has(wanted_.clusters))
      for (const size_t i : by_size_)
        if (from_.clusters[i].has_representative())
          item(from_.clusters[i].representative());
    if (wanted_.duplicates)
      for (const auto& each : from_.duplicates)
        item(each.item());
    if (wanted_.extract)
      for (const auto& each : from_.extract)
        item(each.item());
    each_label([&](uint64_t, uint32_t cluster) {
      item(cluster);
      return true;
    });
  }

  void print_text() {
    if (wanted_.all())
      out_.write(summary());
    if (has(wanted_.clusters))
      print_clusters();
    if (has(wanted_.duplicates) && !(wanted_.all() && from_.duplicates.empty()))
      print_duplicates();
    if (has(wanted_.extract))
      print_extract();
    if (wanted_.labels)
      print_labels();
  }

  std::string summary() const {
    const auto& facts = from_.facts;
    const bool colour = session_.out_terminal.colour;
    return paint(counted(facts.items(), "item") + ", " + counted(facts.clusters(), "cluster"), tone::bold, colour) +
           " after " + counted(facts.iterations(), "iteration") + ", " + counted(facts.duplicates(), "near duplicate") +
           (facts.items_failed() > 0 ? ", " + with_spaces(facts.items_failed()) + " failed" : "") + "\n" +
           printable(job_.model()) + " " + printable(facts.model_version()) + ", " +
           std::to_string(facts.dimensions()) + " dimensions\n";
  }

  size_t rows_of(size_t all) const { return session_.format == output_format::wide ? all : std::min(all, rows_shown); }
  size_t width() const { return session_.out_terminal.is_terminal ? size_of_terminal(STDOUT_FILENO).columns : 120; }
  /// Before a part, where there was another.
  void set_apart() {
    if (parts_++ > 0 || wanted_.all())
      out_.write("\n");
  }
  void more(size_t all) {
    if (all > rows_of(all))
      out_.write("… and " + with_spaces(all - rows_of(all)) + " more (-o wide shows all)\n");
  }

  void print_clusters() {
    set_apart();
    const auto empty = [&](size_t i) { return from_.clusters[i].items() == 0; };
    const auto filled = static_cast<size_t>(std::find_if(by_size_.begin(), by_size_.end(), empty) - by_size_.begin());
    table rows{{{"CLUSTER", true}, {"ITEMS", true}, {"DISTINCT", true, 1}, {"ITEM", true}, {"NEAREST TO ITS MIDDLE"}}};
    for (size_t i = 0; i < rows_of(filled); ++i) {
      const auto& each = from_.clusters[by_size_[i]];
      rows.add({{std::to_string(by_size_[i])},
                {with_spaces(each.items())},
                {with_spaces(each.distinct())},
                {std::to_string(each.representative())},
                {printable(each.text())}});
    }
    out_.write(rows.str(session_.out_terminal.colour, width()));
    more(filled);
  }

  void print_duplicates() {
    set_apart();
    table rows{{{"DUPLICATE", true}, {"OF ITEM", true}}};
    for (size_t i = 0; i < rows_of(from_.duplicates.size()); ++i)
      rows.add({{std::to_string(from_.duplicates[i].item())}, {std::to_string(from_.duplicates[i].of())}});
    out_.write(rows.str(session_.out_terminal.colour, width()));
    more(from_.duplicates.size());
  }

  void print_labels() {
    set_apart();
    size_t all = 0, shown = 0;
    for (const auto& run : from_.labels)
      all += static_cast<size_t>(run.clusters_size());
    table rows{{{"ITEM", true}, {"CLUSTER", true}}};
    each_label([&](uint64_t item, uint32_t cluster) {
      rows.add({{std::to_string(item)}, {std::to_string(cluster)}});
      return ++shown < rows_of(all);
    });
    out_.write(rows.str(session_.out_terminal.colour, width()));
    more(all);
  }

  void print_extract() {
    const auto& picks = from_.extract;
    if (picks.empty())
      return;
    if (parts_ > 0 || wanted_.all()) {
      set_apart();
      out_.write(
          paint("Extract: " + counted(picks.size(), "item") + ", " + counted(from_.facts.extract_tokens(), "token"),
                tone::bold, session_.out_terminal.colour) +
          "\n");
    }
    // Texts of one line stay lines; of several, an empty line says where one ends.
    const bool apart = std::any_of(picks.begin(), picks.end(),
                                   [](const auto& pick) { return pick.text().find('\n') != std::string::npos; });
    for (size_t i = 0; i < picks.size() && !out_.closed(); ++i) {
      const auto& text = picks[i].text();
      out_.write((apart && i > 0 ? "\n" : "") + (session_.out_terminal.is_terminal ? printable_lines(text) : text) +
                 (text.ends_with('\n') ? "" : "\n"));
    }
  }

  const session& session_;
  const v1::Job& job_;
  const corpus_outcome& from_;
  const corpus_parts wanted_;
  out_file out_;
  std::vector<size_t> by_size_; ///< clusters
  size_t parts_ = 0;            ///< printed as text
};

problem no_outcome(const v1::Job& job) {
  return {.what = "the job ended as " + state_name(job.state()) + ": its corpus has no outcome",
          .advice = "The vectors that there are: 'weft job results " + printable(job.id()) + " --vectors'."};
}

} // namespace

exit_code print_corpus(const session& s, const v1::Job& job, const corpus_outcome& from, const corpus_parts& wanted) {
  return printer{s, job, from, wanted}.print();
}

exit_code show_corpus(session& s, client& from, const v1::Job& job, const corpus_parts& wanted) {
  v1::Job last = job;
  if (!has_ended(last.state()))
    if (const auto trouble = watch_job(from, job.id(), [&](const v1::Job& news) {
          last = news;
          return true;
        }))
      return report(*trouble);
  if (exit_of_results(last.state()) != exit_code::ok)
    return report(no_outcome(last));
  corpus_outcome outcome;
  if (const auto trouble = read_corpus(from, job.id(), wanted.labels, outcome))
    return report(*trouble);
  if (outcome.facts.has_error()) {
    const auto& why = outcome.facts.error();
    return report({.what = "the corpus has no result: " + printable(why.message()),
                   .advice = advice_for(why.reason()),
                   .reason = why.reason()});
  }
  const auto code = print_corpus(s, last, outcome, wanted);
  if (code == exit_code::ok && outcome.facts.items_failed() > 0)
    std::fprintf(stderr,
                 "weft: %s failed to embed and %s no part of the corpus; 'weft job results %s --failed' tells why\n",
                 counted(outcome.facts.items_failed(), "item").c_str(),
                 outcome.facts.items_failed() == 1 ? "is" : "are", printable(job.id()).c_str());
  return code;
}

} // namespace weft::cli
