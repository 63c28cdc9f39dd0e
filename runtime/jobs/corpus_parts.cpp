#include "runtime/jobs/corpus_parts.hpp"

#include <type_traits>
#include <utility>
#include <variant>

namespace weft {

corpus_parts::corpus_parts(jobs_state& state, record_keeper& keeper, replicator& copies, corpus_desk::orders given)
    : loader(state, given.damaged), desk(state, keeper, copies, loader, given), shares(state, loader),
      known(state, keeper, given.damaged), searches(state, known, shares, given.damaged),
      answers(state, keeper, given.damaged) {}

void corpus_parts::on(corpus_event& event) {
  std::visit(
      [this](auto& told) {
        using event_type = std::decay_t<decltype(told)>;
        if constexpr (std::is_same_v<event_type, corpus_events::found>)
          shares.on(told);
        else if constexpr (std::is_same_v<event_type, corpus_events::lacks> ||
                           std::is_same_v<event_type, corpus_events::fed> ||
                           std::is_same_v<event_type, corpus_events::loaded>)
          loader.on(told);
        else
          desk.on(told);
      },
      event);
}

void corpus_parts::members_changed() {
  desk.members_changed();
  known.members_changed();
  searches.members_changed();
}

void corpus_parts::header_changed(const job_header& header) {
  if (header.spec.corpus.empty())
    return;
  desk.header_changed(header);
  shares.header_changed(header);
  known.header_changed(header);
}

void corpus_parts::drain() {
  desk.drain();
  shares.drain();
}

void corpus_parts::tick() {
  desk.tick();
  shares.tick();
}

std::optional<time_point> corpus_parts::next_wake() const {
  auto out = desk.next_wake();
  sooner(out, shares.next_wake());
  return out;
}

std::optional<corpus_standing> corpus_parts::standing(job_id job) const {
  const auto* core = desk.leading(job);
  if (!core)
    return std::nullopt;
  const auto& progress = core->progress();
  corpus_standing out{.phase = to_string(core->phase()), .epoch = core->epoch(), .ranks = core->ranks()};
  if (progress != corpus_progress{}) {
    out.step = to_string(progress.step);
    out.iteration = progress.iteration;
  }
  return out;
}

} // namespace weft
