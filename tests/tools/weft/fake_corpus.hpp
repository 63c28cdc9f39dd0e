#pragma once

#include "weft/v1/job.pb.h"

#include <string>
#include <vector>

namespace weft::test {

/// What a fake node finds in a corpus: a cluster for each first letter, in the order of the texts, and an empty one;
/// texts that are equal are duplicates; the extract is the first text of each cluster. "FAIL" is not in the corpus.
/// Facts and clusters are one message, duplicates, extract and labels, if they are wanted, another.
std::vector<v1::JobServiceCorpusResponse> fake_outcome(const std::vector<std::string>& texts, bool with_labels);

/// For each query the texts that begin as it does, by the share of the query that they have; those that share nothing
/// are left out.
v1::JobServiceRankCorpusResponse fake_hits(const std::vector<std::string>& texts,
                                           const v1::JobServiceRankCorpusRequest& asked);

} // namespace weft::test
