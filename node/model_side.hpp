#pragma once

#include "node/config/config.hpp"
#include "node/events.hpp"
#include "node/logging/node_log.hpp"
#include "node/model_files.hpp"
#include "node/peer/model_relay.hpp"
#include "node/peer/model_service.hpp"

#include <map>
#include <memory>
#include <string>
#include <vector>

namespace weft {

/// Where this node's model is, how it came there, and how other nodes get it. Used by the main thread alone.
class model_side {
public:
  struct inputs {
    const node_config* config = nullptr;
    const std::map<std::string, std::string>* environment = nullptr;
    std::vector<std::string> known_peers; ///< of the last run
    std::shared_ptr<node_log> log;
    event_source* events = nullptr; ///< outlives it
  };
  /// Checks the model's files. Where there are none, and there are other nodes to ask, gets them first: that may take
  /// minutes, and SIGTERM ends it. Fails with errc::cancelled (that), else with the message for the operator.
  static result<std::unique_ptr<model_side>> open(const inputs& in);
  ~model_side();
  model_side(const model_side&) = delete;
  model_side& operator=(const model_side&) = delete;

  const model_files& files() const noexcept { return files_; }
  /// For the listener where members ask each other.
  const std::shared_ptr<model_service>& service() const noexcept { return service_; }

  /// Gives the addresses back at which this node passed on what it fetched: before its own listeners begin. Those that
  /// fetch from it get 2 s to come to an end, and then go on elsewhere.
  void leave_relay();

  /// Others get nothing from now on. Thread-safe.
  void close() { service_->offer(nullptr); }

private:
  model_side() = default;
  status fetch(const inputs& in, const std::filesystem::path& directory, std::vector<std::string> addresses);

  model_files files_;
  std::shared_ptr<model_service> service_;
  std::unique_ptr<model_relay> relay_; ///< null: nothing was fetched
};

} // namespace weft
