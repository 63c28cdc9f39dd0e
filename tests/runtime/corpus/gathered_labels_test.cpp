#include "runtime/corpus/gathered_labels.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"

using namespace weft;
using namespace weft::test;

TEST_CASE("every rank gets the cluster of each item, whoever has it, in one verb or in many") {
  const auto all = some_corpus(1, 120, 4);
  const auto label_of = [](uint32_t item) { return item * 7 % 65'536; };
  std::vector<uint32_t> want;
  for (const auto item : all.items)
    want.push_back(label_of(item));
  for (const auto& parts : all_divisions(120))
    for (const uint32_t round : {1U, 7U, 120U, labels_round}) {
      const auto found =
          on_ranks<result<std::vector<uint32_t>>>(all, parts, [&](corpus_group& group, corpus_rows rows) {
            corpus_shard shard;
            shard.items = rows.items;
            assigned_points points;
            for (const auto item : rows.items)
              points.labels.push_back(label_of(item));
            return gather_labels(group, shard, points, 120, round);
          });
      for (const auto& labels : found) {
        REQUIRE(labels);
        CHECK(*labels == want);
      }
    }
}
