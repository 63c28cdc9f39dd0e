#pragma once

#include "runtime/base/time.hpp"
#include "runtime/ports/model.hpp"
#include "runtime/ports/node_view.hpp"

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// When a model's weights are read: at start, or by the first call that needs them.
enum class model_load : uint8_t { kept, lazy };

/// What is known of one model. unloaded → loading → ready or failed; ready → unloaded when it is dropped.
struct model_record {
  std::string name;
  model_load load = model_load::kept;
  model_state state = model_state::unloaded;
  model_ptr model;     ///< when ready
  std::string problem; ///< when failed
  time_point failed{}; ///< when it failed last
};

/// After a failed load a model is not tried again before this: files do not mend themselves, and calls that name it
/// shall not keep the disk busy.
inline constexpr auto model_retry_wait = std::chrono::seconds{30};

/// The models of a node and how far they are; the first is the default. Decides when one is opened, never opens one.
/// Not thread-safe.
class model_registry {
public:
  /// False when the name is empty or taken.
  bool add(std::string name, model_load load);

  /// "" names the default. Null when there is none of that name.
  const model_record* find(std::string_view name) const;

  /// A call needs the model: true when the caller has to open it now (it is loading then).
  bool wanted(std::string_view name, time_point now);
  /// The models to open at start; they are loading then.
  std::vector<std::string> start();

  /// REQUIRES: the model is loading.
  void opened(std::string_view name, model_ptr model);
  void failed(std::string_view name, std::string problem, time_point now);

  /// Lets go of the weights; the next call that needs them opens them anew. False when it is not ready.
  bool drop(std::string_view name);

  /// True when no kept model is unloaded or loading: what was to come at start has come, or will not.
  bool settled() const;
  std::vector<model_status> status() const;

private:
  model_record* record(std::string_view name);

  std::vector<model_record> records_;
};

} // namespace weft
