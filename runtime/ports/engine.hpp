#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/numeric_class.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace weft {

/// A packed batch of tokenized texts, without padding.
struct embed_batch {
  std::vector<int32_t> ids;       ///< [tokens], each sequence with its [CLS] and [SEP]
  std::vector<uint32_t> offsets;  ///< [sequences + 1], ascending from 0 to ids.size(); no sequence is empty
  std::vector<uint8_t> normalize; ///< [sequences], 1 = scale the vector to length 1

  uint32_t sequences() const noexcept { return static_cast<uint32_t>(normalize.size()); }
};

struct embed_vectors {
  std::vector<float> values; ///< [sequences, dimensions]
};

/// k-means over points of 8 bits, equal to the bit on any device and however the points are divided: similarities are
/// int32 sums of products, sums and counts of a cluster int64, ties go to the lowest index, an empty cluster keeps its
/// centroid.
struct kmeans_work {
  uint32_t dimensions = 0;       ///< 1 to 4 096
  std::vector<int8_t> points;    ///< [points, dimensions]
  std::vector<int8_t> centroids; ///< [clusters, dimensions]: where it begins; 1 cluster at least
  uint32_t iterations_max = 25;
};

struct kmeans_output {
  std::vector<uint32_t> labels;      ///< [points]: the cluster of each
  std::vector<int32_t> similarities; ///< [points]: its product with that cluster's centroid
  std::vector<int8_t> centroids;     ///< [clusters, dimensions]
  uint32_t iterations = 0;           ///< until no label changed, or iterations_max
};

/// Products of each row with each column: [rows, columns].
struct similarity_work {
  uint32_t dimensions = 0;
  std::vector<int8_t> rows;    ///< [rows, dimensions]
  std::vector<int8_t> columns; ///< [columns, dimensions]
};

struct similarity_output {
  std::vector<int32_t> products; ///< [rows, columns]
};

/// Points of 8 bits that several pieces of work are about. An engine may keep what it makes of them (a copy on its
/// device, labels) for the next piece, and lets go of it with its next work on points once nobody else has them:
/// nothing is to be dropped, and an engine in place of a lost one makes it anew. Never changed once made.
struct shared_points {
  uint32_t dimensions = 0;             ///< 1 to 4 096
  std::span<const int8_t> values;      ///< [points, dimensions]
  std::shared_ptr<const void> owner{}; ///< of the memory

  size_t count() const noexcept { return dimensions == 0 ? 0 : values.size() / dimensions; }
};
using shared_points_ptr = std::shared_ptr<const shared_points>;

/// One step of k-means: from the labels that centroids `before` give to those of `centroids`, with the bits of
/// kmeans_work. What it answers depends on nothing else; an engine that was not asked for the step before computes that
/// too.
struct assign_work {
  shared_points_ptr points;      ///< not null
  std::vector<int8_t> before;    ///< [clusters, dimensions]; empty: no point has a label yet
  std::vector<int8_t> centroids; ///< [clusters, dimensions]; 1 cluster at least
  bool wants_labels = false;
};

struct assign_output {
  uint64_t changed = 0;              ///< labels
  std::vector<int32_t> sums;         ///< [clusters, dimensions]: of each cluster's points
  std::vector<int32_t> counts;       ///< [clusters]
  std::vector<uint32_t> labels;      ///< [points]; empty where they are not wanted, as are similarities
  std::vector<int32_t> similarities; ///< [points]: its product with its cluster's centroid
};

/// Near duplicates: each point is kept, or led by the first kept point whose cosine to it is `similarity` or more.
struct leaders_work {
  shared_points_ptr points;    ///< not null, 65 536 at most
  uint32_t similarity = 9'500; ///< in ten-thousandths, 1 to 10 000
};

struct leaders_output {
  std::vector<uint32_t> leaders; ///< [points]; kept_itself (runtime/points/leaders.hpp): no other
};

/// The points with the largest products of each query, the largest first, of equal ones the lowest point.
struct nearest_work {
  shared_points_ptr points;    ///< not null
  std::vector<int8_t> queries; ///< [queries, dimensions]
  uint32_t count = 10;         ///< 1 to 1 024
};

struct nearest_output {
  std::vector<uint32_t> points;  ///< [queries, min(count, points)]
  std::vector<int32_t> products; ///< of each
};

enum class vector_encoding : uint8_t; // runtime/points/encoding.hpp

/// Rows of floats as codes: encode() of runtime/points, row by row.
struct encode_work {
  uint32_t dimensions = 0; ///< 1 to 4 096
  std::vector<float> rows; ///< [rows, dimensions]
  vector_encoding encoding{};
};

struct encode_output {
  std::string bytes;         ///< [rows, packed_bytes()]
  std::vector<float> scales; ///< [rows]
};

/// What an engine can execute. Operations are added here, never beside it.
using engine_work =
    std::variant<embed_batch, kmeans_work, similarity_work, assign_work, leaders_work, nearest_work, encode_work>;
using engine_output = std::variant<embed_vectors, kmeans_output, similarity_output, assign_output, leaders_output,
                                   nearest_output, encode_output>;

struct engine_reply {
  result<engine_output> output;
  std::chrono::nanoseconds busy{}; ///< device time of this work
  bool device_lost = false;        ///< the device computes no more: whatever this engine is given fails; make another
};

enum class device_kind : uint8_t { cpu, gpu };
constexpr std::string_view to_string(device_kind kind) noexcept {
  return kind == device_kind::gpu ? "gpu" : "cpu";
}

struct engine_info {
  std::string device; ///< "cpu:0", "cuda:1"
  numeric_class precision = numeric_class::fp32;
  uint32_t dimensions = 0;
  uint32_t batch_tokens_best = 0; ///< more tokens a batch do not raise its throughput (they raise its latency)
  device_kind kind = device_kind::cpu;
  std::string name{};        ///< what the device calls itself, "NVIDIA H200"; "" where nobody asked
  uint64_t memory_bytes = 0; ///< of the device; 0: that of the machine

  /// Engines that are alike take as long for the same work.
  bool is_like(const engine_info& other) const noexcept {
    return kind == other.kind && name == other.name && precision == other.precision;
  }
};

/// Executes work on one device, on a thread of its own, one piece at a time in the order given.
/// Destroying it finishes the piece in progress, fails those that wait with errc::unavailable, and joins the thread.
class engine {
public:
  virtual ~engine() = default;
  virtual const engine_info& info() const noexcept = 0;
  /// `done` is called exactly once, on the engine's thread; it must only send a message. Thread-safe.
  virtual void run(engine_work work, std::function<void(engine_reply)> done) = 0;
};

} // namespace weft
