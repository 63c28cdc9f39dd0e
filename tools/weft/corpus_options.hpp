#pragma once

#include "tools/weft/options.hpp"
#include "weft/v1/job.pb.h"

#include <cstdint>
#include <optional>
#include <string>

namespace weft::cli {

/// What is asked of a corpus, as typed. "", 0 and none: not given.
struct corpus_options {
  uint32_t clusters = 0;
  uint32_t iterations = 0;
  std::string duplicates; ///< a cosine, or "off"
  uint64_t extract = 0;   ///< tokens
  std::optional<uint64_t> seed;

  /// The first option that was given, "--clusters" say; "": none was.
  std::string first_given() const;
};

/// --clusters, --duplicates, --extract, --iterations and --seed.
void add_corpus_options(CLI::App& verb, corpus_options& options);

void fill(const corpus_options& options, v1::CorpusOptions& to);

/// "64 clusters, near duplicates from 0.95, 2 000 tokens of extract": what a job does with its corpus.
std::string in_words(const v1::CorpusOptions& options);

/// "running, iterations 7, 3 nodes"; "": it is not known.
std::string standing_of(const v1::JobCorpus& corpus);

} // namespace weft::cli
