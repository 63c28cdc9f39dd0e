#pragma once

#include "runtime/compress/document/document_step.hpp"

#include <chrono>
#include <cstdint>

namespace weft {

/// How many documents a node reads and changes at once: each may take three times its bytes meanwhile.
struct document_options {
  uint32_t operations_max = 16; ///< further ones are answered errc::overloaded
  document_limits limits;
  std::chrono::milliseconds within_max{30'000}; ///< of an operation whose caller is more patient
  std::chrono::milliseconds look_within{2'000}; ///< that another node has for some entries
};

} // namespace weft
