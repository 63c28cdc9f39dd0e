#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/base/result.hpp"

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

namespace weft {

/// Who this process is in its cluster: the node for as long as its data folder lives, the epoch for this start.
struct boot_record {
  node_id node{};
  boot_epoch epoch{};
};

/// Reads FOLDER/node-id, draws an id where there is none, and begins an epoch: max(the last one + 1, seconds from 1970
/// to `now`). It rises by one where the clock went back, and above what the cluster remembers where the folder did (a
/// backup). The file is on the disk when it returns. Fails with errc::storage_full, storage_failed or state_damaged;
/// the message names the file. REQUIRES: one process a folder (data_dir sees to that).
result<boot_record> open_boot_record(const std::filesystem::path& folder, std::chrono::sys_seconds now);

/// Peer addresses of the last run (FOLDER/known-peers, one a line): the next start joins through them, too. Losing them
/// loses nothing that a seed does not bring back, so errors are not reported.
std::vector<std::string> read_known_peers(const std::filesystem::path& folder);
void write_known_peers(const std::filesystem::path& folder, const std::vector<std::string>& addresses);

} // namespace weft
