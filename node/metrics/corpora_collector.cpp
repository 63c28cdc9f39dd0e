#include "node/metrics/corpora_collector.hpp"

#include "node/metrics/families.hpp"

#include <chrono>
#include <string>

namespace weft {
namespace {

using family = prometheus::MetricFamily;

void add(family&& made, double value, std::vector<family>& out) {
  add_series(made, value);
  out.push_back(std::move(made));
}

void add_steps(const corpora_counters& now, std::vector<family>& out) {
  auto steps = counter_family("weft_corpus_steps_total", "Steps that ranks of this node have made.");
  auto seconds = counter_family("weft_corpus_step_seconds_total", "Time of these steps, with waiting for other ranks.");
  for (size_t i = 0; i < now.steps.size(); ++i) {
    const std::string name{to_string(static_cast<corpus_step>(i))};
    add_series(steps, static_cast<double>(now.steps[i]), {{"step", name}});
    add_series(seconds, std::chrono::duration<double>(now.step_time[i]).count(), {{"step", name}});
  }
  out.push_back(std::move(steps));
  out.push_back(std::move(seconds));
}

} // namespace

std::vector<prometheus::MetricFamily> corpora_collector::Collect() const {
  const auto now = look_();
  std::vector<family> out;
  add(gauge_family("weft_corpora_in_memory", "Corpora whose vectors are in memory, for runs and for searches."),
      static_cast<double>(now.corpora), out);
  add(gauge_family("weft_corpora_memory_bytes", "Memory of these, with what ranks and searches make of them."),
      static_cast<double>(now.bytes), out);
  add(gauge_family("weft_corpora_memory_bytes_max", "What corpora may have on this node."),
      static_cast<double>(now.bytes_max), out);
  add(gauge_family("weft_corpus_ranks", "Threads that take part in an epoch of a corpus, or leave one."),
      static_cast<double>(now.ranks), out);
  add(counter_family("weft_corpus_epochs_total", "Epochs that this node had a rank in."),
      static_cast<double>(now.epochs), out);
  add(counter_family("weft_corpus_breaks_total", "Epochs that ended without a result, and were not stopped from here."),
      static_cast<double>(now.breaks), out);
  add(counter_family("weft_corpus_ranks_hung_total",
                     "Ranks whose thread did not end when it was told to: start the node "
                     "anew when it can be."),
      static_cast<double>(now.ranks_hung), out);
  add_steps(now, out);
  add(counter_family("weft_corpus_searches_total", "Searches of this node's shares."),
      static_cast<double>(now.searches), out);
  return out;
}

} // namespace weft
