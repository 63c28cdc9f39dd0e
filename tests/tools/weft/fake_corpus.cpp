#include "tests/tools/weft/fake_corpus.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace weft::test {

std::vector<v1::JobServiceCorpusResponse> fake_outcome(const std::vector<std::string>& texts, bool with_labels) {
  std::vector<v1::JobServiceCorpusResponse> out(2);
  std::map<char, int> clusters; // by first letter
  std::map<std::string, uint64_t> first;
  auto& facts = *out[0].mutable_facts();
  for (uint64_t item = 0; item < texts.size(); ++item) {
    const auto& text = texts[item];
    if (text == "FAIL") {
      facts.set_items_failed(facts.items_failed() + 1);
      continue;
    }
    facts.set_items(facts.items() + 1);
    const auto [at, is_new] = clusters.try_emplace(text.empty() ? ' ' : text[0], out[0].clusters_size());
    auto& cluster = is_new ? *out[0].add_clusters() : *out[0].mutable_clusters(at->second);
    cluster.set_items(cluster.items() + 1);
    if (with_labels) {
      auto& labels = *out[1].mutable_labels();
      const bool follows = !labels.empty() && labels.rbegin()->item() + labels.rbegin()->clusters_size() == item;
      auto& run = follows ? *labels.rbegin() : *labels.Add();
      if (!follows)
        run.set_item(item);
      run.add_clusters(static_cast<uint32_t>(at->second));
    }
    if (is_new) {
      cluster.set_representative(item);
      cluster.set_similarity(0.5);
      cluster.set_text(text);
      auto& pick = *out[1].add_extract();
      pick.set_item(item);
      pick.set_cluster(static_cast<uint32_t>(at->second));
      pick.set_tokens(3);
      pick.set_text(text);
    }
    const auto [known, is_first] = first.try_emplace(text, item);
    if (is_first) {
      cluster.set_distinct(cluster.distinct() + 1);
      continue;
    }
    auto& duplicate = *out[1].add_duplicates();
    duplicate.set_item(item);
    duplicate.set_of(known->second);
  }
  out[0].add_clusters();
  facts.set_dimensions(4);
  facts.set_clusters(static_cast<uint32_t>(out[0].clusters_size()));
  facts.set_duplicates(static_cast<uint64_t>(out[1].duplicates_size()));
  facts.set_picks(static_cast<uint64_t>(out[1].extract_size()));
  facts.set_extract_tokens(3 * facts.picks());
  facts.set_iterations(2);
  facts.set_model_version("f1");
  return out;
}

v1::JobServiceRankCorpusResponse fake_hits(const std::vector<std::string>& texts,
                                           const v1::JobServiceRankCorpusRequest& asked) {
  v1::JobServiceRankCorpusResponse out;
  for (const auto& query : asked.texts()) {
    std::vector<std::pair<double, uint64_t>> best; // minus the score, item
    for (uint64_t item = 0; item < texts.size(); ++item) {
      const auto ends = std::mismatch(query.begin(), query.end(), texts[item].begin(), texts[item].end());
      if (ends.first != query.begin())
        best.emplace_back(static_cast<double>(query.begin() - ends.first) / static_cast<double>(query.size()), item);
    }
    std::sort(best.begin(), best.end());
    best.resize(std::min<size_t>(best.size(), asked.count()));
    auto& hits = *out.add_queries();
    for (const auto& [minus_score, item] : best) {
      auto& hit = *hits.add_hits();
      hit.set_item(item);
      hit.set_score(-minus_score);
      if (!asked.without_texts())
        hit.set_text(texts[item]);
    }
  }
  return out;
}

} // namespace weft::test
