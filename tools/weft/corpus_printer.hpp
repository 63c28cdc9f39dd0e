#pragma once

#include "tools/weft/job_results.hpp"
#include "tools/weft/options.hpp"

namespace weft::cli {

/// Which parts of an outcome are shown; none is chosen: all of them but the labels.
struct corpus_parts {
  bool clusters = false;
  bool duplicates = false;
  bool extract = false;
  bool labels = false; ///< the cluster of each item

  bool all() const { return !clusters && !duplicates && !extract && !labels; }
};

/// How the outcome of a corpus job is shown. table: a summary, the first of each, the extract whole; wide: all of each;
/// of one part alone its rows, of the extract its texts and nothing else. json, yaml: one object, of parts one an
/// entry; name: items: representatives, duplicates, the extract's; of labels the clusters, one an item. Clusters come
/// by size, the largest first. A terminal gets no control characters.
exit_code print_corpus(const session& s, const v1::Job& job, const corpus_outcome& from, const corpus_parts& wanted);

/// Waits until the job has ended, then prints its outcome. failed: it has none.
exit_code show_corpus(session& s, client& from, const v1::Job& job, const corpus_parts& wanted);

} // namespace weft::cli
