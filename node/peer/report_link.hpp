#pragma once

#include "node/grpc/credentials.hpp"
#include "node/grpc/node_reports.hpp"
#include "runtime/base/result.hpp"
#include "runtime/ports/cluster_view.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>

namespace weft {

struct report_link_options {
  std::optional<tls_files> tls;
  std::chrono::milliseconds answer_time_max{500}; ///< who has not answered by then is left out
  std::chrono::milliseconds fresh_for{500};       ///< a round's reports serve all who ask by then
  uint32_t nodes_max = 64;                        ///< asked in a round, the first of the view; the others are left out
  uint32_t waiting_max = 1'024;                   ///< for a round's end; further ones get the reports of the last round
};

/// Asks all other live members what they tell of themselves: one round at a time, however many ask. Thread-safe, never
/// blocks but in close().
class report_link {
public:
  /// Fails with errc::invalid_argument (TLS files).
  static result<std::shared_ptr<report_link>> make(const report_link_options& options);
  /// As close().
  ~report_link();
  report_link(const report_link&) = delete;
  report_link& operator=(const report_link&) = delete;

  /// Who is asked from now on.
  void set_members(cluster_view_ptr view);

  /// done: called once, at once where the reports are fresh or nobody is there to ask, else on gRPC's threads.
  void ask(std::function<void(node_reports)> done);

  /// Ends the round on its way; each later one is empty. Blocks until all were told.
  void close();

private:
  struct parts;
  explicit report_link(std::shared_ptr<parts> made) : parts_(std::move(made)) {}
  const std::shared_ptr<parts> parts_;
};

} // namespace weft
