#include "runtime/jobs/corpus_loader.hpp"

#include "runtime/jobs/attachment_store.hpp"
#include "runtime/jobs/job_survey.hpp"

#include <algorithm>
#include <string>

namespace weft {
namespace {

constexpr uint32_t reads_max = 4;
constexpr uint64_t bytes_max = 8 << 20;
constexpr uint64_t usual_bytes = 1 << 20; // of a record that this node does not know

} // namespace

corpus_loader::loading* corpus_loader::find(const place& where, uint64_t number) {
  const auto found = loadings_.find(where);
  const bool is_it = found != loadings_.end() && found->second.number == number;
  return is_it ? &found->second : nullptr;
}

void corpus_loader::load(job_id job, uint64_t epoch, corpus_load load, share_loaded done) {
  loadings_[{job, epoch}] = loading{.number = ++last_number_, .load = load, .done = std::move(done)};
  state_.desk.want(want_corpus{plan_corpus{job, epoch, std::move(load), last_number_}});
}

void corpus_loader::cancel_runs(job_id job) {
  std::erase_if(loadings_, [&](const auto& it) { return it.first.first == job && it.first.second != 0; });
}

/// Takes it out before it tells: whoever is told may load again.
void corpus_loader::end(const place& where, result<corpus_loaded> outcome) {
  auto over = loadings_.extract(where);
  over.mapped().done(std::move(outcome));
}

void corpus_loader::on(corpus_events::lacks& event) {
  const place where{event.job, event.epoch};
  auto* it = find(where, event.number);
  if (!it)
    return;
  if (!event.segments)
    return end(where, std::move(event.segments.error()));
  it->lacking = std::move(*event.segments);
  go_on(where);
}

void corpus_loader::on(corpus_events::fed& event) {
  const place where{event.job, event.epoch};
  auto* it = find(where, event.number);
  if (!it)
    return;
  if (!event.outcome)
    return end(where, std::move(event.outcome.error()));
  it->bytes_fed = 0;
  go_on(where);
}

void corpus_loader::on(corpus_events::loaded& event) {
  const place where{event.job, event.epoch};
  if (find(where, event.number))
    end(where, std::move(event.outcome));
}

void corpus_loader::go_on(const place& where) {
  auto& it = loadings_.at(where);
  while (it.next < it.lacking.size() && it.reading < reads_max && has_room(where, it))
    read(where, it);
  if (it.bytes_fed == 0 && !it.read.empty()) {
    it.bytes_fed = std::exchange(it.bytes_read, 0);
    state_.desk.want(want_corpus{feed_corpus{where.first, where.second, std::exchange(it.read, {}), it.number}});
  }
  if (it.next == it.lacking.size() && it.reading == 0 && it.read.empty() && it.bytes_fed == 0 && !it.is_sealed)
    seal(where, it);
}

uint64_t corpus_loader::bytes_of(const place& where, const planned_segment& wanted) const {
  const auto* known = state_.segments.find({where.first, wanted.segment});
  return known ? known->bytes : usual_bytes;
}

/// For the next one, or it is alone.
bool corpus_loader::has_room(const place& where, const loading& it) const {
  const auto under_way = it.bytes_reading + it.bytes_read + it.bytes_fed;
  return under_way == 0 || under_way + bytes_of(where, it.lacking[it.next]) <= bytes_max;
}

/// From this node's log; where that has lost it, from whoever has it, by its hash.
void corpus_loader::read(const place& where, loading& it) {
  const auto wanted = it.lacking[it.next++];
  const segment_id id{where.first, wanted.segment};
  const auto bytes = bytes_of(where, wanted);
  it.bytes_reading += bytes;
  ++it.reading;
  auto nodes = state_.places.ranked(id);
  std::erase(nodes, state_.self);
  nodes.insert(nodes.begin(), state_.self);
  find_record(state_, {id, segment_stage::results, std::move(nodes), damaged_},
              [this, where, wanted, bytes, number = it.number](result<segment_record> record) {
                if (find(where, number))
                  was_read(where, wanted, bytes, std::move(record));
              });
}

void corpus_loader::was_read(const place& where, const planned_segment& wanted, uint64_t bytes,
                             result<segment_record> record) {
  auto& it = loadings_.at(where);
  --it.reading;
  it.bytes_reading -= bytes;
  if (!record)
    return end(where, std::move(record.error()));
  if (record->meta.hash != wanted.hash || record->meta.items - record->meta.failed != wanted.items)
    return end(where, failure{errc::unavailable,
                              "the results of segment " + std::to_string(wanted.segment) + " have taken another form"});
  it.bytes_read += record->meta.bytes;
  it.read.push_back(std::move(*record));
  go_on(where);
}

void corpus_loader::seal(const place& where, loading& it) {
  it.is_sealed = true;
  if (!it.load.from)
    return state_.desk.want(want_corpus{seal_corpus{where.first, where.second, {}, it.number}});
  fetch_attachment(state_, {where.first, *it.load.from, damaged_},
                   [this, where, number = it.number](result<attachment> found) {
                     const auto* waiting = find(where, number);
                     if (!waiting)
                       return;
                     seal_corpus out{where.first, where.second, {}, number};
                     // What cannot be used is not there: then the run begins anew.
                     auto kept = found ? decode_kept_checkpoint(found->bytes) : result<kept_checkpoint>{found.error()};
                     if (kept && kept->roster == waiting->load.roster)
                       out.from = std::move(*kept);
                     state_.desk.want(want_corpus{std::move(out)});
                   });
}

} // namespace weft
