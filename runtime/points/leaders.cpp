#include "runtime/points/leaders.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/points/integer_root.hpp"
#include "runtime/points/kmeans_steps.hpp"
#include "runtime/points/packed_columns.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace weft {

namespace {

/// Rows of one block: few enough for one panel, which makes them columns of each other.
constexpr size_t block_rows = prepared_rows::count_max;
static_assert(block_rows <= panel_columns);

/// The kept points as columns; new ones come in behind the last.
class kept_columns {
public:
  explicit kept_columns(uint32_t dimensions)
      : dimensions_(dimensions), kernels_(best_product_kernels()), panel_bytes_(kernels_.panel_bytes(dimensions)) {}

  void add(uint32_t row, int64_t length, std::span<const int8_t> point) {
    if (rows_.size() % panel_columns == 0) {
      panels_.emplace_back(panel_bytes_);
      last_.clear();
    }
    rows_.push_back(row);
    lengths_.push_back(length);
    last_.insert(last_.end(), point.begin(), point.end());
  }
  /// After some were added.
  void pack() {
    if (!last_.empty())
      kernels_.pack_panel(last_.data(), last_.size() / dimensions_, dimensions_, panels_.back().data());
  }

  size_t panels() const noexcept { return panels_.size(); }
  const std::byte* panel(size_t index) const noexcept { return panels_[index].data(); }
  size_t panel_count(size_t index) const noexcept {
    return std::min(panel_columns, rows_.size() - index * panel_columns);
  }
  uint32_t row(size_t column) const noexcept { return rows_[column]; }
  int64_t length(size_t column) const noexcept { return lengths_[column]; }

private:
  const uint32_t dimensions_;
  const product_kernels& kernels_;
  const size_t panel_bytes_;
  std::vector<line_buffer> panels_;
  std::vector<uint32_t> rows_;
  std::vector<int64_t> lengths_;
  std::vector<int8_t> last_; ///< points of the last panel
};

/// A block of rows after the other.
class leader_search {
public:
  leader_search(std::span<const int8_t> points, uint32_t dimensions, uint32_t similarity)
      : points_(points), count_all_(points.size() / dimensions), dimensions_(dimensions), similarity_(similarity),
        kernels_(best_product_kernels()), block_(dimensions, kernels_), own_(kernels_.panel_bytes(dimensions)),
        kept_(dimensions), tile_(block_rows * panel_columns) {
    lengths_.reserve(count_all_);
    found_.reserve(count_all_);
    for (size_t r = 0; r < count_all_; ++r)
      lengths_.push_back(static_cast<int64_t>(integer_root(sum_of_squares(point(r)) << 16)));
  }

  std::vector<uint32_t> run() {
    for (size_t first = 0; first < count_all_; first += block_rows) {
      count_ = std::min(block_rows, count_all_ - first);
      block_.fill(points_.subspan(first * dimensions_, count_ * dimensions_));
      leaders_.fill(kept_itself);
      look_at_kept(first);
      look_at_own(first);
    }
    return std::move(found_);
  }

private:
  std::span<const int8_t> point(size_t row) const { return points_.subspan(row * dimensions_, dimensions_); }

  bool alike(int32_t product, int64_t a, int64_t b) const {
    if (a == 0 || b == 0)
      return a == b;
    return int64_t{product} * 65'536 * similarity_one >= int64_t{similarity_} * a * b;
  }

  void look_at_kept(size_t first) {
    for (size_t p = 0; p < kept_.panels(); ++p) {
      kernels_.multiply(block_.data(), count_, kept_.panel(p), kept_.panel_count(p), dimensions_, tile_.data(),
                        panel_columns);
      for (size_t r = 0; r < count_; ++r) {
        if (leaders_[r] != kept_itself) // of a lower point
          continue;
        for (size_t c = 0; c < kept_.panel_count(p); ++c) {
          const size_t column = p * panel_columns + c;
          if (alike(tile_[r * panel_columns + c], lengths_[first + r], kept_.length(column))) {
            leaders_[r] = kept_.row(column);
            break;
          }
        }
      }
    }
  }

  /// The block with itself, in its order; what is left is kept.
  void look_at_own(size_t first) {
    kernels_.pack_panel(point(first).data(), count_, dimensions_, own_.data());
    kernels_.multiply(block_.data(), count_, own_.data(), count_, dimensions_, tile_.data(), panel_columns);
    for (size_t r = 0; r < count_; ++r) {
      for (size_t c = 0; c < r && leaders_[r] == kept_itself; ++c)
        if (is_kept_[c] && alike(tile_[r * panel_columns + c], lengths_[first + r], lengths_[first + c]))
          leaders_[r] = static_cast<uint32_t>(first + c);
      is_kept_[r] = leaders_[r] == kept_itself;
      found_.push_back(leaders_[r]);
    }
    for (size_t r = 0; r < count_; ++r) {
      if (!is_kept_[r])
        continue;
      kept_.add(static_cast<uint32_t>(first + r), lengths_[first + r], point(first + r));
      if (kept_.panel_count(kept_.panels() - 1) == panel_columns)
        kept_.pack();
    }
    kept_.pack();
  }

  const std::span<const int8_t> points_;
  const size_t count_all_;
  const uint32_t dimensions_;
  const uint32_t similarity_;
  const product_kernels& kernels_;
  std::vector<int64_t> lengths_; ///< [rows], in 1/256
  prepared_rows block_;
  line_buffer own_; ///< the block once more, as columns
  kept_columns kept_;
  std::vector<int32_t> tile_;
  size_t count_ = 0;                           ///< rows of the block
  std::array<uint32_t, block_rows> leaders_{}; ///< the row that each is a duplicate of
  std::array<bool, block_rows> is_kept_{};
  std::vector<uint32_t> found_; ///< of the rows so far
};

} // namespace

std::vector<uint32_t> find_leaders(std::span<const int8_t> points, uint32_t dimensions, uint32_t similarity) {
  WEFT_ASSERT(dimensions > 0);
  WEFT_ASSERT(points.size() % dimensions == 0);
  WEFT_ASSERT(similarity > 0);
  WEFT_ASSERT(similarity <= similarity_one);
  return leader_search(points, dimensions, similarity).run();
}

} // namespace weft
