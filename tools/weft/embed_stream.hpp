#pragma once

#include "tools/weft/client.hpp"
#include "tools/weft/text_source.hpp"
#include "weft/v1/embed.pb.h"

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>

namespace weft::cli {

struct embed_settings {
  std::string model{}; ///< "": the node's default
  bool normalize = true;
  bool truncate = true;
  bool truncate_left = false;
  v1::VectorEncoding encoding = v1::VECTOR_ENCODING_UNSPECIFIED; ///< unspecified: float32
  /// Without any answer for this long a node counts as stuck.
  std::chrono::milliseconds stall_max{60000};
};

/// One text with its result. Valid during the call only.
struct embedded {
  uint64_t index = 0; ///< of the text in the whole input
  const text_item& item;
  std::span<const float> vector{}; ///< empty when it failed, or has another encoding than float32
  v1::VectorEncoding encoding = v1::VECTOR_ENCODING_FLOAT32; ///< asked for
  std::string_view packed{};                                 ///< the vector in that encoding; empty: float32
  float scale = 0;                                           ///< of int8
  uint32_t tokens = 0;
  bool truncated = false;
  std::string_view source{}; ///< "computed"
  const text_problem* trouble = nullptr;
  bool idle = false; ///< no other text is at the node: a good moment to flush
};

struct embed_totals {
  uint64_t items = 0; ///< failed ones included
  uint64_t failed = 0;
  uint64_t tokens = 0;
  uint64_t truncated = 0;
  std::map<std::string, uint64_t> sources{}; ///< "computed" → how many
  std::string model{};
  std::string model_version{};
  std::string precision{};
  uint32_t dimensions = 0;
  std::string endpoint{};     ///< the last one that answered
  uint64_t reconnections = 0; ///< how often a lost stream was taken up again
};

/// Gets the texts in order, one at a time, from changing threads. False ends the work.
using embed_sink = std::function<bool(const embedded&)>;

/// Sends every text of the source through EmbedStream and hands each result on, with bounded memory for any volume.
/// When a node is lost, the unanswered texts go to the next one: embedding is safe to repeat. Returns what ended it
/// early; texts that failed alone are no such problem, they are counted. Blocks until the end; runs a thread each for
/// reading, writing and watching. `stop` wakes the source.
std::optional<problem> embed_all(client& to, text_source& source, stop_signal& stop, const embed_settings& settings,
                                 const embed_sink& sink, embed_totals& totals);

} // namespace weft::cli
