// What clients get to see of their jobs, and whether it is what they were promised.
#include "runtime/corpus_job/attachment.hpp"
#include "runtime/jobs/job_places.hpp"
#include "tests/sim/jobs_clients.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace weft::sim {
namespace {

using namespace std::chrono_literals;

constexpr duration reader_patience = 10s;

const std::string tenant = "t";

} // namespace

/// Its results depend on the node that computes them.
bool jobs_clients::client::has_heavy() const {
  return std::ranges::any_of(plan.texts, [](const auto& text) { return text.starts_with("heavy"); });
}

/// At the moment of an acknowledgement the items are on the disks of two nodes, whether up or not.
void jobs_clients::check_copies(const client& who, uint64_t from, uint64_t to) {
  if (who.plan.retention)
    return; // they may be removed already
  for (uint32_t index = 0; index < who.segments.size(); ++index) {
    const auto [first, end] = who.segments[index];
    if (first >= to || end <= from)
      continue;
    uint32_t copies = 0;
    for (uint32_t node = 0; node < cluster_.size(); ++node)
      copies += cluster_.disk(node).is_blameless() || cluster_.disk(node).has({who.id, index});
    if (copies < who.plan.synced.value_or(2))
      complain(who, "segment " + std::to_string(index) + " was acknowledged with " + std::to_string(copies) +
                        " copies synced");
  }
}

/// What a client is told of a job stands on the disks of two nodes at that moment, whether up or not.
void jobs_clients::check_headers(const client& who, const std::function<bool(const job_header&)>& says_so,
                                 const char* what) {
  uint32_t copies = 0;
  for (uint32_t node = 0; node < cluster_.size(); ++node) {
    const auto* header = cluster_.disk(node).header(who.id);
    copies += cluster_.disk(node).is_blameless() || (header && says_so(*header));
  }
  if (copies < who.plan.synced.value_or(2) && !who.plan.retention) // else it may be forgotten already
    complain(who, "it was acknowledged " + std::string{what} + " by " + std::to_string(copies) + " disks");
}

/// No node writes that a job is done before the results of every segment, and the outcome of its corpus, are on the
/// disks of two nodes.
void jobs_clients::check_end(const job_header& header) {
  if (header.state != job_state::done && header.state != job_state::done_with_failures)
    return;
  for (const auto& who : clients_) {
    if (who->id != header.id || who->plan.retention)
      continue;
    const auto check = [&](uint32_t index, const std::string& what) {
      uint32_t copies = 0;
      for (uint32_t node = 0; node < cluster_.size(); ++node)
        copies +=
            cluster_.disk(node).is_blameless() || cluster_.disk(node).has({header.id, index}, segment_stage::results);
      if (copies < who->plan.synced.value_or(2))
        complain(*who, "it is done with " + what + " on " + std::to_string(copies) + " disks");
    };
    for (uint32_t index = 0; index < who->segments.size(); ++index)
      if (who->segments[index].first != who->segments[index].second) // nothing was left for a last one
        check(index, "the results of segment " + std::to_string(index));
    if (who->plan.corpus)
      check(attached_index(attached_kind::outcome, 0), "the outcome of its corpus");
  }
}

void jobs_clients::read_all() {
  for (size_t index = 0; index < clients_.size(); ++index)
    if (clients_[index]->is_to_read()) {
      read(index);
      read_corpus(index);
    }
}

void jobs_clients::read(size_t index) {
  auto& who = *clients_[index];
  if (who.reader != 0 || who.has_read())
    return;
  const auto node = any_node();
  if (!node)
    return cluster_.later(500ms, [this, index] { read(index); });
  who.node = *node;
  who.reader = cluster_.next_number();
  who.heard_at = cluster_.world().now();
  by_number_[who.reader] = index;
  cluster_.call(*node, [number = who.reader, id = who.id, from = who.read](jobs_core& core, job_time now) {
    core.read(number, {id, tenant, false}, from, now);
    core.read_next(number, now);
  });
  watch_over_reader(index);
}

void jobs_clients::watch_over_reader(size_t index) {
  cluster_.later(1s, [this, index, reader = clients_[index]->reader] {
    auto& who = *clients_[index];
    if (who.reader != reader || reader == 0)
      return;
    if (cluster_.world().now() - who.heard_at <= reader_patience)
      return watch_over_reader(index);
    by_number_.erase(std::exchange(who.reader, 0));
    if (cluster_.up(who.node))
      cluster_.call(who.node, [reader](jobs_core& core, job_time) { core.unread(reader); });
    read(index);
  });
}

