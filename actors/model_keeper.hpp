#pragma once

#include "actors/interfaces.hpp"
#include "actors/services.hpp"
#include "runtime/registry/model_registry.hpp"

#include <string>
#include <vector>

namespace weft {

struct model_keeper_setup {
  std::vector<model_entry> models;
  services_ptr services;
};

/// Duty: opens models, kept ones at start and lazy ones when a call needs them, and tells the pools. model_registry
/// decides when. Owner: NODE_SUPERVISOR. Threads: entries are opened aside. A restarted keeper opens anew; pools go on
/// with the model that they have.
class model_keeper_state {
public:
  using self_pointer = model_keeper_actor::stateful_pointer<model_keeper_state>;
  static inline const char* name = "keeper";

  explicit model_keeper_state(self_pointer self) : self_(self) {}
  void start(const model_keeper_setup& setup);

  void want(const std::string& model);
  void drop(const std::string& model);
  void lost(const std::string& model);
  void opened(const std::string& model, const result<model_ptr>& outcome);
  void wire(const wiring_ptr& wiring);

private:
  void open(const std::string& model);
  void tell(const tree_wiring::pool& pool) const;
  void tell_pools(const std::string& model) const;
  void tell_compressor(const std::string& model) const;
  /// Null while the model is being opened: whoever asks hears of it afterwards.
  news_ptr news_of(const std::string& model) const;
  void tell_others() const;
  void tell_settled();

  self_pointer self_;
  model_keeper_setup setup_;
  model_registry registry_;
  wiring_ptr wiring_;
  bool settled_ = false;
};

model_keeper_actor::behavior_type model_keeper(model_keeper_state::self_pointer self, const model_keeper_setup& setup);

} // namespace weft
