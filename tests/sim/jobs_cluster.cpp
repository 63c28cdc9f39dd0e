#include "tests/sim/jobs_cluster.hpp"

#include "runtime/base/assert.hpp"
#include "tests/runtime/jobs/fake_corpus.hpp"

#include <algorithm>
#include <utility>

namespace weft::sim {
namespace {

using namespace std::chrono_literals;

/// A connection that died in silence is noticed by its keepalive.
constexpr std::chrono::milliseconds keepalive = 6s;

uint64_t text_hash(const std::string& text) {
  uint64_t hash = 0xcbf29ce484222325ULL;
  for (const auto character : text)
    hash = (hash ^ static_cast<unsigned char>(character)) * 0x100000001b3ULL;
  return hash;
}

uint64_t size_of(const job_request& request) {
  uint64_t bytes = 64;
  if (const auto* keep = std::get_if<keep_records>(&request))
    for (const auto& segment : keep->segments)
      bytes += segment.body->size();
  return bytes;
}

} // namespace

item_outcome expected_outcome(const std::string& text) {
  item_outcome outcome;
  if (text.starts_with("poison")) {
    outcome.code = errc::engine_failed;
  } else if (text.starts_with("bad")) {
    outcome.code = errc::invalid_utf8;
  } else if (text.starts_with("corpus") || text.starts_with("heavy corpus")) {
    return test::corpus_item(text);
  } else {
    const auto hash = text_hash(text);
    outcome.value.values = {static_cast<float>(hash & 0xffff), static_cast<float>(hash >> 48)};
    outcome.value.tokens = static_cast<uint32_t>(text.size() % 512);
  }
  return outcome;
}

jobs_cluster::jobs_cluster(uint64_t seed, uint32_t nodes, jobs_options options)
    : world_(seed), options_(std::move(options)), network_(world_, *this, nodes), hosts_(nodes),
      cut_(nodes, std::vector<bool>(nodes)) {
  WEFT_ASSERT(nodes <= decltype(network_)::groups_max);
  options_.region = "local";
  options_.retention_min = 1ms; // so that jobs are removed within a life
  options_.models = {"m"};
  for (uint32_t node = 0; node < nodes; ++node) {
    hosts_[node].id = node_id{world_.random().next() | 1};
    hosts_[node].seen.resize(nodes);
    hosts_[node].clock_skew = world_.random().within(duration{400ms}) - 200ms;
    network_.set_group(node, static_cast<uint8_t>(node));
  }
  detect();
}

job_time jobs_cluster::now(uint32_t node) const {
  const auto wall = world_.now().time_since_epoch() + hosts_[node].clock_skew + std::chrono::hours{24 * 365 * 50};
  return {world_.now(), wall_time{std::chrono::floor<std::chrono::milliseconds>(wall)}};
}

void jobs_cluster::later(duration time, std::function<void()> what) {
  pending_.emplace(++last_pending_, std::move(what));
  world_.after(time, *this, last_pending_);
}

template <class Function> void jobs_cluster::later_in(uint32_t node, duration time, Function function) {
  later(time, [this, node, process = hosts_[node].process, function = std::move(function)]() mutable {
    if (hosts_[node].process != process)
      return;
    if (!paused(node)) {
      function();
      return act(node);
    }
    hosts_[node].missed.emplace_back([this, node, process, function = std::move(function)]() mutable {
      if (hosts_[node].process != process)
        return;
      function();
      act(node);
    });
  });
}

void jobs_cluster::call(uint32_t node, duration time, input what) {
  later_in(node, time, [this, node, what = std::move(what)] { what(core(node), now(node)); });
}

void jobs_cluster::wake(uint64_t token) {
  const auto what = std::move(pending_.extract(token).mapped());
  what();
}

void jobs_cluster::start(uint32_t node) {
  auto& host = hosts_[node];
  WEFT_ASSERT(!up(node));
  host.process = ++last_process_;
  ++host.epoch;
  host.condition = member_condition::serving;
  host.disk_free = host.engine_free = world_.now();
  host.scheduled = time_point::max();
  host.paused_until = {};
  host.missed.clear();
  for (auto& seen : host.seen)
    seen = {};
  host.core = std::make_unique<jobs_core>(host.id, options_);
  world_.trace(node * 2 + 1);
  publish_view(node);
  note_isolation();
  later_in(node, world_.random().within(duration{50ms}),
           [this, node] { hosts_[node].core->loaded(hosts_[node].disk.load(), now(node)); });
  act(node);
}

void jobs_cluster::crash(uint32_t node, bool refuses) {
  auto& host = hosts_[node];
  WEFT_ASSERT(up(node));
  world_.trace(node * 2);
  host.core.reset();
  host.process = 0;
  host.refuses = refuses;
  host.asks.clear();
  host.questions.clear();
  host.disk.lose_unsynced(world_.random());
  note_isolation();
  if (!refuses)
    return;
  for (uint32_t other = 0; other < size(); ++other) // connections are reset
    for (const auto& [ticket, ask] : hosts_[other].asks)
      if (ask.to == node)
        fail_ask(other, hosts_[other].process, ticket, "the connection was reset");
}

void jobs_cluster::pause(uint32_t node, duration time) {
  const auto end = hosts_[node].paused_until = world_.now() + time;
  note_isolation();
  later(time, [this, node, end] {
    if (hosts_[node].paused_until == end)
      wake_up(node);
  });
}

/// To its timers first or to what came meanwhile, by chance.
void jobs_cluster::wake_up(uint32_t node) {
  auto& host = hosts_[node];
  host.paused_until = {};
  note_isolation();
  if (up(node) && world_.random().chance(0.5)) {
    host.core->tick(now(node));
    act(node);
  }
  for (const auto& missed : std::exchange(host.missed, {}))
    missed();
  act(node);
}

void jobs_cluster::cut(uint32_t from, uint32_t to, bool is_cut) {
  cut_[from][to] = is_cut;
  network_.cut(static_cast<uint8_t>(from), static_cast<uint8_t>(to), is_cut);
  note_isolation();
}

void jobs_cluster::heal_links() {
  for (auto& row : cut_)
    row.assign(size(), false);
  network_.heal();
  note_isolation();
}

void jobs_cluster::stall_engine(uint32_t node, duration time) {
  hosts_[node].engine_free = std::max(hosts_[node].engine_free, world_.now()) + time;
}

void jobs_cluster::act(uint32_t node) {
  while (up(node)) {
    auto effects = hosts_[node].core->take_effects();
    if (effects.empty())
      break;
    for (auto& effect : effects) {
      world_.trace(uint64_t{node} << 8 | effect.index());
      take(node, effect);
    }
  }
  arm(node);
}

void jobs_cluster::arm(uint32_t node) {
  auto& host = hosts_[node];
  if (!up(node))
    return;
  const auto wake = host.core->next_wake();
  if (!wake)
    return;
  const auto next = std::max({*wake, world_.now() + 1ms, host.paused_until}); // no clock is finer than 1 ms
  if (next >= host.scheduled)
    return;
  host.scheduled = next;
  later(next - world_.now(), [this, node, next, process = host.process] {
    auto& woken = hosts_[node];
    if (woken.process != process || woken.scheduled != next)
      return;
    woken.scheduled = time_point::max();
    if (paused(node))
      return arm(node);
    woken.core->tick(now(node));
    act(node);
  });
}

void jobs_cluster::take(uint32_t node, jobs_effect& effect) {
  if (auto* out = std::get_if<write_log>(&effect))
    write(node, std::move(*out));
  else if (auto* look = std::get_if<read_log>(&effect))
    read(node, std::move(*look));
  else if (auto* question = std::get_if<ask_node>(&effect))
    ask(node, std::move(*question));
  else if (auto* reply = std::get_if<answer_node>(&effect))
    answer(node, std::move(*reply));
  else if (const auto* work = std::get_if<run_texts>(&effect))
    run(node, *work);
  else if (auto* wanted = std::get_if<want_corpus>(&effect); wanted && corpora_)
    corpora_(node, wanted->effect);
  else if (!std::holds_alternative<cancel_run>(effect) && client_effects_)
    client_effects_(node, std::move(effect));
}

/// One after the other: a later batch is not there before an earlier one.
void jobs_cluster::write(uint32_t node, write_log effect) {
  auto& host = hosts_[node];
  host.disk_free = std::max(host.disk_free, world_.now()) + 100us + world_.random().within(host.disk_delay);
  const auto wait = host.disk_free - world_.now();
  if (host.disk.full) {
    later_in(node, wait, [this, node, ticket = effect.ticket] {
      hosts_[node].core->log_written(ticket, failure{errc::storage_full, "the disk is full"}, now(node));
    });
    return;
  }
  auto headers = effect.batch.headers;
  host.disk.write(std::move(effect.batch));
  later_in(node, wait, [this, node, ticket = effect.ticket, headers = std::move(headers)] {
    hosts_[node].disk.sync();
    for (const auto& header : headers)
      if (header_synced_)
        header_synced_(header);
    hosts_[node].core->log_written(ticket, ok, now(node));
  });
}

void jobs_cluster::read(uint32_t node, read_log effect) {
  later_in(node, 50us + world_.random().within(duration{1ms}), [this, node, effect = std::move(effect)] {
    hosts_[node].core->log_read(effect.ticket, hosts_[node].disk.read(effect.ids), now(node));
  });
}

void jobs_cluster::ask(uint32_t node, ask_node effect) {
  uint32_t to = 0;
  while (to < size() && hosts_[to].id != effect.to)
    ++to;
  auto& host = hosts_[node];
  const auto process = host.process;
  const auto ticket = effect.ticket;
  WEFT_ASSERT(to < size() && to != node);
  const bool is_new = host.asks.emplace(ticket, open_ask{to}).second;
  WEFT_ASSERT(is_new);
  later(std::min(effect.within, keepalive), [this, node, process, ticket] {
    if (hosts_[node].process == process && hosts_[node].asks.contains(ticket))
      fail_ask(node, process, ticket, "no answer in time");
  });
  bytes_sent_ += size_of(effect.request);
  const auto kind = static_cast<uint32_t>(effect.request.index());
  network_.send(node, to, {ticket, process, std::move(effect.request)}, kind);
}

void jobs_cluster::fail_ask(uint32_t node, uint64_t process, uint64_t ticket, const char* why) {
  if (hosts_[node].process != process)
    return;
  later_in(node, network_.delay(), [this, node, ticket, why] {
    if (hosts_[node].asks.erase(ticket) > 0)
      hosts_[node].core->answered(ticket, failure{errc::unavailable, why}, now(node));
  });
}

/// Changes a byte of a body, by chance.
bool jobs_cluster::corrupted(job_message& message) {
  std::vector<segment_record*> records;
  if (auto* request = std::get_if<job_request>(&message.body)) {
    if (auto* keep = std::get_if<keep_records>(request))
      for (auto& record : keep->segments)
        records.push_back(&record);
  } else if (auto& reply = std::get<result<job_answer>>(message.body); reply) {
    if (auto* fetched = std::get_if<segments_fetched>(&*reply))
      for (auto& record : fetched->segments)
        if (record)
          records.push_back(&*record);
  }
  auto& random = world_.random();
  if (records.empty() || corruption_ == 0 || !random.chance(corruption_))
    return false;
  auto& record = *records[random.below(static_cast<uint32_t>(records.size()))];
  auto body = *record.body;
  body[random.below(static_cast<uint32_t>(body.size()))] ^= 4;
  record.body = std::make_shared<const std::string>(std::move(body));
  return true;
}

void jobs_cluster::deliver(uint32_t from, uint32_t to, job_message message) {
  auto& host = hosts_[to];
  if (up(to) && paused(to))
    return later_in(
        to, 0s, [this, from, to, message = std::move(message)]() mutable { deliver(from, to, std::move(message)); });
  corrupted(message);
  if (auto* reply = std::get_if<result<job_answer>>(&message.body)) {
    if (host.process != message.process || host.asks.erase(message.ticket) == 0)
      return; // too late, or the second of two
    host.core->answered(message.ticket, std::move(*reply), now(to));
    return act(to);
  }
  if (!up(to)) {
    if (host.refuses)
      fail_ask(from, message.process, message.ticket, "the connection was refused");
    return;
  }
  const auto exchange = ++last_number_;
  auto request = std::get<job_request>(std::move(message.body));
  host.questions.emplace(exchange, std::pair{from, job_message{message.ticket, message.process, {}}});
  host.core->asked(exchange, std::move(request), now(to));
  act(to);
}

void jobs_cluster::answer(uint32_t node, answer_node effect) {
  const auto found = hosts_[node].questions.find(effect.exchange);
  WEFT_ASSERT(found != hosts_[node].questions.end()); // each is answered once
  auto [to, message] = std::move(found->second);
  hosts_[node].questions.erase(found);
  message.body = std::move(effect.answer);
  network_.send(node, to, std::move(message), 100);
}

void jobs_cluster::run(uint32_t node, const run_texts& effect) {
  auto& host = hosts_[node];
  auto& random = world_.random();
  run_outcome outcome = segment_results{};
  outcome->model = effect.work->spec.model;
  outcome->model_version = "1";
  for (size_t place = 0; place < effect.items.size() && outcome; ++place) {
    const auto& text = effect.work->texts.at(effect.items[place]);
    auto item = expected_outcome(text);
    const bool too_heavy = text.starts_with("heavy") && ((text_hash(text) >> node) & 1) != 0;
    if (item.code == errc::invalid_utf8)
      outcome = failure{item.code, "text " + std::to_string(place) + " is bad", {{"item", std::to_string(place)}}};
    else if (item.failed() || too_heavy)
      outcome = failure{errc::engine_failed, "the engine failed"};
    else
      outcome->items.push_back(std::move(item));
  }
  if (random.chance(0.02))
    outcome = failure{errc::overloaded, "the node is busy"};
  items_computed_ += effect.items.size();
  host.engine_free = std::max(host.engine_free, world_.now()) + 2ms + effect.items.size() * 100us;
  later_in(node, host.engine_free - world_.now(), [this, node, number = effect.run, outcome = std::move(outcome)] {
    hosts_[node].core->ran(number, outcome, now(node));
  });
}

} // namespace weft::sim
