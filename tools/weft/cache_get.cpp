#include "tools/weft/cache_get.hpp"

#include "tools/weft/embed_options.hpp"
#include "tools/weft/utf8.hpp"
#include "weft/v1/admin.grpc.pb.h"

#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace weft::cli {
namespace {

constexpr std::chrono::seconds timeout_default{10};

struct options : vector_options {
  std::vector<std::string> texts;
  std::string model;
  std::string tenant;
};

constexpr const char* footer =
    R"(Computes nothing: asks the node that owns the text's key what it has, in memory or on disk. The exit code is 1 when a
text is not cached. The model and the flags must be those that the text is embedded with: they are part of what it is.

  -o json   {"text":"…","cached":true,"level":"memory","age_ms":1200,"expires_in_ms":null,"owner":"n2",…}, one a text
  -o wide   also key, model and size        -o name   the level, or "-"

Examples:
  weft cache get --text 'The warp and the weft'
  weft cache get --text 'one' --text 'another' -o json)";

const char* level_name(v1::CachePlace place) {
  switch (place) {
  case v1::CACHE_PLACE_MEMORY:
    return "memory";
  case v1::CACHE_PLACE_PACKED:
    return "packed";
  case v1::CACHE_PLACE_STORE:
    return "store";
  default:
    return "-";
  }
}

bool is_cached(const v1::GetCachedResponse& answer) {
  return answer.place() != v1::CACHE_PLACE_UNSPECIFIED;
}

json to_json(const std::string& text, const v1::GetCachedResponse& a) {
  return {{"text", text},
          {"cached", is_cached(a)},
          {"level", is_cached(a) ? json(level_name(a.place())) : json()},
          {"age_ms", a.has_age_ms() ? json(a.age_ms()) : json()},
          {"expires_in_ms", a.has_expires_in_ms() ? json(a.expires_in_ms()) : json()},
          {"owner", a.owner()},
          {"owner_id", a.owner_id()},
          {"generation", a.generation()},
          {"key", a.key()},
          {"model", a.model()},
          {"model_version", a.model_version()},
          {"precision", a.precision()},
          {"scope", a.scope()},
          {"bytes", a.bytes()}};
}

std::string seconds(bool known, uint64_t milliseconds, const char* otherwise) {
  return known ? in_figures(static_cast<double>(milliseconds) / 1'000) + " s" : otherwise;
}

std::string as_table(const std::vector<std::string>& texts, const std::vector<v1::GetCachedResponse>& answers,
                     const session& s) {
  const bool wide = s.format == output_format::wide;
  std::vector<table::column> columns{{"CACHED"},        {"LEVEL"}, {"AGE", true},
                                     {"EXPIRES", true}, {"OWNER"}, {"GENERATION", true}};
  if (wide)
    columns.insert(columns.end(), {{"KEY"}, {"MODEL"}, {"SIZE", true}});
  columns.push_back({"TEXT"});
  table rows{columns};
  for (size_t i = 0; i < answers.size(); ++i) {
    const auto& a = answers[i];
    const bool cached = is_cached(a);
    std::vector<cell> row{{cached ? "yes" : "no", cached ? tone::good : tone::warning},
                          {level_name(a.place())},
                          {seconds(a.has_age_ms(), a.age_ms(), "-")},
                          {cached ? seconds(a.has_expires_in_ms(), a.expires_in_ms(), "never") : "-"},
                          {a.owner().empty() ? "-" : printable(a.owner())},
                          {std::to_string(a.generation())}};
    if (wide)
      row.insert(row.end(), {{a.key()},
                             {printable(a.model() + " " + a.model_version() + " " + a.precision())},
                             {cached ? in_bytes(a.bytes()) : "-"}});
    row.push_back({printable(texts[i])});
    rows.add(std::move(row));
  }
  const size_t width = s.out_terminal.is_terminal ? size_of_terminal(STDOUT_FILENO).columns : 0;
  return rows.str(s.out_terminal.colour, width);
}

exit_code get(session& s, const options& o) {
  set_deadline(s, timeout_default);
  client to{s.connection};
  std::vector<v1::GetCachedResponse> answers;
  bool all = true;
  for (const auto& text : o.texts) {
    if (find_invalid_utf8(text))
      return report(usage_problem("--text is not UTF-8"));
    v1::GetCachedRequest question;
    question.set_text(text);
    question.set_model(o.model);
    question.set_tenant(o.tenant);
    question.mutable_options()->set_normalize(!o.raw);
    question.mutable_options()->set_truncate(!o.refuse_long);
    if (o.cut == "left")
      question.mutable_options()->set_truncation_side(v1::TRUNCATION_SIDE_LEFT);
    auto& answer = answers.emplace_back();
    if (auto p = to.call([&](const auto& channel, grpc::ClientContext& context) {
          return v1::AdminService::NewStub(channel)->GetCached(&context, question, &answer);
        }))
      return report(*p);
    all = all && is_cached(answer);
  }
  out_file out{STDOUT_FILENO};
  for (size_t i = 0; i < answers.size(); ++i)
    if (s.format == output_format::json)
      out.write(to_line(to_json(o.texts[i], answers[i])) + "\n");
    else if (s.format == output_format::yaml)
      out.write(to_yaml(json::array({to_json(o.texts[i], answers[i])})));
    else if (s.format == output_format::name)
      out.write(std::string{level_name(answers[i].place())} + "\n");
  if (s.format == output_format::table || s.format == output_format::wide)
    out.write(as_table(o.texts, answers, s));
  out.flush();
  if (out.error() != 0)
    return report({.what = "cannot write to standard output"});
  return all ? exit_code::ok : exit_code::failed;
}

} // namespace

void add_cache_get(CLI::App& noun, common_options& common, action& chosen) {
  auto* verb = noun.add_subcommand("get", "Whether the results of texts are cached, where, and how old they are");
  auto o = std::make_shared<options>();
  verb->add_option("--text", o->texts, "A text; again for more")
      ->required()
      ->allow_extra_args(false)
      ->type_name("TEXT");
  verb->add_option("--model", o->model, "A model of the node (default: the node's own)")->type_name("NAME");
  verb->add_option("--tenant", o->tenant, "Whose results, where tenants do not share them")->type_name("NAME");
  add_vector_options(*verb, *o);
  add_common(*verb, common);
  verb->footer(footer);
  verb->callback([o, &chosen] { chosen = [o](session& s) { return get(s, *o); }; });
}

} // namespace weft::cli
