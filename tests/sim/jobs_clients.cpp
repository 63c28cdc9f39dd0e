#include "tests/sim/jobs_clients.hpp"

#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/jobs/segment_cutter.hpp"

#include <algorithm>
#include <utility>

namespace weft::sim {
namespace {

using namespace std::chrono_literals;

constexpr duration patience = 15s; ///< of a client that hears nothing
constexpr uint64_t unacknowledged_max = 700;
constexpr uint64_t unacknowledged_bytes_max = 4 << 20;

const std::string tenant = "t";

} // namespace

jobs_clients::jobs_clients(jobs_cluster& cluster, sim_device_groups& devices) : cluster_(cluster), devices_(devices) {
  cluster_.on_client_effect([this](uint32_t node, jobs_effect effect) { on_effect(node, effect); });
  cluster_.on_header_synced([this](const job_header& header) { check_end(header); });
}

void jobs_clients::complain(const client& who, const std::string& what) {
  if (problem_.empty())
    problem_ = "job " + who.plan.request_id + " (" + std::to_string(who.plan.texts.size()) + " items) at node " +
               std::to_string(who.node) + ": " + what;
}

std::optional<uint32_t> jobs_clients::any_node() {
  std::vector<uint32_t> up;
  for (uint32_t node = 0; node < cluster_.size(); ++node)
    if (cluster_.up(node) && !cluster_.paused(node))
      up.push_back(node);
  if (up.empty())
    return std::nullopt;
  return up[cluster_.world().random().below(static_cast<uint32_t>(up.size()))];
}

void jobs_clients::submit(job_plan plan) {
  auto made = std::make_unique<client>();
  made->plan = std::move(plan);
  made->id = job_id_of(tenant, made->plan.request_id);
  segment_cutter cutter;
  auto cuts = cutter.add(made->plan.texts);
  cuts.push_back(cutter.finish());
  for (const auto& cut : cuts)
    made->segments.emplace_back(cut.first_item, cut.first_item + cut.texts.size());
  if (made->plan.breaks_at)
    devices_.break_at(made->id, *made->plan.breaks_at);
  clients_.push_back(std::move(made));
  open(clients_.size() - 1);
}

void jobs_clients::open(size_t index) {
  auto& who = *clients_[index];
  if (who.at != stage::idle)
    return;
  const auto node = any_node();
  if (!node)
    return cluster_.later(500ms, [this, index] { open(index); });
  who.node = *node;
  who.at = stage::opening;
  who.submission = cluster_.next_number();
  who.has_completed = false;
  who.opened_at = who.heard_at = cluster_.world().now();
  ++who.attempts;
  by_number_[who.submission] = index;
  job_opening opening;
  opening.tenant = tenant;
  opening.request_id = who.plan.request_id;
  opening.priority = who.plan.priority;
  opening.synced = who.plan.synced;
  opening.retention = who.plan.retention;
  opening.precision = numeric_class::fp32; // that of the sim's engines
  if (who.plan.corpus)
    opening.corpus = encode(*who.plan.corpus);
  cluster_.call(*node,
                [number = who.submission, opening](jobs_core& core, job_time now) { core.open(number, opening, now); });
  watch_over(index);
}

/// Nothing for a long time: it tries elsewhere.
void jobs_clients::watch_over(size_t index) {
  auto& who = *clients_[index];
  cluster_.later(1s, [this, index, submission = who.submission] {
    auto& watched = *clients_[index];
    if (watched.submission != submission || submission == 0)
      return;
    if (cluster_.world().now() - watched.heard_at > patience)
      break_off(index, 100ms);
    else
      watch_over(index);
  });
}

void jobs_clients::break_off(size_t index, duration wait) {
  auto& who = *clients_[index];
  if (who.submission == 0)
    return;
  const auto submission = std::exchange(who.submission, 0);
  by_number_.erase(submission);
  who.at = stage::idle;
  const bool is_seen_late = cluster_.world().random().chance(0.3); // by keepalive
  if (cluster_.up(who.node))
    cluster_.call(who.node, is_seen_late ? 20s : 0s,
                  [submission](jobs_core& core, job_time now) { core.abandon(submission, now); });
  cluster_.later(wait, [this, index] { open(index); });
}

void jobs_clients::node_gone(uint32_t node) {
  for (size_t index = 0; index < clients_.size(); ++index)
    if (auto& who = *clients_[index]; who.node == node) {
      if (who.reader != 0) {
        by_number_.erase(std::exchange(who.reader, 0));
        cluster_.later(500ms, [this, index] { read(index); });
      }
      break_off(index, cluster_.world().random().within(duration{1s}));
    }
}

void jobs_clients::cut_one() {
  if (!clients_.empty())
    break_off(cluster_.world().random().below(static_cast<uint32_t>(clients_.size())), 500ms);
}

void jobs_clients::on_effect(uint32_t node, jobs_effect& effect) {
  const auto index_of = [&](uint64_t number) -> std::optional<size_t> {
    const auto found = by_number_.find(number);
    if (found == by_number_.end() || clients_[found->second]->node != node)
      return std::nullopt;
    return found->second;
  };
  if (const auto* open = std::get_if<submission_opened>(&effect)) {
    if (const auto index = index_of(open->submission))
      opened(*index, open->job);
  } else if (const auto* safe = std::get_if<submission_durable>(&effect)) {
    if (const auto index = index_of(safe->submission))
      durable(*index, safe->items);
  } else if (const auto* end = std::get_if<submission_ended>(&effect)) {
    if (const auto index = index_of(end->submission))
      ended(*index, end->outcome);
  } else if (const auto* cancelled = std::get_if<cancel_answered>(&effect)) {
    if (const auto index = index_of(cancelled->question); index && cancelled->outcome)
      check_headers(
          *clients_[*index], [](const job_header& header) { return is_end(header.state); }, "as cancelled");
    by_number_.erase(cancelled->question);
  } else if (const auto* given_page = std::get_if<reader_given>(&effect)) {
    if (const auto index = index_of(given_page->reader))
      given(*index, given_page->page);
  } else if (const auto* read_end = std::get_if<reader_ended>(&effect)) {
    if (const auto index = index_of(read_end->reader))
      read_ended(*index, read_end->outcome);
  } else if (const auto* corpus = std::get_if<corpus_read>(&effect)) {
    corpus_given(corpus->question, corpus->outcome);
  }
}

/// A node that reaches nobody must not promise what it has heard since.
void jobs_clients::check_isolation(const client& who, time_point asked, const char* what) {
  if (const auto since = cluster_.isolated_since(who.node); since && asked > *since)
    complain(who, std::string{"an isolated node acknowledged "} + what);
}

void jobs_clients::opened(size_t index, const job_status& job) {
  auto& who = *clients_[index];
  who.heard_at = cluster_.world().now();
  const auto items = job.header.progress.items_durable;
  if (who.attempts == 1)
    check_isolation(who, who.opened_at, "a job");
  if (job.header.id != who.id || items > who.plan.texts.size())
    return complain(who, "it was opened as " + to_text(job.header.id) + " with " + std::to_string(items) + " items");
  check_copies(who, 0, items);
  who.at = stage::sending;
  who.next = who.durable = items;
  who.acknowledged = std::max(who.acknowledged, items);
  who.appended_at.assign(items, who.opened_at);
  push(index);
}

/// Some texts at a time, with pauses.
void jobs_clients::push(size_t index) {
  auto& who = *clients_[index];
  if (who.at != stage::sending || who.waits || !cluster_.up(who.node))
    return;
  auto& random = cluster_.world().random();
  if (who.next == who.plan.texts.size()) {
    if (!std::exchange(who.has_completed, true)) {
      who.completed_at = cluster_.world().now();
      cluster_.call(who.node, [number = who.submission](jobs_core& core, job_time now) { core.complete(number, now); });
    }
    return;
  }
  uint64_t bytes = 0;
  for (auto item = who.durable; item < who.next; ++item)
    bytes += who.plan.texts[item].size();
  std::vector<std::string> texts;
  for (auto left = 1 + random.below(200); left > 0 && who.next < who.plan.texts.size(); --left) {
    const auto& text = who.plan.texts[who.next];
    bytes += text.size();
    if (who.next - who.durable >= unacknowledged_max || bytes > unacknowledged_bytes_max)
      break;
    texts.push_back(text);
    who.appended_at.push_back(cluster_.world().now());
    ++who.next;
  }
  if (texts.empty())
    return;
  cluster_.call(who.node, [number = who.submission, texts = std::move(texts)](jobs_core& core, job_time now) {
    core.append(number, texts, now);
  });
  who.waits = true;
  const auto pause = random.chance(0.1) ? random.within(duration{2s}) : random.within(duration{20ms});
  cluster_.later(pause, [this, index] {
    clients_[index]->waits = false;
    push(index);
  });
}

void jobs_clients::durable(size_t index, uint64_t items) {
  auto& who = *clients_[index];
  who.heard_at = cluster_.world().now();
  if (items > who.next || items < who.durable)
    return complain(who, std::to_string(items) + " items are acknowledged after " + std::to_string(who.durable) +
                             ", of " + std::to_string(who.next));
  if (items > who.durable) {
    check_isolation(who, who.appended_at[items - 1], "items");
    check_copies(who, who.durable, items);
  }
  who.durable = items;
  who.acknowledged = std::max(who.acknowledged, items);
  cluster_.world().trace(items);
  if (who.plan.leaves_at && who.acknowledged >= *who.plan.leaves_at) {
    break_off(index, 0s);
    who.at = stage::left;
    return;
  }
  push(index);
}

void jobs_clients::ended(size_t index, const result<job_status>& outcome) {
  auto& who = *clients_[index];
  by_number_.erase(std::exchange(who.submission, 0));
  if (outcome) {
    if (!who.has_completed && outcome->header.state == job_state::pending)
      return complain(who, "its submission ended well before it was complete");
    if (who.attempts == 1)
      check_isolation(who, who.completed_at, "the whole");
    check_headers(
        who, [](const job_header& header) { return header.state != job_state::pending; }, "as complete");
    who.at = stage::submitted;
    who.acknowledged = who.plan.texts.size();
    cluster_.world().trace(who.acknowledged);
    if (who.plan.cancels)
      cancel(index);
    else if (who.plan.reads_early && who.is_to_read())
      read(index);
    return;
  }
  who.at = stage::idle;
  const auto code = outcome.error().code;
  if (code == errc::job_removed && who.plan.retention) { // it did not hear of the end before
    who.at = stage::submitted;
    return;
  }
  if (info(code).status == canonical::invalid_argument || code == errc::internal)
    return complain(who, "refused: " + outcome.error().message);
  cluster_.later(200ms + cluster_.world().random().within(duration{2s}), [this, index] { open(index); });
}

void jobs_clients::cancel(size_t index) {
  auto& who = *clients_[index];
  const auto question = cluster_.next_number();
  by_number_[question] = index;
  cluster_.call(who.node, [question, id = who.id](jobs_core& core, job_time now) {
    core.cancel(question, {id, tenant, false}, now);
  });
}

} // namespace weft::sim
