#pragma once

#include "actors/messages.hpp"
#include "runtime/compress/compress_run.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

namespace weft {

/// One text of a call on its way through COMPRESSOR. It is either with the actor or with a thread that takes its next
/// step, never with both; the call and its text stay as long as it does.
struct compress_task {
  call_ptr source;
  uint32_t index = 0; ///< of the text in the call
  compress_run run;

  // What its next step is given.
  std::vector<std::vector<float>> vectors; ///< [texts]; filled in as the parts come
  std::optional<engine_output> points;

  // What became of the last step.
  std::optional<result<compress_step>> step;

  compress_times times;
  weft::usage usage;
  time_point waiting_since{}; ///< for vectors or points

  const std::string& text() const { return source->request().texts[index]; }
};

} // namespace weft
