#pragma once

#include "node/config/config.hpp"
#include "node/grpc/authentication.hpp"
#include "node/logging/node_log.hpp"
#include "runtime/settings/settings_effects.hpp"
#include "runtime/settings/settings_file_format.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace weft {

/// FOLDER/settings: the cluster's settings as this node last knew them. Blocks as long as the disk takes; one user at a
/// time.
class settings_store {
public:
  settings_store(const std::filesystem::path& folder, std::shared_ptr<node_log> log);

  /// Nothing when there is no file yet. One that is damaged or cannot be read is moved aside (FOLDER/settings.damaged),
  /// with a line in the log: the node goes on, and the other nodes bring the settings back.
  std::optional<stored_settings> load() const;

  /// Fails with errc::storage_full or errc::storage_failed; the old contents are there then.
  status save(const std::string& bytes) const;

private:
  std::filesystem::path file_;
  std::shared_ptr<node_log> log_;
};

/// Calendar time now.
wall_time wall_now() noexcept;

/// The keys of configuration and settings together. Of one name, or one hash, the configuration's counts, so that
/// nobody is locked out of a node by what others set.
std::vector<api_key> join_api_keys(std::vector<api_key> configured, const settings_effects& effects);

/// errc::invalid_argument where there are keys and none of them is an operator's: nobody could change the settings any
/// more. The message says what to do first.
status check_operator_stays(const std::vector<api_key>& keys);

} // namespace weft
