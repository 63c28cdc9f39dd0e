#pragma once

#include "node/model/fetch_core.hpp"
#include "node/model/model_shelf.hpp"
#include "node/model/piece_folder.hpp"

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace weft {

/// What whoever fetches is told while it works, on the thread of run().
struct fetch_listener {
  /// Pieces can be passed on from now on. Null: no longer.
  std::function<void(std::shared_ptr<model_shelf>)> on_shelf = [](auto) {};
  /// Fetches from another node than before.
  std::function<void(const std::string& address)> on_source = [](const auto&) {};
  /// An address was of no use; it may be again.
  std::function<void(const std::string& address, const failure& why)> on_trouble = [](const auto&, const auto&) {};
  /// Another process fetches into the same folder.
  std::function<void()> on_other_process = [] {};
};

struct fetched_model {
  model_files files;
  std::map<std::string, uint64_t> bytes_from; ///< by data address; empty: another process fetched it
  uint64_t bytes_before = 0;                  ///< were there from an earlier start
  std::chrono::milliseconds took{0};
};

/// Gets a model's files from other nodes into a folder: carries out what fetch_core decides. run() blocks; stop() may
/// be called from any thread.
class model_fetcher {
public:
  /// target: what look_at_target() wants a model in.
  model_fetcher(fetch_options options, std::filesystem::path target, model_link& link, fetch_listener listener);

  /// Fails with errc::cancelled (stopped), model_unusable (nobody gave it), storage_full or storage_failed.
  result<fetched_model> run();

  void stop();

private:
  result<bool> open_folder(); ///< false: the model is there meanwhile
  std::optional<result<fetched_model>> carry_out(fetch_step& step);
  std::optional<result<fetched_model>> fetch(const fetch_pieces& what);
  std::optional<result<fetched_model>> install();
  status begin_files();
  void begin_again();
  bool wait(time_point until); ///< false: stopped

  const fetch_options options_;
  const std::filesystem::path target_;
  model_link& link_;
  const fetch_listener listener_;
  const time_point began_;
  fetch_core core_;
  std::unique_ptr<piece_folder> folder_;
  std::shared_ptr<model_shelf> shelf_;
  const model_manifest* growing_ = nullptr; ///< the manifest that the folder has begun
  std::string source_;                      ///< that was told last
  uint64_t bytes_before_ = 0;

  std::mutex mutex_; // guards the rest
  std::condition_variable stopping_;
  bool stopped_ = false;
};

} // namespace weft
