#pragma once

#include "tools/weft/options.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace weft::cli {

struct corpus_rank_settings {
  std::string id; ///< of the job
  std::vector<std::string> queries;
  size_t top = 5;
};

inline constexpr size_t corpus_hits_max = 1'000; ///< the node's

/// Shows the items of a corpus job that are nearest to each query: the cluster finds them where their vectors are.
exit_code rank_corpus(session& s, const corpus_rank_settings& settings);

} // namespace weft::cli
