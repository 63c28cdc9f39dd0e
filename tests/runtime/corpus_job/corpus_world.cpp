#include "tests/runtime/corpus_job/corpus_world.hpp"

#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/corpus_job/message_codec.hpp"
#include "tests/runtime/corpus/divided_corpus.hpp"

#include <doctest/doctest.h>

#include <algorithm>

namespace weft::test {
namespace {

using std::chrono::milliseconds;

} // namespace

corpus_run_setup sim_run_setup(corpus_rows rows, const corpus_options& options) {
  corpus_run_setup out{.rows = std::move(rows), .options = options};
  out.round_bytes_max = 1'000;
  return out;
}

corpus_world::corpus_world(corpus_world_options options)
    : options_(options), draw_(options.seed), nodes_(options.nodes), asked_{.clusters = 5,
                                                                            .iterations_max = 12,
                                                                            .seed = 3,
                                                                            .duplicate_similarity = 9'800,
                                                                            .duplicate_group_items = 30,
                                                                            .extract_tokens = 200},
      all_(some_corpus(options.seed, options.items, 8, 5, 1.1F)) {
  uint64_t item = 0;
  std::vector<item_run> gaps;
  for (uint32_t s = 0; s < options.segments; ++s) {
    const uint32_t here = options.items / options.segments + (s < options.items % options.segments ? 1 : 0);
    const uint32_t failed = draw_.below(3);
    segments_.push_back({s, item, here, failed, draw_.next(), {}});
    failed_.push_back(failed > 0 ? std::vector<item_run>{{item + draw_.below(here), failed}} : std::vector<item_run>{});
    gaps.insert(gaps.end(), failed_.back().begin(), failed_.back().end());
    item += here + failed;
    for (uint32_t c = 0; c < std::min(options.copies, options.nodes); ++c)
      nodes_[(s + c) % options.nodes].disk.insert(s);
  }
  auto made = item_gaps::of(std::move(gaps), item);
  REQUIRE(made);
  gaps_ = std::move(*made);
  auto clean = run_alone(sim_run_setup(all_, asked_));
  REQUIRE(clean);
  clean_ = *std::move(clean);
  for (uint32_t n = 0; n < options.nodes; ++n) {
    nodes_[n].member = std::make_unique<corpus_member_core>(worker(n));
    on_node(n, between(0, 100), [this, n] { look_around(n); });
    on_node(n, between(0, 100), [this, n] { tick(n); });
  }
}

corpus_world::~corpus_world() = default;

group_worker corpus_world::worker(uint32_t node) const {
  return {node_id{node + 1}, boot_epoch{nodes_[node].boot}, 0};
}

bool corpus_world::reaches(uint32_t from, uint32_t to) const {
  return nodes_[from].is_alive && nodes_[to].is_alive && side_.contains(from) == side_.contains(to);
}

milliseconds corpus_world::between(int from, int to) {
  return milliseconds{from + static_cast<int>(draw_.below(static_cast<uint32_t>(to - from)))};
}

void corpus_world::at(milliseconds after, event what) {
  events_.emplace(std::pair{now_ + after, ++last_event_}, std::move(what));
}

void corpus_world::on_node(uint32_t node, milliseconds after, event what) {
  at(after, [this, node, boot = nodes_[node].boot, what = std::move(what)] {
    if (is_same(node, boot))
      what();
  });
}

void corpus_world::run_for(milliseconds span) {
  const auto until = now_ + span;
  while (!events_.empty() && events_.begin()->first.first <= until) {
    auto next = events_.extract(events_.begin());
    now_ = next.key().first;
    next.mapped()();
  }
  now_ = until;
}

bool corpus_world::run_to_end(milliseconds at_most) {
  const auto until = now_ + at_most;
  const auto is_quiet = [&] {
    return std::all_of(nodes_.begin(), nodes_.end(), [](const sim_node& node) {
      return !node.is_alive || (node.knows_end && node.member->corpora() == 0 && !node.leader);
    });
  };
  while (now_ < until && !(has_ended_ && is_quiet()))
    run_for(milliseconds{500});
  return has_ended_ && is_quiet();
}

void corpus_world::kill(uint32_t node) {
  auto& it = nodes_[node];
  it.is_alive = false;
  it.member.reset();
  it.leader.reset();
  it.corpus.reset();
  faults_changed();
}

void corpus_world::restart(uint32_t node) {
  auto& it = nodes_[node];
  if (it.is_alive)
    return;
  it.is_alive = true;
  ++it.boot;
  it.member = std::make_unique<corpus_member_core>(worker(node));
  on_node(node, between(0, 100), [this, node] { tick(node); });
  faults_changed();
}

void corpus_world::cut(std::set<uint32_t> side) {
  side_ = std::move(side);
  faults_changed();
}

void corpus_world::heal() {
  side_.clear();
  faults_changed();
}

void corpus_world::cancel() {
  is_cancelled_ = has_ended_ = true;
  end_job(0);
}

void corpus_world::hurt_checkpoints() {
  for (auto& node : nodes_)
    for (auto& [index, kept] : node.attached)
      if (attached_at(index)->kind != attached_kind::outcome)
        kept.second[kept.second.size() / 2] ^= 1;
}

void corpus_world::break_engine(corpus_progress from) {
  engine_fails_at_ = from;
}

/// The detector of each node knows after a while, each after another.
void corpus_world::faults_changed() {
  for (uint32_t n = 0; n < nodes_.size(); ++n)
    if (nodes_[n].is_alive)
      on_node(n, between(300, 2'000), [this, n] { look_around(n); });
}

void corpus_world::look_around(uint32_t node) {
  auto& it = nodes_[node];
  std::vector<group_worker> live;
  for (uint32_t other = 0; other < nodes_.size(); ++other)
    if (reaches(node, other)) {
      live.push_back(worker(other));
      it.knows_end = it.knows_end || nodes_[other].knows_end; // headers are compared
    }
  if (it.knows_end) {
    it.member->job_ended(sim_job);
    if (it.leader && is_cancelled_)
      it.leader->stop(now_);
    else if (it.leader && it.leader->phase() != corpus_phase::ending)
      it.leader->resign();
  } else if (live.front().node != worker(node).node) {
    if (it.leader)
      it.leader->resign();
  } else if (!it.leader) {
    it.leader = std::make_unique<corpus_job_core>(
        corpus_job_setup{sim_job, worker(node), asked_, gaps_.items_total(), static_cast<uint32_t>(segments_.size()),
                         static_cast<uint64_t>((now_ - begin_) / milliseconds{100})},
        options_.leading);
    it.leader->set_members(live, nodes_.size(), now_);
    it.leader->embedded(now_);
  } else {
    it.leader->set_members(live, nodes_.size(), now_);
  }
  act(node);
}

void corpus_world::tick(uint32_t node) {
  auto& it = nodes_[node];
  it.member->tick(now_);
  if (it.leader) {
    // Whoever says that nothing waits for the time must not want anything when it passes.
    const auto wake = it.leader->next_wake();
    it.leader->tick(now_);
    if (!wake || *wake > now_)
      CHECK(it.leader->take_effects().empty());
  }
  act(node);
  on_node(node, milliseconds{50}, [this, node] { tick(node); });
}

/// Does what the node's cores want.
void corpus_world::act(uint32_t node) {
  auto& it = nodes_[node];
  for (auto& effect : it.member->take_effects())
    std::visit([&](auto& what) { perform(node, what); }, effect);
  if (!it.leader)
    return;
  epoch_seen_ = std::max(epoch_seen_, it.leader->epoch());
  for (auto& effect : it.leader->take_effects()) {
    if (const auto* send = std::get_if<send_order>(&effect)) {
      carry(node, *send);
    } else if (const auto* ask = std::get_if<survey_corpus>(&effect)) {
      on_node(node, between(5, 60), [this, node, ticket = ask->ticket] {
        if (!nodes_[node].leader)
          return;
        nodes_[node].leader->surveyed(ticket, survey_from(node), now_);
        act(node);
      });
    } else if (auto* lost = std::get_if<keep_outcome>(&effect)) {
      keep(node, attached_kind::outcome, lost->generation, encode(lost->outcome),
           [this, node, ticket = lost->ticket](const status& kept) {
             if (nodes_[node].leader)
               nodes_[node].leader->outcome_kept(ticket, kept, now_);
           });
    } else if (const auto* over = std::get_if<corpus_over>(&effect)) {
      ends_.push_back(over->why);
      has_ended_ = true;
      end_job(node);
    }
  }
  if (it.leader->phase() == corpus_phase::ended)
    it.leader.reset();
}

void corpus_world::end_job(uint32_t node) {
  for (uint32_t other = 0; other < nodes_.size(); ++other)
    if (other == node || reaches(node, other)) {
      nodes_[other].knows_end = true;
      if (nodes_[other].is_alive)
        on_node(other, between(1, 30), [this, other] { look_around(other); });
    }
}

void corpus_world::carry(uint32_t from, const send_order& what) {
  const auto to = static_cast<uint32_t>(static_cast<uint64_t>(what.to) - 1);
  const auto bytes = encode(what.order);
  const int times = draw_.chance(options_.loss) ? 0 : draw_.chance(options_.loss) ? 2 : 1;
  for (int i = 0; i < times; ++i)
    at(between(1, 40), [this, from, to, bytes] {
      if (reaches(from, to))
        receive(to, from, bytes);
    });
}

void corpus_world::receive(uint32_t node, uint32_t from, const std::string& bytes) {
  const auto order = decode_corpus_order(bytes);
  REQUIRE(order);
  const auto answer = encode(nodes_[node].member->ordered(*order, now_));
  act(node);
  const int times = draw_.chance(options_.loss) ? 0 : draw_.chance(options_.loss) ? 2 : 1;
  for (int i = 0; i < times; ++i)
    at(between(1, 40), [this, node, from, answer] {
      if (!nodes_[from].leader || side_.contains(node) != side_.contains(from))
        return;
      const auto report = decode_corpus_report(answer);
      REQUIRE(report);
      nodes_[from].leader->reported(*report, now_);
      act(from);
    });
}

/// The newest whole form among these disks.
std::optional<std::string> corpus_world::find_attached(const std::vector<const sim_node*>& among, attached_kind kind,
                                                       uint64_t* generation, size_t* holders) const {
  std::optional<std::string> best;
  uint64_t newest = 0;
  size_t count = 0;
  for (const auto* node : among) {
    const auto found = node->attached.find(attached_index(kind, 0));
    if (found == node->attached.end())
      continue;
    const std::vector<std::string> bodies{found->second.second};
    auto whole = join_attachment(kind, bodies);
    if (!whole || (best && whole->generation < newest))
      continue;
    count = best && whole->generation == newest ? count + 1 : 1;
    newest = whole->generation;
    best = std::move(whole->bytes);
  }
  if (generation)
    *generation = newest;
  if (holders)
    *holders = count;
  return best;
}

corpus_survey corpus_world::survey_from(uint32_t node) const {
  corpus_survey out;
  std::vector<const sim_node*> found;
  for (uint32_t other = 0; other < nodes_.size(); ++other)
    if (reaches(node, other))
      found.push_back(&nodes_[other]);
  for (auto holding : segments_) {
    for (uint32_t other = 0; other < nodes_.size(); ++other)
      if (reaches(node, other) && nodes_[other].disk.contains(holding.segment))
        holding.holders.push_back(worker(other).node);
    if (!holding.holders.empty())
      out.segments.push_back(std::move(holding));
  }
  for (const auto* other : found)
    for (const auto& [index, kept] : other->attached)
      out.newest_generation = std::max(out.newest_generation, kept.first);
  uint64_t generation = 0;
  size_t holders = 0;
  out.has_outcome = find_attached(found, attached_kind::outcome, &generation, &holders) && holders >= 2;
  for (const auto kind : {attached_kind::checkpoint_a, attached_kind::checkpoint_b})
    if (find_attached(found, kind, &generation, nullptr))
      out.checkpoints.emplace_back(kind, generation);
  return out;
}

/// To this node's disk and to others', in turn; two are needed.
void corpus_world::keep(uint32_t node, attached_kind kind, uint64_t generation, std::string bytes,
                        std::function<void(status)> done) {
  auto parts = cut_attachment(kind, generation, bytes);
  REQUIRE(parts);
  REQUIRE(parts->size() == 1);
  auto kept = std::make_shared<uint32_t>(0);
  for (uint32_t i = 0; i < std::min<size_t>(options_.copies, nodes_.size()); ++i) {
    const auto to = static_cast<uint32_t>((node + i) % nodes_.size());
    on_node(node, between(1, 80), [this, node, to, kind, generation, kept, body = (*parts)[0]] {
      if (!reaches(node, to))
        return;
      auto& there = nodes_[to].attached[attached_index(kind, 0)];
      if (generation >= there.first)
        there = {generation, body};
      ++*kept;
    });
  }
  on_node(node, milliseconds{90}, [this, node, kept, done = std::move(done)] {
    done(*kept >= 2 ? ok : status{failure{errc::no_quorum, "too few nodes keep it"}});
    act(node);
  });
}

size_t corpus_world::remembered() const {
  size_t out = 0;
  for (const auto& node : nodes_)
    out += node.corpus.has_value();
  return out;
}

bool corpus_world::has_kept_checkpoint() const {
  return std::any_of(nodes_.begin(), nodes_.end(), [](const sim_node& node) {
    return node.attached.contains(attached_index(attached_kind::checkpoint_a, 0)) ||
           node.attached.contains(attached_index(attached_kind::checkpoint_b, 0));
  });
}

std::vector<corpus_outcome> corpus_world::outcomes() const {
  std::vector<corpus_outcome> out;
  for (const auto& node : nodes_) {
    const auto bytes = find_attached({&node}, attached_kind::outcome);
    if (!bytes)
      continue;
    auto outcome = decode_corpus_outcome(*bytes);
    REQUIRE(outcome);
    if (std::find(out.begin(), out.end(), *outcome) == out.end())
      out.push_back(std::move(*outcome));
  }
  return out;
}

} // namespace weft::test
