#pragma once

#include <cstdint>

namespace weft {

/// How much compressing a node does at once. Beyond it texts wait, as long as their calls may.
struct compress_options {
  uint32_t texts_max = 4;           ///< texts that are compressed at the same time
  uint32_t sentences_max = 131'072; ///< of these, waiting for their vectors or having them; one text may pass it alone
  uint32_t trial_every = 64;        ///< one of so many small texts that `auto` compressed is tried with others; 0: none
};

} // namespace weft
