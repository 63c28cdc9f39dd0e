#pragma once

#include <cstddef>
#include <cstdint>

// What each kernel of this folder is given, and in what shape it is launched. No word of CUDA: hosts that launch it and
// tests that emulate it share these.
namespace weft::cuda {

/// Blocks and threads of a launch.
struct kernel_shape {
  uint32_t blocks = 1;
  uint32_t threads = 1;
  size_t shared_bytes = 0;
};

constexpr uint32_t divided_up(uint64_t count, uint64_t by) {
  return static_cast<uint32_t>((count + by - 1) / by);
}

/// Bytes of a row of points in device memory: whole chunks, zeros after the dimensions, so that they add nothing.
inline constexpr uint32_t chunk_bytes = 64;
constexpr uint32_t stride_of(uint32_t dimensions) {
  return divided_up(dimensions, chunk_bytes) * chunk_bytes;
}

// Tiles of products (product_tiles.cuh).
inline constexpr uint32_t tile_rows = 128;
inline constexpr uint32_t tile_columns = 128;
inline constexpr uint32_t tile_threads = 256;
inline constexpr uint32_t tile_stages = 4;
inline constexpr uint32_t tile_bytes = tile_rows * chunk_bytes; ///< of one chunk of one operand
/// Up to this stride a block keeps its rows in shared memory while it goes through the columns; two blocks then share a
/// multiprocessor.
inline constexpr uint32_t stride_kept_max = 512;

/// Points whose products are wanted, row by row: [count, stride].
struct product_operands {
  const int8_t* rows = nullptr;
  const int8_t* columns = nullptr;
  uint32_t row_count = 0;
  uint32_t column_count = 0;
  uint32_t stride = chunk_bytes; ///< of both
};
constexpr size_t tile_shared_bytes(uint32_t stride) {
  const uint32_t kept = stride <= stride_kept_max ? stride / chunk_bytes : tile_stages;
  return size_t{kept + tile_stages} * tile_bytes;
}

struct assign_arguments {
  product_operands in;             ///< rows: points, columns: centroids
  uint32_t* labels = nullptr;      ///< [points]
  int32_t* similarities = nullptr; ///< [points]
};
constexpr kernel_shape shape_of(const assign_arguments& a) {
  return {divided_up(a.in.row_count, tile_rows), tile_threads, tile_shared_bytes(a.in.stride)};
}

struct move_arguments {
  const int8_t* points = nullptr;    ///< [count, stride]
  const uint32_t* nearest = nullptr; ///< [count]: the new labels
  uint32_t* labels = nullptr;        ///< [count]: the old ones, which become the new
  int32_t* sums = nullptr;           ///< [clusters, dimensions]
  int32_t* counts = nullptr;         ///< [clusters]
  unsigned long long* changed = nullptr;
  uint32_t count = 0;
  uint32_t stride = 0;
  uint32_t dimensions = 0;
};
inline constexpr uint32_t move_warps = 8;
inline constexpr uint32_t move_blocks_max = 16'384; ///< a warp takes several points then
constexpr kernel_shape shape_of(const move_arguments& a) {
  const uint32_t blocks = divided_up(a.count, move_warps);
  return {blocks < move_blocks_max ? blocks : move_blocks_max, move_warps * 32};
}

struct squares_arguments {
  const int8_t* points = nullptr; ///< [bytes], a multiple of 16: rows with their zeros
  unsigned long long* sum = nullptr;
  uint64_t bytes = 0;
};
inline constexpr uint32_t squares_threads = 256;
inline constexpr uint32_t squares_blocks_max = 2'048;
constexpr kernel_shape shape_of(const squares_arguments& a) {
  const uint64_t blocks = (a.bytes / 16 + squares_threads - 1) / squares_threads;
  return {static_cast<uint32_t>(blocks < squares_blocks_max ? blocks : squares_blocks_max), squares_threads};
}

struct update_arguments {
  const int32_t* sums = nullptr;   ///< [clusters, dimensions]
  const int32_t* counts = nullptr; ///< [clusters]
  int8_t* centroids = nullptr;     ///< [clusters, stride]
  uint64_t radius = 0;             ///< radius_of()
  uint32_t clusters = 0;
  uint32_t dimensions = 0;
  uint32_t stride = 0;
};
inline constexpr uint32_t update_threads = 128;
constexpr kernel_shape shape_of(const update_arguments& a) {
  return {a.clusters, update_threads, (update_threads / 32 + 1) * sizeof(unsigned long long)};
}

struct similarity_arguments {
  product_operands in;
  int32_t* products = nullptr; ///< [rows, columns]
};
/// Columns that one block goes through.
inline constexpr uint32_t slice_columns = 8 * tile_columns;
/// A block for each tile of rows and each slice of columns, the tiles of one slice after the other: one dimension of
/// the grid, since the others end at 65 535.
constexpr uint32_t slice_blocks(const product_operands& in) {
  return divided_up(in.row_count, tile_rows) * divided_up(in.column_count, slice_columns);
}
constexpr kernel_shape shape_of(const similarity_arguments& a) {
  return {slice_blocks(a.in), tile_threads, tile_shared_bytes(a.in.stride)};
}

struct lengths_arguments {
  const int8_t* points = nullptr; ///< [count, stride]
  uint32_t* lengths = nullptr;    ///< [count], in 1/256
  uint32_t count = 0;
  uint32_t stride = 0;
};
inline constexpr uint32_t lengths_warps = 8;
constexpr kernel_shape shape_of(const lengths_arguments& a) {
  return {divided_up(a.count, lengths_warps), lengths_warps * 32};
}

struct near_pairs_arguments {
  product_operands in;               ///< rows and columns are the same points
  const uint32_t* lengths = nullptr; ///< [points]
  uint32_t similarity = 0;           ///< cosine in 1/10 000 from which points count as near, 1 to 10 000
  uint32_t* near =
      nullptr;        ///< [points, words]: bit j % 32 of word j / 32 of row i, j > i; words before i / 128 · 4 stay
  uint32_t words = 0; ///< near_words()
};
/// Words of a row: whole tiles.
constexpr uint32_t near_words(uint32_t points) {
  return divided_up(points, tile_columns) * (tile_columns / 32);
}
constexpr kernel_shape shape_of(const near_pairs_arguments& a) {
  return {slice_blocks(a.in), tile_threads, tile_shared_bytes(a.in.stride)};
}

struct leaders_arguments {
  const uint32_t* near = nullptr; ///< as near_pairs_kernel leaves it
  uint32_t* leaders = nullptr;    ///< [points]: the first kept point that each is near to; no_leader: it is kept itself
  uint32_t points = 0;
  uint32_t words = 0;
};
inline constexpr uint32_t no_leader = 0xFFFF'FFFF;
inline constexpr uint32_t leaders_threads = 1'024;
/// Points that are compared all with all: 512 MiB of bits.
inline constexpr uint32_t leaders_points_max = 65'536;
constexpr kernel_shape shape_of(const leaders_arguments& a) {
  return {1, leaders_threads, (size_t{a.words} + 1) * sizeof(uint32_t)};
}

struct top_arguments {
  const int32_t* products = nullptr; ///< [rows, columns]
  uint64_t* best = nullptr; ///< [rows, count]: keys of columns before these, becomes those of all; see top_key()
  uint32_t columns = 0;
  uint32_t first_column = 0; ///< of these products among all columns
  uint32_t rows = 0;
  uint32_t count = 0; ///< 1 to top_count_max
};
inline constexpr uint32_t top_threads = 256;
inline constexpr uint32_t top_keys = 2'048; ///< held in shared memory; a power of two
inline constexpr uint32_t top_count_max = 1'024;
constexpr kernel_shape shape_of(const top_arguments& a) {
  return {a.rows, top_threads, (top_keys + 2) * sizeof(uint64_t)};
}

/// Larger for a larger product, and of equal ones for the lower column; never 0, which is no column.
constexpr uint64_t top_key(int32_t product, uint32_t column) {
  return (uint64_t{static_cast<uint32_t>(product) ^ 0x8000'0000u} << 32) | (0xFFFF'FFFFu - column);
}
constexpr int32_t product_of_key(uint64_t key) {
  return static_cast<int32_t>(static_cast<uint32_t>(key >> 32) ^ 0x8000'0000u);
}
constexpr uint32_t column_of_key(uint64_t key) {
  return 0xFFFF'FFFFu - static_cast<uint32_t>(key);
}

struct largest_arguments {
  const float* values = nullptr;
  uint32_t* largest = nullptr; ///< bits of the largest finite magnitude; 0 before
  uint64_t count = 0;
};
inline constexpr uint32_t largest_threads = 256;
inline constexpr uint32_t largest_blocks_max = 2'048;
constexpr kernel_shape shape_of(const largest_arguments& a) {
  const uint64_t blocks = (a.count + 4 * largest_threads - 1) / (4 * largest_threads);
  return {static_cast<uint32_t>(blocks < largest_blocks_max ? blocks : largest_blocks_max), largest_threads};
}

/// How rows of floats are written. The first three are those of runtime/points/encoding.
enum class row_code : uint8_t {
  float16,
  int8,   ///< one scale a row
  binary, ///< one bit a dimension
  point,  ///< int8 with the scale that is given: runtime/points/quantize
};
struct pack_arguments {
  const float* rows = nullptr;    ///< [count, dimensions]
  unsigned char* codes = nullptr; ///< [count, bytes]; bytes after the dimensions are left as they are
  float* scales = nullptr;        ///< [count], of int8
  float scale = 1;                ///< of point: a power of two
  uint32_t count = 0;
  uint32_t dimensions = 0;
  uint32_t bytes = 0; ///< of a row of codes
};
inline constexpr uint32_t pack_warps = 8;
inline constexpr uint32_t pack_dimensions_max = 4'096;
inline constexpr uint32_t pack_blocks_max = 1u << 20; ///< a warp takes several rows then
constexpr kernel_shape shape_of(const pack_arguments& a) {
  const uint32_t blocks = divided_up(a.count, pack_warps);
  return {blocks < pack_blocks_max ? blocks : pack_blocks_max, pack_warps * 32};
}

} // namespace weft::cuda
