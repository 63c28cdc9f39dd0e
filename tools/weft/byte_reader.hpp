#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weft::cli {

/// Wakes a thread that waits for input on a pipe or a terminal. Thread-safe.
class stop_signal {
public:
  stop_signal();
  stop_signal(const stop_signal&) = delete;
  stop_signal& operator=(const stop_signal&) = delete;
  ~stop_signal();
  void give() noexcept;
  int descriptor() const noexcept { return descriptor_; }

private:
  int descriptor_;
};

/// Reads a file descriptor piece by piece with one buffer of 64 KiB. Not thread-safe.
class byte_reader {
public:
  /// descriptor: owned from now on, unless it is standard input.
  byte_reader(int descriptor, const stop_signal& stop);
  byte_reader(const byte_reader&) = delete;
  byte_reader& operator=(const byte_reader&) = delete;
  ~byte_reader();

  /// The unread bytes at hand, reading more if there are none. Empty at the end, after an error, or once stopped.
  std::string_view peek();
  /// REQUIRES: bytes <= peek().size().
  void consume(size_t bytes);

  uint64_t bytes_read() const noexcept { return bytes_read_; }
  /// errno of a failed read, else 0.
  int error() const noexcept { return error_; }

private:
  bool wait() const;

  static constexpr size_t buffer_bytes = 64 << 10;
  int descriptor_;
  const stop_signal& stop_;
  std::unique_ptr<char[]> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  uint64_t bytes_read_ = 0; ///< consumed
  int error_ = 0;
  bool ended_ = false;
};

} // namespace weft::cli