/// All is read twice, mostly from two nodes: what is visible stays as it is.
void jobs_clients::read_ended(size_t index, const status& outcome) {
  auto& who = *clients_[index];
  by_number_.erase(std::exchange(who.reader, 0));
  if (!outcome)
    return cluster_.later(500ms, [this, index] { read(index); });
  if (who.read != who.plan.texts.size())
    complain(who, "its results end at item " + std::to_string(who.read));
  ++who.times_read;
  who.read = 0;
  read(index);
}

/// Exactly one result an item, in order, and what one engine alone would compute.
void jobs_clients::given(size_t index, const results_page& page) {
  auto& who = *clients_[index];
  const auto& items = page.results->items;
  if (page.first_item > who.read || page.first_item + items.size() > who.plan.texts.size() || items.empty())
    return complain(who, "results of items " + std::to_string(page.first_item) + " to " +
                             std::to_string(page.first_item + items.size()) + " came after " +
                             std::to_string(who.read));
  for (auto item = who.read; item < page.first_item + items.size(); ++item) {
    const auto& text = who.plan.texts[item];
    const auto& got = items[item - page.first_item];
    const auto expected = expected_outcome(text);
    const bool may_fail = text.starts_with("heavy") && got.code == errc::engine_failed;
    if (!may_fail && (got.code != expected.code || got.value.values != expected.value.values))
      return complain(who, "item " + std::to_string(item) + " has a wrong result, " + std::string{to_string(got.code)} +
                               ": " + got.message);
  }
  who.read = page.first_item + items.size();
  cluster_.call(who.node, [number = who.reader](jobs_core& core, job_time now) { core.read_next(number, now); });
}

uint64_t jobs_clients::items_acknowledged() const {
  uint64_t sum = 0;
  for (const auto& who : clients_)
    sum += who->acknowledged;
  return sum;
}

bool jobs_clients::all_submitted() const {
  return std::ranges::all_of(clients_,
                             [](const auto& who) { return who->at == stage::submitted || who->at == stage::left; });
}

bool jobs_clients::have_ended(bool corpora) {
  if (!all_submitted())
    return false;
  for (uint32_t node = 0; node < cluster_.size(); ++node) {
    if (!cluster_.up(node))
      return false;
    std::map<job_id, job_state> states;
    for (const auto& header : cluster_.core(node).headers())
      states.emplace(header.id, header.state);
    for (const auto& who : clients_) {
      if (who->at == stage::left || who->plan.corpus.has_value() != corpora)
        continue;
      const auto found = states.find(who->id);
      if (found == states.end() || !is_end(found->second))
        return false;
      const bool is_done = found->second == job_state::done || found->second == job_state::done_with_failures ||
                           (who->plan.retention && found->second == job_state::removed);
      if (!is_done && !(who->plan.cancels && found->second == job_state::cancelled))
        complain(*who, "it ended as " + std::string{to_string(found->second)});
    }
  }
  return true;
}

bool jobs_clients::all_read() const {
  return std::ranges::all_of(
      clients_, [](const auto& who) { return (who->has_read() && who->has_read_corpus()) || !who->is_to_read(); });
}

std::string jobs_clients::lost() {
  for (const auto& who : clients_) {
    if ((who->at != stage::left && who->at != stage::submitted) || who->plan.retention)
      continue;
    std::vector<uint32_t> copies(who->acknowledged);
    for (uint32_t node = 0; node < cluster_.size(); ++node)
      for (const auto& meta : cluster_.core(node).segments())
        if (meta.id.job == who->id && !is_attached(meta.id.index))
          for (uint64_t item = meta.first_item; item < meta.first_item + meta.items && item < copies.size(); ++item)
            ++copies[item];
    const auto few = std::ranges::find_if(copies, [](uint32_t count) { return count < 2; });
    if (few != copies.end())
      return "job " + who->plan.request_id + ": item " + std::to_string(few - copies.begin()) + " of " +
             std::to_string(who->acknowledged) + " acknowledged ones has " + std::to_string(*few) + " copies";
  }
  return {};
}

