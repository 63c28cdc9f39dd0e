#pragma once

#include "node/grpc/credentials.hpp"
#include "runtime/base/result.hpp"
#include "runtime/settings/settings_session.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace weft {

struct settings_link_options {
  std::string cluster_id;
  std::optional<tls_files> tls;
  std::chrono::milliseconds ask_time_max{2'000}; ///< a question that was not answered by then is lost
  uint32_t asks_max = 256;                       ///< unanswered; further ones get errc::overloaded
  uint32_t channels_max = 64;                    ///< connections that are kept
};

/// Questions to other nodes' SettingsService. Thread-safe, never blocks but in close().
class settings_link {
public:
  /// Fails with errc::invalid_argument (TLS files).
  static result<std::shared_ptr<settings_link>> make(const settings_link_options& options);
  /// As close().
  ~settings_link();
  settings_link(const settings_link&) = delete;
  settings_link& operator=(const settings_link&) = delete;

  /// address: HOST:PORT, a member's data address. done: called once, on gRPC's threads, or at once where nothing is
  /// sent. Errors: errc::unavailable, deadline_exceeded, overloaded, and what the other node answers.
  void ask(const std::string& address, const settings_question& question,
           std::function<void(result<settings_reply>)> done);

  /// Ends all questions with errc::unavailable, and each later one at once. Blocks until all were told.
  void close();

private:
  struct parts;
  explicit settings_link(std::shared_ptr<parts> made);
  const std::shared_ptr<parts> parts_;
};

} // namespace weft
