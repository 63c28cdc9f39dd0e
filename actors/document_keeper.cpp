#include "actors/document_keeper.hpp"

#include "actors/borrowed_turns.hpp"
#include "actors/owners.hpp"
#include "actors/parent.hpp"

#include <algorithm>
#include <exception>
#include <type_traits>
#include <utility>

namespace weft {
namespace {

/// On a thread aside: whatever the next step is, it leaves its outcome in the task.
void step_once(document_task& task) {
  try {
    const auto answer = std::exchange(task.answer, std::monostate{});
    task.step = std::visit(
        [](auto& run, const auto& came) -> result<document_step> {
          if constexpr (std::is_same_v<std::decay_t<decltype(came)>, std::monostate>)
            return run.start();
          else if constexpr (requires { run.resume(came); })
            return run.resume(came);
          else
            return failure{errc::internal, "a document that is read has nothing to keep"};
        },
        task.run, answer);
  } catch (const std::exception& thrown) {
    task.step =
        result<document_step>{failure{errc::internal, std::string{"keeping a document failed: "} + thrown.what()}};
  }
}

} // namespace

void document_keeper_state::wire(const wiring_ptr& wiring) {
  if (!wiring_)
    end_with(self_, wiring->supervisor);
  wiring_ = wiring;
}

void document_keeper_state::hear(const cluster_view_ptr& cluster) {
  const bool same = cluster_ && same_owners(*cluster_, *cluster);
  cluster_ = cluster;
  if (!same)
    owners_ = setup_.link ? owners_in(*cluster) : placement{};
}

std::optional<failure> document_keeper_state::refusal(const context& caller) const {
  if (draining_)
    return failure{errc::draining, "the node takes no new calls"};
  if (wiring_->shards.empty())
    return failure{errc::unavailable, "documents are kept in the cache, and this node's is switched off"};
  if (caller.deadline <= now())
    return failure{errc::deadline_exceeded, "the deadline passed before the document had its turn"};
  if (operations_.size() < setup_.options.operations_max)
    return std::nullopt;
  return failure{errc::overloaded,
                 "the node is at work on " + std::to_string(operations_.size()) + " documents",
                 {{"limit", std::to_string(setup_.options.operations_max)}},
                 std::chrono::milliseconds{500}};
}

void document_keeper_state::edit(const document_edit_ask_ptr& asked) {
  const auto& [caller, edit] = asked->question;
  if (auto refused = refusal(caller))
    return asked->answer(*std::move(refused));
  begin(asked, caller,
        std::make_shared<document_task>(std::in_place_type<document_editing>, edit, caller.tenant,
                                        wiring_->cache_generation, setup_.options.limits));
}

void document_keeper_state::read(const document_read_ask_ptr& asked) {
  const auto& [caller, handle] = asked->question;
  if (auto refused = refusal(caller))
    return asked->answer(*std::move(refused));
  begin(asked, caller,
        std::make_shared<document_task>(std::in_place_type<document_reading>, handle, caller.tenant,
                                        wiring_->cache_generation, setup_.options.limits));
}

void document_keeper_state::begin(question asked, const context& caller, std::shared_ptr<document_task> task) {
  const auto number = ++last_number_;
  const auto latest = now() + setup_.options.within_max;
  operations_.emplace(number, open_operation{.task = std::move(task),
                                             .asked = std::move(asked),
                                             .deadline = std::min<time_point>(caller.deadline, latest)});
  take_step(number);
  arm_timer();
}

void document_keeper_state::take_step(uint64_t number) {
  setup_.services->aside([task = operations_.at(number).task, number, hdl = document_keeper_actor{self_}] {
    step_once(*task);
    caf::anon_send(hdl, stepped_atom_v, number);
  });
}

void document_keeper_state::stepped(uint64_t number) {
  const auto found = operations_.find(number);
  if (found == operations_.end())
    return;
  auto step = *std::exchange(found->second.task->step, std::nullopt);
  if (auto* wanted = step ? std::get_if<entries_wanted>(&*step) : nullptr)
    return look(number, *wanted);
  if (auto* gift = step ? std::get_if<entries_to_keep>(&*step) : nullptr)
    return give(number, std::move(*gift));
  finish(number, std::move(step));
}

document_keeper_state::keeping_place document_keeper_state::place_of(const cache_key& key, uint32_t rank) const {
  if (owners_.empty())
    return {.here = rank == 0};
  auto keepers = owners_.owners(key, 2);
  if (!keepers.contains(cluster_->self))
    keepers.push_back(cluster_->self);
  if (rank >= keepers.size())
    return {};
  const auto node = keepers[rank];
  return node == cluster_->self ? keeping_place{.here = true} : keeping_place{.member = find_member(*cluster_, node)};
}

void document_keeper_state::add_to(division& parts, const cache_key& key, uint32_t rank, size_t index) const {
  const auto [here, member] = place_of(key, rank);
  if (here)
    parts[std::nullopt].push_back(index);
  else if (member)
    parts[member->node].push_back(index);
}

void document_keeper_state::look(uint64_t number, const entries_wanted& wanted) {
  auto& operation = operations_.at(number);
  operation.task->answer =
      entries_found{.entries = std::vector<std::optional<stored_entry>>(wanted.keys.size()), .trouble = {}};
  division parts;
  for (size_t i = 0; i < wanted.keys.size(); ++i)
    add_to(parts, wanted.keys[i], wanted.place, i);
  operation.replies = static_cast<uint32_t>(parts.size());
  if (parts.empty())
    return take_step(number);
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(operation.deadline - now());
  const auto within = std::clamp(left, std::chrono::milliseconds{1}, setup_.options.look_within);
  for (auto& [node, indexes] : parts) {
    std::vector<cache_key> keys;
    for (const auto i : indexes)
      keys.push_back(wanted.keys[i]);
    auto tell = [number, at = std::move(indexes), hdl = document_keeper_actor{self_}](result<found_entries> found) {
      borrowed_turns::send_along(hdl, std::make_shared<document_reply>(document_reply{number, at, std::move(found)}));
    };
    if (node)
      setup_.link->find(*find_member(*cluster_, *node), std::move(keys), within, std::move(tell));
    else
      self_->send(wiring_->cache_keeper, std::make_shared<find_ask>(std::move(keys), std::move(tell)));
  }
}

void document_keeper_state::give(uint64_t number, entries_to_keep gift) {
  auto& operation = operations_.at(number);
  operation.task->answer = entries_kept{.kept = std::vector<bool>(gift.entries.size()), .trouble = {}};
  division parts;
  for (size_t i = 0; i < gift.entries.size(); ++i)
    add_to(parts, gift.entries[i].key, gift.place, i);
  operation.replies = static_cast<uint32_t>(parts.size());
  if (parts.empty())
    return take_step(number);
  for (auto& [node, indexes] : parts) {
    entry_parcel parcel;
    for (const auto i : indexes)
      parcel.entries.push_back(std::move(gift.entries[i]));
    parcel.uses.assign(indexes.size(), 1); // into memory: who makes a document reads it next
    auto tell = [number, at = std::move(indexes), hdl = document_keeper_actor{self_}](status kept) {
      borrowed_turns::send_along(hdl, std::make_shared<document_reply>(document_reply{number, at, std::move(kept)}));
    };
    if (node)
      setup_.link->give(*find_member(*cluster_, *node), std::move(parcel), std::move(tell));
    else
      self_->send(
          wiring_->cache_keeper,
          std::make_shared<keep_ask>(keep_entries{.parcel = std::move(parcel), .copy_on = true}, std::move(tell)));
  }
}

void document_keeper_state::replied(document_reply& reply) {
  const auto known = operations_.find(reply.operation);
  if (known == operations_.end())
    return;
  auto& answer = known->second.task->answer;
  if (auto* found = std::get_if<result<found_entries>>(&reply.answer)) {
    auto& all = std::get<entries_found>(answer);
    if (!*found)
      all.trouble = std::move(found->error());
    else
      for (size_t i = 0; i < reply.at.size() && i < (*found)->size(); ++i)
        if (auto& one = (**found)[i])
          all.entries[reply.at[i]] = std::move(one->entry);
  } else if (const auto& kept = std::get<status>(reply.answer); kept) {
    for (const auto i : reply.at)
      std::get<entries_kept>(answer).kept[i] = true;
  } else {
    std::get<entries_kept>(answer).trouble = kept.error();
  }
  if (--known->second.replies == 0)
    take_step(reply.operation);
}

void document_keeper_state::finish(uint64_t number, result<document_step> outcome) {
  const auto ended = operations_.extract(number);
  std::visit(
      [&](const auto& asked) {
        using slip = typename std::decay_t<decltype(asked)>::element_type;
        using value = std::conditional_t<std::is_same_v<slip, document_edit_ask>, document_state, document_text>;
        if (outcome)
          asked->answer(std::get<value>(*std::move(outcome)));
        else
          asked->answer(std::move(outcome.error()));
      },
      ended.mapped().asked);
}

void document_keeper_state::stop() {
  while (!operations_.empty())
    finish(operations_.begin()->first, failure{errc::draining, "the node is stopping"});
  self_->quit();
}

void document_keeper_state::tick() {
  if (now() >= armed_)
    armed_ = time_point::max();
  std::vector<uint64_t> late;
  for (const auto& [number, operation] : operations_)
    if (operation.deadline <= now())
      late.push_back(number);
  for (const auto number : late)
    finish(number, failure{errc::deadline_exceeded, "the deadline passed before the document was there"});
  arm_timer();
}

void document_keeper_state::arm_timer() {
  auto wake = time_point::max();
  for (const auto& [number, operation] : operations_)
    wake = std::min(wake, operation.deadline);
  if (wake >= armed_)
    return;
  armed_ = wake;
  self_->delayed_send(self_, std::max(wake - now(), duration::zero()), tick_atom_v);
}

document_keeper_actor::behavior_type document_keeper(document_keeper_state::self_pointer self,
                                                     const document_keeper_setup& setup) {
  auto& state = self->state;
  state.start(setup);
  name_exceptions(self);
  return {
      [&state](const document_edit_ask_ptr& asked) { state.edit(asked); },
      [&state](const document_read_ask_ptr& asked) { state.read(asked); },
      [&state](stepped_atom, uint64_t number) { state.stepped(number); },
      [&state](const document_reply_ptr& reply) { state.replied(*reply); },
      [&state](const cluster_view_ptr& cluster) { state.hear(cluster); },
      [&state](drain_atom) { state.drain(); },
      [self](stop_atom) { self->state.stop(); },
      [&state](wire_atom, const wiring_ptr& wiring) { state.wire(wiring); },
      [&state](tick_atom) { state.tick(); },
  };
}

} // namespace weft
