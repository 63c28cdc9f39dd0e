#include "runtime/base/random_source.hpp"
#include "runtime/compress/output.hpp"
#include "runtime/job/record_bytes.hpp"

#include <doctest/doctest.h>

#include <xxhash.h>

using namespace weft;

namespace {

compress_output sample() {
  compress_output out;
  out.extract = std::string{"First.\nLast\0.", 13};
  out.kept = {{0, 6}, {90, 96}};
  out.stands_for = {1, 98};
  out.mega_tokens = {{{0.6F, -0.8F}, 0.75, {{0, 6}, {7, 80}}}, {{1.0F, 0.0F}, 0.25, {{81, 96}}}};
  auto& report = out.report;
  report.source_tokens = 1'000;
  report.output_tokens = 120;
  report.target_tokens = 125;
  report.ratio = 1'000.0 / 120;
  report.counter = counter_kind::llm_estimate;
  report.content = content_kind::log;
  report.why_content = "9 of 10 lines begin with a time";
  report.profile = {0.25, 0.5, 0.125, 17.5, "de"};
  report.strategy = compress_strategy::templates;
  report.why_strategy = "12 forms";
  report.policy_version = "v1-0badcafe";
  report.units = 100;
  report.units_kept = 12;
  report.units_required = 3;
  report.coverage = 0.7;
  report.term_coverage = 0.8;
  report.templates = 12;
  report.templates_kept = 11;
  report.exceptions = 4;
  report.exceptions_kept = 4;
  report.times = {std::chrono::nanoseconds{1}, std::chrono::nanoseconds{2}, std::chrono::nanoseconds{3},
                  std::chrono::nanoseconds{4}};
  return out;
}

} // namespace

TEST_CASE("an output comes back from its bytes, field by field") {
  const auto out = sample();
  const auto bytes = encode(out);
  const auto back = decode_compress_output(bytes);
  REQUIRE(back);
  CHECK(back->extract == out.extract);
  CHECK(back->kept == out.kept);
  CHECK(back->stands_for == out.stands_for);
  CHECK(back->mega_tokens == out.mega_tokens);
  const auto &report = back->report, &wanted = out.report;
  CHECK(report.source_tokens == wanted.source_tokens);
  CHECK(report.output_tokens == wanted.output_tokens);
  CHECK(report.target_tokens == wanted.target_tokens);
  CHECK(report.ratio == wanted.ratio);
  CHECK(report.counter == wanted.counter);
  CHECK(report.content == wanted.content);
  CHECK(report.why_content == wanted.why_content);
  CHECK(report.profile.complexity == wanted.profile.complexity);
  CHECK(report.profile.repetition == wanted.profile.repetition);
  CHECK(report.profile.technical == wanted.profile.technical);
  CHECK(report.profile.mean_sentence_words == wanted.profile.mean_sentence_words);
  CHECK(report.profile.language == wanted.profile.language);
  CHECK(report.strategy == wanted.strategy);
  CHECK(report.why_strategy == wanted.why_strategy);
  CHECK(report.policy_version == wanted.policy_version);
  CHECK(report.units == wanted.units);
  CHECK(report.units_kept == wanted.units_kept);
  CHECK(report.units_required == wanted.units_required);
  CHECK(report.coverage == wanted.coverage);
  CHECK(report.fidelity == wanted.fidelity);
  CHECK(report.term_coverage == wanted.term_coverage);
  CHECK(report.templates == wanted.templates);
  CHECK(report.templates_kept == wanted.templates_kept);
  CHECK(report.exceptions == wanted.exceptions);
  CHECK(report.exceptions_kept == wanted.exceptions_kept);
  CHECK(report.times.split == wanted.times.split);
  CHECK(report.times.embed == wanted.times.embed);
  CHECK(report.times.points == wanted.times.points);
  CHECK(report.times.select == wanted.times.select);
  CHECK(encode(*back) == bytes);
}

TEST_CASE("an empty output has bytes, too") {
  const auto back = decode_compress_output(encode({}));
  REQUIRE(back);
  CHECK(back->extract.empty());
  CHECK(back->kept.empty());
  CHECK(back->stands_for.empty());
}