std::string jobs_clients::miscounted() {
  std::map<job_id, const client*> submitted;
  for (const auto& who : clients_)
    submitted.emplace(who->id, who.get());
  for (uint32_t node = 0; node < cluster_.size(); ++node)
    for (const auto& header : cluster_.core(node).headers()) {
      const auto at = "job " + to_text(header.id) + " on node " + std::to_string(node);
      if (!submitted.contains(header.id))
        return at + " was submitted by nobody";
      const auto& who = *submitted.at(header.id);
      const auto items = who.plan.texts.size();
      const bool is_done = header.state == job_state::done || header.state == job_state::done_with_failures;
      if (header.items_total.value_or(items) != items || (is_done && header.progress.items_done != items))
        return at + " has " + std::to_string(header.items_total.value_or(0)) + " items, " +
               std::to_string(header.progress.items_done) + " done, of " + std::to_string(items);
      const auto failed = static_cast<uint64_t>(
          std::ranges::count_if(who.plan.texts, [](const auto& text) { return expected_outcome(text).failed(); }));
      const bool has_failed = header.state == job_state::done_with_failures;
      const bool is_to_fail = failed > 0 || who.has_no_result;
      const bool is_unread = who.plan.corpus && who.outcome.empty(); // then nobody knows whether it has a result
      const bool is_wrong = header.progress.items_failed != failed || (has_failed != is_to_fail && !is_unread);
      if (is_done && !who.has_heavy() && is_wrong)
        return at + " is " + std::string{to_string(header.state)} + " with " +
               std::to_string(header.progress.items_failed) + " failed items of " + std::to_string(failed);
    }
  return {};
}

std::string jobs_clients::misplaced() {
  const job_places places{*cluster_.view(0), cluster_.id(0), "local"};
  std::map<segment_id, std::map<node_id, segment_meta>> kept;
  for (uint32_t node = 0; node < cluster_.size(); ++node)
    for (const auto& meta : cluster_.core(node).segments())
      kept[meta.id].emplace(cluster_.id(node), meta);
  std::map<job_id, uint32_t> copies; // 0: of a removed job
  for (const auto& header : cluster_.core(0).headers())
    copies.emplace(header.id, header.state == job_state::removed ? 0 : header.spec.durability.copies);
  for (const auto& who : clients_)
    if (who->plan.retention && copies[who->id] != 0 && who->at != stage::left)
      return "job " + who->plan.request_id + " is not removed after its retention";
  for (const auto& [id, holders] : kept) {
    const auto name = "segment " + std::to_string(id.index) + " of job " + to_text(id.job);
    if (copies[id.job] == 0)
      return name + " is kept after its job's removal";
    const auto owners = places.owners(id, copies[id.job]);
    for (uint32_t node = 0; node < cluster_.size(); ++node)
      if (holders.contains(cluster_.id(node)) != owners.contains(cluster_.id(node)))
        return name + (owners.contains(cluster_.id(node)) ? " is not on its owner " : " is on a stranger, ") +
               std::to_string(node) + ";" + where(id.job);
    for (const auto& [node, meta] : holders)
      if (meta.hash != holders.begin()->second.hash)
        return name + " is kept in two forms";
  }
  return {};
}

/// Who keeps what of it.
std::string jobs_clients::where(job_id id) const {
  std::string out;
  for (uint32_t node = 0; node < cluster_.size(); ++node) {
    out += " node " + std::to_string(node) + ":";
    if (cluster_.up(node))
      for (const auto& meta : cluster_.core(node).segments())
        if (meta.id.job == id)
          out += (meta.stage == segment_stage::results ? " r" : " t") + std::to_string(meta.id.index);
  }
  return out;
}

std::string jobs_clients::unsettled() {
  for (uint32_t node = 0; node < cluster_.size(); ++node) {
    const auto counted = cluster_.core(node).counters();
    if (counted.bytes_held != 0 || counted.segments_running != 0 || counted.segments_waiting != 0)
      return "node " + std::to_string(node) + " holds " + std::to_string(counted.bytes_held) + " bytes, runs " +
             std::to_string(counted.segments_running) + " segments and waits with " +
             std::to_string(counted.segments_waiting) + " when all has ended";
  }
  return {};
}

std::string jobs_clients::unfinished() const {
  for (const auto& who : clients_) {
    if (who->at != stage::submitted && who->at != stage::left)
      return "job " + who->plan.request_id + " is not submitted (" + std::to_string(who->acknowledged) + " of " +
             std::to_string(who->plan.texts.size()) + " items, " + std::to_string(who->attempts) + " attempts)";
    if (who->at == stage::left)
      continue;
    for (uint32_t node = 0; node < cluster_.size(); ++node) {
      if (!cluster_.up(node))
        continue;
      const auto state = cluster_.core(node).get({who->id, tenant, false}, cluster_.now(node));
      if (!state || !is_end(state->header.state))
        return "job " + who->plan.request_id + " is " +
               (state ? std::string{to_string(state->header.state)} + ", " +
                            std::to_string(state->header.progress.items_done) + " of " +
                            std::to_string(who->plan.texts.size()) + " items"
                      : state.error().message) +
               " on node " + std::to_string(node) + ";" + where(who->id) + standing(who->id);
    }
  }
  return "every job has ended";
}

} // namespace weft::sim
