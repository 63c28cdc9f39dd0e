#include "tools/weft/compress_json.hpp"

#include "tools/weft/base64.hpp"
#include "tools/weft/problem.hpp"
#include "tools/weft/result_names.hpp"

namespace weft::cli {
namespace {

double in_ms(uint64_t nanoseconds) {
  return static_cast<double>(nanoseconds) / 1e6;
}

json score(bool measured, double value) {
  return measured ? json(value) : json();
}

json opening(const compressed_text& x) {
  json out{{"index", x.index}};
  if (!x.name.empty())
    out["name"] = x.name;
  if (!x.handle.empty())
    out["handle"] = x.handle;
  if (x.window != nullptr)
    out["window"] = {x.window->begin(), x.window->end()};
  if (x.trouble == nullptr)
    return out;
  auto& error = out["error"] = {
      {"code", status_name(x.trouble->code)}, {"reason", x.trouble->reason}, {"message", x.trouble->message}};
  if (!x.trouble->metadata.empty())
    error["metadata"] = x.trouble->metadata;
  return out;
}

void add_report(json& out, const v1::CompressReport& report) {
  out["ratio"] = report.ratio();
  out["source_tokens"] = report.source_tokens();
  out["output_tokens"] = report.output_tokens();
  out["target_tokens"] = report.target_tokens();
  out["counter"] = name_of(report.counter());
  out["strategy"] = name_of(report.strategy());
  out["why_strategy"] = report.why_strategy();
  out["policy_version"] = report.policy_version();
  out["content"] = name_of(report.content());
  out["why_content"] = report.why_content();
  const auto& profile = report.profile();
  out["profile"] = {{"complexity", profile.complexity()},
                    {"repetition", profile.repetition()},
                    {"technical", profile.technical()},
                    {"mean_sentence_words", profile.mean_sentence_words()},
                    {"language", profile.language()}};
  out["units"] = report.units();
  out["units_kept"] = report.units_kept();
  out["units_required"] = report.units_required();
  out["coverage"] = score(report.has_coverage(), report.coverage());
  out["fidelity"] = score(report.has_fidelity(), report.fidelity());
  out["term_coverage"] = score(report.has_term_coverage(), report.term_coverage());
  out["templates"] = report.templates();
  out["templates_kept"] = report.templates_kept();
  out["exceptions"] = report.exceptions();
  out["exceptions_kept"] = report.exceptions_kept();
  const auto& timing = report.timing();
  out["timing"] = {{"split_ms", in_ms(timing.split_nanoseconds())},
                   {"embed_ms", in_ms(timing.embed_nanoseconds())},
                   {"points_ms", in_ms(timing.points_nanoseconds())},
                   {"select_ms", in_ms(timing.select_nanoseconds())}};
}

/// All but what is long: places and vectors.
json summary(const compressed_text& x) {
  json out = opening(x);
  if (x.compressed == nullptr)
    return out;
  out["text"] = x.compressed->text();
  add_report(out, x.compressed->report());
  out["source"] = name_of(x.compressed->source());
  if (x.info != nullptr && !x.info->model().empty()) {
    out["model"] = x.info->model();
    out["model_version"] = x.info->model_version();
  }
  return out;
}

using spans = google::protobuf::RepeatedPtrField<v1::SourceSpan>;

void append_spans(std::string& out, const spans& places) {
  out += '[';
  for (const auto& place : places)
    (out += out.back() == '[' ? "[" : ",[")
        .append(std::to_string(place.begin()))
        .append(",")
        .append(std::to_string(place.end()))
        .append("]");
  out += ']';
}

void append_mega_token(std::string& out, const v1::MegaToken& token) {
  out += R"({"weight":)" + to_line(token.weight());
  if (token.packed().empty()) {
    out += R"(,"vector":)";
    append_vector(out, {token.values().data(), static_cast<size_t>(token.values_size())});
  } else {
    out += R"(,"packed":")" + base64(token.packed()) + '"';
    if (token.scale() != 0)
      out += R"(,"scale":)" + to_line(token.scale());
  }
  append_spans(out += R"(,"spans":)", token.spans());
  out += '}';
}

// By hand: a document has 100 000 places, and floats would get the digits of doubles.
std::string kept_of(const v1::Compressed& compressed) {
  std::string out;
  append_spans(out, compressed.kept());
  return out;
}

std::string stands_for_of(const v1::Compressed& compressed) {
  std::string out = "[";
  for (const auto count : compressed.stands_for())
    out.append(out.size() > 1 ? "," : "").append(std::to_string(count));
  return out + "]";
}

std::string mega_tokens_of(const v1::Compressed& compressed) {
  std::string out = "[";
  for (const auto& token : compressed.mega_tokens()) {
    out += out.size() > 1 ? "," : "";
    append_mega_token(out, token);
  }
  return out + "]";
}

} // namespace

std::string to_json_line(const compressed_text& x) {
  std::string line = to_line(summary(x));
  if (x.compressed == nullptr)
    return line + "\n";
  line.pop_back();
  return line + R"(,"kept":)" + kept_of(*x.compressed) + R"(,"stands_for":)" + stands_for_of(*x.compressed) +
         R"(,"mega_tokens":)" + mega_tokens_of(*x.compressed) + "}\n";
}

std::string to_yaml_entry(const compressed_text& x) {
  std::string entry = to_yaml(json::array({summary(x)}));
  if (x.compressed == nullptr)
    return entry;
  return entry + "  kept: " + kept_of(*x.compressed) + "\n  stands_for: " + stands_for_of(*x.compressed) +
         "\n  mega_tokens: " + mega_tokens_of(*x.compressed) + "\n";
}

} // namespace weft::cli
