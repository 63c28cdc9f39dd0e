#include "tests/runtime/jobs/fake_corpus.hpp"

#include "runtime/job/record_codec.hpp"
#include "tests/runtime/points/random_points.hpp"

#include <utility>

namespace weft::test {

item_outcome corpus_item(const std::string& text) {
  item_outcome out;
  if (text.starts_with("bad")) {
    out.code = errc::invalid_utf8;
    out.message = "the test says so";
    return out;
  }
  const auto hash = body_hash(text);
  random_source of_text(hash), of_topic(hash % 5);
  auto& values = out.value.values;
  for (uint32_t d = 0; d < fake_dimensions; ++d)
    values.push_back(nearly_normal(of_topic) + 0.5F * nearly_normal(of_text));
  normalize(values.data(), fake_dimensions);
  out.value.tokens = 3 + static_cast<uint32_t>(hash % 20);
  return out;
}

corpus_run_setup small_run(corpus_rows rows, const corpus_options& options) {
  corpus_run_setup out{.rows = std::move(rows), .options = options};
  out.round_bytes_max = 2'000;
  return out;
}

void plain_corpus::add(uint64_t item, const embedding& value) {
  rows.dimensions = static_cast<uint32_t>(value.values.size());
  rows.items.push_back(static_cast<uint32_t>(items.size()));
  rows.values.insert(rows.values.end(), value.values.begin(), value.values.end());
  rows.tokens.push_back(value.tokens);
  items.push_back(item);
}

plain_corpus plain(const std::vector<std::string>& texts) {
  plain_corpus out;
  for (size_t i = 0; i < texts.size(); ++i)
    if (const auto item = corpus_item(texts[i]); !item.failed())
      out.add(i, item.value);
  return out;
}

} // namespace weft::test