TEST_CASE("bytes of another version are refused before anything else is read, and say so") {
  auto bytes = encode(sample());
  for (const int version : {0, compress_output_version + 1, 255}) {
    CAPTURE(version);
    bytes[0] = static_cast<char>(version);
    const auto back = decode_compress_output(bytes);
    REQUIRE_FALSE(back);
    CHECK(back.error().code == errc::state_damaged);
    CHECK(back.error().message.ends_with("another release"));
  }
}

TEST_CASE("results from before lines had counts are read, without counts") {
  auto wanted = sample();
  wanted.stands_for.clear();
  auto bytes = encode(wanted);
  bytes.resize(bytes.size() - 8); // the checksum
  bytes[0] = 1;
  const size_t counts = 1 + 4 + wanted.extract.size() + 4 + 16 * wanted.kept.size(); // their length, which is 0
  REQUIRE(bytes.substr(counts, 4) == std::string(4, '\0'));
  bytes.erase(counts, 4);
  record_writer sum;
  sum.put(uint64_t{XXH3_64bits(bytes.data(), bytes.size())});
  const auto back = decode_compress_output(bytes + sum.take());
  REQUIRE(back);
  CHECK(back->extract == wanted.extract);
  CHECK(back->kept == wanted.kept);
  CHECK(back->stands_for.empty());
  CHECK(back->report.strategy == wanted.report.strategy);
}

TEST_CASE("bytes that are cut, changed, longer or of another version are refused as damaged") {
  const auto whole = encode(sample());
  const auto refused = [](std::string_view bytes) {
    const auto back = decode_compress_output(bytes);
    return !back && back.error().code == errc::state_damaged;
  };
  for (size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(refused(std::string_view{whole}.substr(0, size)));
  }
  CHECK(refused(whole + '\0'));
  for (size_t at = 0; at < whole.size(); ++at) {
    CAPTURE(at);
    auto changed = whole;
    changed[at] = static_cast<char>(changed[at] ^ 1 << at % 8);
    CHECK(refused(changed));
  }
}

TEST_CASE("what cannot be is refused even under a right checksum") {
  struct row {
    const char* what;
    void (*change)(compress_output&);
  };
  const row rows[] = {
      {"spans overlap",
       [](compress_output& out) {
         out.kept = {{0, 6}, {5, 8}};
       }},
      {"a span ends before it begins",
       [](compress_output& out) {
         out.kept = {{6, 0}};
       }},
      {"fewer counts than kept units", [](compress_output& out) { out.stands_for.pop_back(); }},
      {"more counts than kept units", [](compress_output& out) { out.stands_for.push_back(1); }},
      {"counts of nothing", [](compress_output& out) { out.kept.clear(); }},
      {"a unit that stands for none", [](compress_output& out) { out.stands_for[0] = 0; }},
      {"an infinite score", [](compress_output& out) { out.report.coverage = 1e308 * 10; }},
      {"an unresolved strategy", [](compress_output& out) { out.report.strategy = compress_strategy::automatic; }},
      {"an unknown kind", [](compress_output& out) { out.report.content = static_cast<content_kind>(8); }},
      {"a negative time", [](compress_output& out) { out.report.times.embed = std::chrono::nanoseconds{-1}; }},
  };
  for (const auto& [what, change] : rows) {
    CAPTURE(what);
    auto out = sample();
    change(out);
    const auto back = decode_compress_output(encode(out));
    REQUIRE_FALSE(back);
    CHECK(back.error().code == errc::state_damaged);
  }
}

TEST_CASE("garbage is refused and makes nothing large") {
  random_source random{3};
  for (int i = 0; i < 5'000; ++i) {
    std::string bytes(random.below(200), '\0');
    for (auto& c : bytes)
      c = random.chance(0.3) ? '\xFF' : static_cast<char>(random.below(256));
    if (!bytes.empty() && random.chance(0.8))
      bytes[0] = compress_output_version;
    CHECK_FALSE(decode_compress_output(bytes));
  }
}
