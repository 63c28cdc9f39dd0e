#pragma once

#include "node/logging/log_line.hpp"
#include "runtime/base/result.hpp"

#include <atomic>
#include <cstdint>
#include <initializer_list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

namespace weft {

struct log_options {
  log_level level = log_level::info;
  log_format format = log_format::text;
  std::string file; ///< "": standard error
};

/// Where a node's lines go. A background thread writes them, so that a slow disk or a full pipe never stops a call:
/// when 8 192 lines wait, the oldest are lost (and counted). Thread-safe. The destructor writes what waits.
class node_log {
public:
  /// Fails with errc::invalid_argument when the file cannot be opened.
  static result<std::shared_ptr<node_log>> open(const log_options& options);
  ~node_log();
  node_log(const node_log&) = delete;
  node_log& operator=(const node_log&) = delete;

  /// Equal lines (same level, component and text) are limited, see repeat_filter, but for debug lines; fields may
  /// differ.
  void write(log_level level, std::string_view component, std::string_view text,
             std::initializer_list<log_field> fields = {});

  bool enabled(log_level level) const noexcept { return level >= level_.load(std::memory_order_relaxed); }
  void set_level(log_level level) noexcept { level_ = level; }
  void set_format(log_format format) noexcept { format_ = format; }

  /// Lines that the repeat filter or a full queue left out.
  uint64_t lines_lost() const noexcept;

  /// Returns when all lines are written; nothing is written after it.
  void close() noexcept;

private:
  struct sink;
  explicit node_log(const log_options& options, std::unique_ptr<sink> s);

  std::atomic<log_level> level_;
  std::atomic<log_format> format_;
  std::atomic<uint64_t> left_out_{0};
  mutable std::mutex mutex_; // guards sink_
  std::unique_ptr<sink> sink_;
};

/// The level of a word such as "warn"; info for a word that is none.
log_level parse_log_level(std::string_view word) noexcept;

} // namespace weft
