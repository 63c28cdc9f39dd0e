#pragma once

#include "tools/weft/output.hpp"

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>

namespace weft::cli {

inline constexpr size_t npy_header_bytes = 128;

/// The header of a NumPy file of format 1.0 with little-endian 32-bit floats in C order, [rows, columns]: always of the
/// same length, so that it can be written last. Format: numpy.lib.format, "Format Version 1.0".
std::array<char, npy_header_bytes> npy_header(uint64_t rows, uint64_t columns);

/// Writes a matrix of vectors as they come, in the memory of one buffer: `numpy.load(file, mmap_mode='r')` reads it.
/// Its name is the file's only when finish() has succeeded; until then, and after a failure, there is none by that
/// name, or the one that was there before. Not thread-safe.
class npy_writer {
public:
  explicit npy_writer(std::string file);
  npy_writer(const npy_writer&) = delete;
  npy_writer& operator=(const npy_writer&) = delete;
  /// Removes what is not finished.
  ~npy_writer();

  /// "" or why it cannot be written; so do the functions below. What is there by that name must be a file.
  std::string open();
  /// Its name until it is finished, for who must remove it on the way out.
  const std::string& partial() const noexcept { return partial_; }
  /// The next row. The first vector says how long all of them are.
  std::string add(std::span<const float> vector);
  /// The next row has no vector: NaN.
  std::string add_missing();
  std::string finish();

  uint64_t rows() const noexcept { return rows_; }
  uint64_t columns() const noexcept { return columns_.value_or(0); }

private:
  std::string write(std::span<const float> vector);
  std::string trouble(int error) const;

  const std::string file_;
  const std::string partial_;
  int descriptor_ = -1;
  std::unique_ptr<out_file> out_;
  std::optional<uint64_t> columns_; ///< unset while every row was missing
  uint64_t rows_ = 0;
};

} // namespace weft::cli
