#pragma once

#include "actors/compress_task.hpp"
#include "actors/compressor_trials.hpp"
#include "actors/interfaces.hpp"
#include "actors/services.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace weft {

struct compressor_setup {
  compress_options options;
  services_ptr services;
};

/// Duty: drives compress_run for each text of a call: steps are taken on threads aside, sentences are embedded by calls
/// of its own (through the cache, so a sentence that is known costs nothing), points go to an engine of the model's
/// pool. Owner: NODE_SUPERVISOR. It answers every call that it took; when it dies, the calls' last owner does. A call
/// fails with the first of its texts that does; calls for sentences that are refused (errc::overloaded) are made again
/// before that (overload_retry).
class compressor_state {
public:
  using self_pointer = compressor_actor::stateful_pointer<compressor_state>;
  static inline const char* name = "compressor";

  explicit compressor_state(self_pointer self) : self_(self) {}
  void start(const compressor_setup& setup);

  void enter(const call_ptr& call, const std::string& model);
  void stepped(uint64_t task);
  void embedded(uint64_t part, result<embed_result>& outcome);
  void computed(uint64_t task, engine_reply& reply);
  void hear(const std::string& model, const model_news& news);
  void wire(const wiring_ptr& wiring);
  void stop();
  void tick();
  void describe(const policy_ask_ptr& asked) const;

private:
  struct open_call {
    call_ptr source;
    model_ptr model;
    compress_parameters wanted;
    embed_result result;
    uint32_t missing = 0;
    time_point entered{};
  };
  struct active_task {
    std::shared_ptr<compress_task> task;
    uint64_t call = 0;
    std::vector<std::string> texts; ///< that vectors are needed of
    size_t texts_asked = 0;
    size_t texts_answered = 0;
    uint64_t sentences = 0; ///< that it has room for; 0: none was asked for yet
    uint32_t parts = 0;     ///< on their way
    bool holds_back = false;
  };
  struct open_part {
    uint64_t task = 0;
    size_t first = 0; ///< of the task's texts
    size_t count = 0;
    std::weak_ptr<call> source{};
    uint32_t tries = 0;
    time_point again_at = time_point::max(); ///< max: it is on its way
  };

  // compressor.cpp: the way of a call and of its texts
  time_point now() const { return self_->clock().now(); }
  void begin(const call_ptr& call, const model_ptr& model);
  void pump(); ///< begins what may begin
  void begin_task(uint64_t call, uint32_t index);
  void take_step(uint64_t number);
  void need_points(uint64_t number, engine_work work);
  void finish(uint64_t number, compress_output output);
  void learn(uint64_t number, const compress_report& report);
  void fail_task(uint64_t number, failure reason);
  void fail_call(uint64_t number, const failure& reason);
  void forget_task(uint64_t number);
  void arm_timer();

  // compressor_parts.cpp: a text's sentences
  void need_vectors(uint64_t number, vectors_needed needed);
  void admit_held_back();
  void ask_parts(uint64_t number);
  void ask(uint64_t number, open_part& part);
  void ask_again(); ///< for parts that were refused, when it is time

  self_pointer self_;
  compressor_setup setup_;
  wiring_ptr wiring_;
  std::unordered_map<std::string, model_ptr> models_;
  std::vector<std::pair<call_ptr, std::string>> parked_; ///< their model is not there yet
  std::map<uint64_t, open_call> calls_;
  /// Texts that have not begun, by the priority of their calls: call, index.
  std::array<std::deque<std::pair<uint64_t, uint32_t>>, priority_count> waiting_;
  std::map<uint64_t, active_task> tasks_;
  std::deque<uint64_t> held_back_; ///< tasks that wait for room for their vectors
  uint64_t sentences_ = 0;         ///< of tasks that have room for theirs
  std::map<uint64_t, open_part> parts_;
  compressor_trials trials_;
  uint64_t last_number_ = 0;
  time_point armed_ = time_point::max();
};

compressor_actor::behavior_type compressor(compressor_state::self_pointer self, const compressor_setup& setup);

} // namespace weft
