#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compress/kinds.hpp"
#include "runtime/compress/unit.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// Bytes [begin, end) of the source.
struct source_span {
  uint64_t begin = 0;
  uint64_t end = 0;

  bool operator==(const source_span&) const = default;
};

/// One of k points that stand for the whole text.
struct mega_token {
  std::vector<float> centroid; ///< [dimensions], of length 1
  double weight = 0;           ///< share of the source's tokens that it stands for; all together 1
  std::vector<source_span> spans;

  bool operator==(const mega_token&) const = default;
};

/// Where the time of one compression went.
struct compress_times {
  std::chrono::nanoseconds split{};  ///< detecting, splitting, counting
  std::chrono::nanoseconds embed{};  ///< until all vectors were there
  std::chrono::nanoseconds points{}; ///< k-means and similarities
  std::chrono::nanoseconds select{};
};

/// What became of a text. Scores are from 0 to 1; -1: not measured (it needs vectors, and the strategy uses none).
struct compress_report {
  uint64_t source_tokens = 0;
  uint64_t output_tokens = 0;
  uint64_t target_tokens = 0;
  double ratio = 0; ///< source_tokens / output_tokens
  counter_kind counter = counter_kind::wordpiece;
  content_kind content = content_kind::prose;
  std::string why_content;
  text_profile profile;
  compress_strategy strategy = compress_strategy::semantic; ///< never automatic
  std::string why_strategy;
  std::string policy_version; ///< of the table that chose it; "": the caller named it
  uint32_t units = 0;
  uint32_t units_kept = 0;
  uint32_t units_required = 0; ///< of the kept ones: by must-keep rules
  /// Mean over the source's units of the best cosine to a kept unit.
  double coverage = -1;
  /// Cosine of the mean of all units' vectors, weighted by tokens, to that of the kept ones.
  double fidelity = -1;
  /// Share of the source's words, weighted by how rare they are in it, that the extract has. Needs no vectors.
  double term_coverage = -1;
  uint32_t templates = 0;      ///< of logs and records: forms found
  uint32_t templates_kept = 0; ///< of these: one line at least is kept
  uint32_t exceptions = 0;     ///< lines that look like errors, or whose form is rare
  uint32_t exceptions_kept = 0;
  compress_times times; ///< of the computation: a cached reply has those of the first one
};

/// The result for one text.
struct compress_output {
  std::string extract;           ///< kept units, verbatim, in their order
  std::vector<source_span> kept; ///< their places in the source, ascending
  /// [kept]: units of the source that each stands for, itself included (count_stands_for()), where templates chose the
  /// extract; else empty.
  std::vector<uint32_t> stands_for;
  std::vector<mega_token> mega_tokens;
  compress_report report;
};

/// Of the layout of an output's bytes, and of the numbers of the enums in them. Also in every identity, since the
/// canonical form of the parameters begins with it: a release never finds in a cache what it cannot read.
inline constexpr uint8_t compress_output_version = 2;

/// As caches, jobs and other nodes keep it. Little-endian, with compress_output_version.
std::string encode(const compress_output& output);
/// Reads version 1, too, which has no counts: jobs keep results for days. errc::state_damaged: cut, damaged, or of a
/// release that this one does not understand.
result<compress_output> decode_compress_output(std::string_view bytes);

} // namespace weft
