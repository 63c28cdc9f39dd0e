#pragma once

#include "runtime/base/time.hpp"

#include <cstdint>
#include <string>

namespace weft {

/// Who may do what: `client` calls the data plane, `operator_` also the node's own service.
enum class role : uint8_t { anonymous, client, operator_ };

/// Interactive work goes first; `batch` fills what is left.
enum class priority : uint8_t { high, normal, batch };
inline constexpr size_t priority_count = 3;

/// What travels with every call, also between nodes.
struct context {
  std::string request_id; ///< given by the client or made at the edge; returned to it and in every log line
  std::string tenant;     ///< "" when the node has no API keys
  role caller = role::anonymous;
  weft::priority priority = weft::priority::normal;
  time_point deadline = time_point::max(); ///< of the node's steady clock
  std::string traceparent;                 ///< W3C trace context, passed on as it came
};

} // namespace weft
