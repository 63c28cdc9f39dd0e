#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/embed.hpp"
#include "runtime/ports/entry_link.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

namespace weft {

/// An operator's question: whether the result of a text is cached. Nothing is computed, moved or counted.
struct cache_question {
  std::string model; ///< "": the node's default
  std::string text;
  std::string tenant; ///< whose result, where results are not shared
  embed_options options;
};

/// The answer: the text's identity and key, who owns it, and what that node has.
struct cache_lookup {
  cache_key key;
  std::string model;
  std::string model_version;
  numeric_class precision = numeric_class::fp32;
  std::string scope;                                   ///< the tenant, or "" where results are shared
  uint64_t generation = 0;                             ///< that is served now
  std::string owner;                                   ///< its name
  std::string owner_id;                                ///< 16 hex digits; "" when this node is in no cluster
  std::optional<entry_place> place;                    ///< empty: it is not cached there
  std::optional<std::chrono::milliseconds> age;        ///< as found_entry::age
  std::optional<std::chrono::milliseconds> expires_in; ///< empty: never
  uint64_t bytes = 0;                                  ///< packed
};

/// The way to whoever knows; `done` is called once, on any thread. Errors: errc::unknown_model, unavailable (there is
/// no cache, the model is not ready, the owner cannot be reached), deadline_exceeded.
using cache_lookup_door = std::function<void(cache_question, std::function<void(result<cache_lookup>)> done)>;

} // namespace weft
