#include "node/logging/node_log.hpp"

#include "node/logging/repeat_filter.hpp"

#include <spdlog/async.h>
#include <spdlog/async_logger.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>

#include <vector>

namespace weft {

constexpr size_t lines_waiting_max = 8'192;

struct node_log::sink {
  std::shared_ptr<spdlog::details::thread_pool> writer;
  std::shared_ptr<spdlog::async_logger> logger;
  repeat_filter filter;
};

node_log::node_log(const log_options& options, std::unique_ptr<sink> s)
    : level_(options.level), format_(options.format), sink_(std::move(s)) {}

node_log::~node_log() {
  close();
}

result<std::shared_ptr<node_log>> node_log::open(const log_options& options) {
  try { // the library reports an unwritable file with an exception
    auto s = std::make_unique<sink>();
    spdlog::sink_ptr target;
    if (options.file.empty())
      target = std::make_shared<spdlog::sinks::stderr_sink_mt>();
    else
      target = std::make_shared<spdlog::sinks::basic_file_sink_mt>(options.file);
    s->writer = std::make_shared<spdlog::details::thread_pool>(lines_waiting_max, 1);
    s->logger = std::make_shared<spdlog::async_logger>("weft", target, s->writer,
                                                       spdlog::async_overflow_policy::overrun_oldest);
    s->logger->set_pattern("%v"); // lines come finished
    s->logger->set_level(spdlog::level::trace);
    s->logger->flush_on(spdlog::level::trace);
    return std::shared_ptr<node_log>(new node_log(options, std::move(s)));
  } catch (const std::exception& error) {
    return failure{.code = errc::invalid_argument,
                   .message = "log.file: " + options.file + " cannot be opened: " + error.what()};
  }
}

void node_log::write(log_level level, std::string_view component, std::string_view text,
                     std::initializer_list<log_field> fields) {
  if (!enabled(level))
    return;
  const std::scoped_lock lock{mutex_};
  if (!sink_)
    return;
  // Who asks for debug lines wants every one.
  std::optional<uint64_t> repeated = 0;
  if (level != log_level::debug) {
    const std::string subject =
        std::string{to_string(level)} + '\n' + std::string{component} + '\n' + std::string{text};
    repeated = sink_->filter.pass(subject, std::chrono::steady_clock::now());
  }
  if (!repeated) {
    ++left_out_;
    return;
  }
  std::vector<log_field> all{fields};
  if (*repeated > 0)
    all.push_back({"left_out_before", std::to_string(*repeated)});
  sink_->logger->log(spdlog::level::info, render({.time = std::chrono::system_clock::now(),
                                                  .level = level,
                                                  .component = component,
                                                  .text = text,
                                                  .fields = all},
                                                 format_.load()));
}

uint64_t node_log::lines_lost() const noexcept {
  const std::scoped_lock lock{mutex_};
  return left_out_ + (sink_ ? sink_->writer->overrun_counter() : 0);
}

void node_log::close() noexcept {
  const std::scoped_lock lock{mutex_};
  sink_.reset(); // the logger first, then its writer, which empties its queue and joins
}

log_level parse_log_level(std::string_view word) noexcept {
  for (const auto level : {log_level::debug, log_level::info, log_level::warn, log_level::error})
    if (word == to_string(level))
      return level;
  return log_level::info;
}

} // namespace weft
