#pragma once

#include "actors/document_options.hpp"
#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "runtime/compress/document/document_editing.hpp"
#include "runtime/compress/document/document_reading.hpp"
#include "runtime/routing/placement.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <utility>
#include <variant>
#include <vector>

namespace weft {

struct document_keeper_setup {
  document_options options;
  std::shared_ptr<entry_link> link; ///< the way to other nodes' caches; null: none
  services_ptr services;
};

/// One operation's run. It is either with the actor or with a thread that takes its next step, never with both.
struct document_task {
  /// arguments: those of the run.
  template <class Run, class... Arguments>
  explicit document_task(std::in_place_type_t<Run> which, Arguments&&... arguments)
      : run(which, std::forward<Arguments>(arguments)...) {}

  std::variant<document_editing, document_reading> run;
  std::variant<std::monostate, entries_found, entries_kept> answer; ///< what its next step is given
  std::optional<result<document_step>> step;                        ///< what became of the last one
};

/// Duty: drives document_editing and document_reading: steps are taken on threads aside; entries go to, and come from,
/// the caches of those who own their keys, here through CACHE_KEEPER, elsewhere through entry_link. Second copies are
/// the owner's matter, as with all entries. Owner: NODE_SUPERVISOR. It answers every question that it took, in time;
/// when it dies, the questions answer themselves, and nothing is lost: what documents are is in the cache.
class document_keeper_state {
public:
  using self_pointer = document_keeper_actor::stateful_pointer<document_keeper_state>;
  static inline const char* name = "documents";

  explicit document_keeper_state(self_pointer self) : self_(self) {}
  void start(const document_keeper_setup& setup) { setup_ = setup; }

  void edit(const document_edit_ask_ptr& asked);
  void read(const document_read_ask_ptr& asked);
  void stepped(uint64_t number);
  void replied(document_reply& reply);
  void hear(const cluster_view_ptr& cluster);
  void wire(const wiring_ptr& wiring);
  void drain() { draining_ = true; }
  void stop();
  void tick();

private:
  using question = std::variant<document_edit_ask_ptr, document_read_ask_ptr>;
  struct open_operation {
    std::shared_ptr<document_task> task;
    question asked;
    time_point deadline{};
    uint32_t replies = 0; ///< on their way
  };
  /// Who keeps an entry: this node, another one (its member), or nobody of that rank.
  struct keeping_place {
    bool here = false;
    const cluster_member* member = nullptr;
  };
  /// What goes to one node: indexes into the step's keys or entries, by its id; this node is first.
  using division = std::map<std::optional<node_id>, std::vector<size_t>>;

  time_point now() const { return self_->clock().now(); }
  std::optional<failure> refusal(const context& caller) const;
  void begin(question asked, const context& caller, std::shared_ptr<document_task> task);
  void take_step(uint64_t number);
  void look(uint64_t number, const entries_wanted& wanted);
  void give(uint64_t number, entries_to_keep gift);
  keeping_place place_of(const cache_key& key, uint32_t rank) const;
  void add_to(division& parts, const cache_key& key, uint32_t rank, size_t index) const;
  void finish(uint64_t number, result<document_step> outcome);
  void arm_timer();

  self_pointer self_;
  document_keeper_setup setup_;
  wiring_ptr wiring_;
  cluster_view_ptr cluster_; ///< null: none was told
  placement owners_;         ///< empty while this node is alone
  std::map<uint64_t, open_operation> operations_;
  uint64_t last_number_ = 0;
  time_point armed_ = time_point::max();
  bool draining_ = false;
};

document_keeper_actor::behavior_type document_keeper(document_keeper_state::self_pointer self,
                                                     const document_keeper_setup& setup);

} // namespace weft
