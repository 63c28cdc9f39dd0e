#pragma once

#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/corpus_job/corpus_outcome.hpp"
#include "runtime/corpus_job/corpus_terms.hpp"
#include "tests/node/grpc/job_world.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

inline job_status some_corpus_job(uint64_t number) {
  auto out = some_job(number);
  out.header.spec.operation = "corpus";
  out.header.spec.corpus = encode(corpus_terms{});
  return out;
}

/// Seven items of two dimensions, of which items 1 and 2 failed; three clusters, one of them empty.
inline corpus_outcome small_outcome() {
  corpus_result result;
  result.facts = {.items = 5, .dimensions = 2, .scale_exponent = 7, .squares = 1, .fingerprint = 1};
  result.iterations = 4;
  result.centroids = {100, 0, 0, 0, 0, 50};
  result.clusters = {{.items = 3, .distinct = 2, .representative = 0, .similarity = 100 * 128},
                     {.items = 0, .distinct = 0, .representative = 0, .similarity = 0},
                     {.items = 2, .distinct = 2, .representative = 4, .similarity = 50 * 64}};
  result.duplicates = {{.item = 1, .kept = 0}};
  result.extract = {{.item = 0, .cluster = 0, .tokens = 5}, {.item = 4, .cluster = 2, .tokens = 6}};
  result.labels = {0, 0, 2, 0, 2};
  corpus_outcome out;
  out.result = std::move(result);
  out.gaps = *item_gaps::of({{.first = 1, .count = 2}}, 7);
  out.model_version = "v1";
  return out;
}

inline corpus_reading small_reading() {
  return {.job = some_corpus_job(1),
          .outcome = encode(small_outcome()),
          .representatives = {"zero", "", "six"},
          .extract = {"zero", "six"}};
}

/// One Corpus stream.
struct corpus_client {
  struct answers {
    v1::CorpusFacts facts;
    std::vector<v1::CorpusCluster> clusters;
    std::vector<v1::CorpusDuplicate> duplicates;
    std::vector<v1::CorpusPick> extract;
    std::vector<v1::CorpusLabels> labels;
    size_t messages = 0;
    size_t largest = 0, second_largest = 0; ///< bytes of a message
    grpc::Status end;
  };

  explicit corpus_client(const job_world& world, const std::string& key = {}, bool with_labels = false) {
    rpc.set_deadline(soon());
    if (!key.empty())
      rpc.AddMetadata("authorization", "Bearer " + key);
    v1::JobServiceCorpusRequest in;
    in.set_id(id_of(1));
    in.set_with_labels(with_labels);
    stream = world.stub->Corpus(&rpc, in);
  }

  /// Reads to the end.
  answers all() {
    answers out;
    for (v1::JobServiceCorpusResponse in; stream->Read(&in); ++out.messages) {
      CHECK(in.has_facts() == (out.messages == 0));
      if (in.has_facts())
        out.facts = in.facts();
      out.clusters.insert(out.clusters.end(), in.clusters().begin(), in.clusters().end());
      out.duplicates.insert(out.duplicates.end(), in.duplicates().begin(), in.duplicates().end());
      out.extract.insert(out.extract.end(), in.extract().begin(), in.extract().end());
      out.labels.insert(out.labels.end(), in.labels().begin(), in.labels().end());
      const size_t bytes = in.ByteSizeLong();
      out.second_largest = std::max(out.second_largest, std::min(bytes, out.largest));
      out.largest = std::max(out.largest, bytes);
    }
    out.end = stream->Finish();
    return out;
  }

  grpc::ClientContext rpc;
  std::unique_ptr<grpc::ClientReader<v1::JobServiceCorpusResponse>> stream;
};

/// Answers the next question for an outcome.
inline void answer_reading(const job_world& world, result<corpus_reading> reading) {
  REQUIRE(eventually([&] { return world.door->has_reading(); }));
  world.door->take_reading().done(std::move(reading));
}

} // namespace weft::test
