#include "runtime/jobs/corpus_parts.hpp"

#include "runtime/corpus_job/standing_codec.hpp"

#include <chrono>
#include <string>
#include <type_traits>
#include <utility>
#include <variant>

namespace weft {
namespace {

/// Somebody waits for the rest of what is known of the job.
constexpr std::chrono::milliseconds standing_within{1'000};

} // namespace

corpus_parts::corpus_parts(jobs_state& state, record_keeper& keeper, replicator& copies, corpus_desk::orders given)
    : loader(state, given.damaged), desk(state, keeper, copies, loader, given), shares(state, loader),
      known(state, keeper, given.damaged), searches(state, known, shares, given.damaged),
      answers(state, keeper, given.damaged), state_(state) {}

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

void corpus_parts::exchanged(uint64_t exchange, const corpus_exchange& request) {
  const auto job = decode_standing_question(request.bytes);
  if (!job)
    return desk.ordered(exchange, request);
  state_.desk.want(answer_node{exchange, job_answer{corpus_exchanged{encode(standing(*job))}}});
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
  corpus_standing out{.phase = std::string{to_string(core->phase())}, .epoch = core->epoch(), .ranks = core->ranks()};
  if (progress != corpus_progress{}) {
    out.step = std::string{to_string(progress.step)};
    out.iteration = progress.iteration;
  }
  if (const auto& last = core->last_break())
    out.last_break = std::string{to_string(last->code)} + ": " + last->message;
  return out;
}

void corpus_parts::find_standing(const job_header& header, std::function<void(std::optional<corpus_standing>)> done) {
  if (auto own = standing(header.id))
    return done(std::move(own));
  const auto leader = state_.places.header_owner(header.id);
  if (header.spec.corpus.empty() || header.state != job_state::running || !leader || *leader == state_.self)
    return done(std::nullopt);
  state_.desk.ask_for<corpus_exchanged>(*leader, corpus_exchange{encode_standing_question(header.id)}, standing_within,
                                        [done = std::move(done)](result<corpus_exchanged> answer) {
                                          auto told = answer ? decode_corpus_standing(answer->bytes)
                                                             : result<std::optional<corpus_standing>>{answer.error()};
                                          done(told ? std::move(*told) : std::nullopt);
                                        });
}

} // namespace weft
