#include "tools/weft/corpus_rank.hpp"

#include "tools/weft/rank_view.hpp"
#include "tools/weft/utf8.hpp"
#include "weft/v1/job.grpc.pb.h"

#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace weft::cli {
namespace {

json to_json(const corpus_rank_settings& settings, size_t query, int rank, const v1::CorpusHit& hit) {
  return {{"query", settings.queries[query]},
          {"rank", rank},
          {"score", hit.score()},
          {"job", settings.id},
          {"item", hit.item()},
          {"text", hit.text()}};
}

std::string as_table(const v1::CorpusHits& best, bool colour, size_t width) {
  table rows{{{"SCORE", true}, {"ITEM", true}, {"TEXT"}}};
  for (const auto& hit : best.hits())
    rows.add({score_cell(hit.score()), {std::to_string(hit.item())}, {printable(hit.text())}});
  return rows.str(colour, width);
}

std::string as_wide(const v1::CorpusHits& best, bool colour, size_t width) {
  std::string out;
  for (const auto& hit : best.hits())
    out += score_cell(hit.score()).text + "  " + paint("item " + std::to_string(hit.item()), tone::bold, colour) +
           "\n" + wrapped(hit.text(), width) + "\n";
  return out;
}

void print(out_file& out, const session& s, const corpus_rank_settings& settings,
           const v1::JobServiceRankCorpusResponse& answer) {
  const bool colour = s.out_terminal.colour;
  const size_t width = s.out_terminal.is_terminal ? size_of_terminal(STDOUT_FILENO).columns : 120;
  const bool human = s.format == output_format::table || s.format == output_format::wide;
  for (int q = 0; q < answer.queries_size(); ++q) {
    const auto query = static_cast<size_t>(q);
    const auto& best = answer.queries(q);
    if (human && answer.queries_size() > 1)
      out.write((q > 0 ? "\n" : "") + paint("» " + printable(settings.queries[query]), tone::bold, colour) + "\n");
    if (s.format == output_format::table)
      out.write(as_table(best, colour, width));
    else if (s.format == output_format::wide)
      out.write(as_wide(best, colour, width));
    for (int i = 0; !human && i < best.hits_size(); ++i) {
      const auto& hit = best.hits(i);
      out.write(s.format == output_format::json   ? to_line(to_json(settings, query, i + 1, hit)) + "\n"
                : s.format == output_format::yaml ? to_yaml(json::array({to_json(settings, query, i + 1, hit)}))
                                                  : std::to_string(hit.item()) + "\n");
    }
  }
}

/// What is wrong before anything is sent.
std::optional<problem> check(const corpus_rank_settings& settings) {
  if (settings.top > corpus_hits_max)
    return usage_problem("--top: of a corpus at most " + with_spaces(corpus_hits_max) + " are shown");
  for (size_t i = 0; i < settings.queries.size(); ++i)
    if (find_invalid_utf8(settings.queries[i]))
      return usage_problem("--query " + std::to_string(i + 1) + " is not UTF-8");
  return std::nullopt;
}

} // namespace

exit_code rank_corpus(session& s, const corpus_rank_settings& settings) {
  if (auto p = check(settings))
    return report(*p);
  set_deadline(s);
  client to{s.connection};
  v1::JobServiceRankCorpusRequest request;
  request.set_id(settings.id);
  for (const auto& query : settings.queries)
    request.add_texts(query);
  request.set_count(static_cast<uint32_t>(settings.top));
  request.set_without_texts(s.format == output_format::name);
  v1::JobServiceRankCorpusResponse answer;
  if (auto p = to.call([&](const auto& channel, grpc::ClientContext& context) {
        answer.Clear();
        return v1::JobService::NewStub(channel)->RankCorpus(&context, request, &answer);
      }))
    return report(*p);
  if (static_cast<size_t>(answer.queries_size()) != settings.queries.size())
    return report({.what = "the node answered " + std::to_string(answer.queries_size()) + " of " +
                           with_spaces(settings.queries.size()) + " queries"});
  out_file out{STDOUT_FILENO};
  print(out, s, settings, answer);
  if (!out.flush() && !out.closed())
    return report({.what = std::string{"cannot write the results: "} + std::strerror(out.error())});
  return exit_code::ok;
}

} // namespace weft::cli
