#pragma once

#include "node/model/model_manifest.hpp"
#include "runtime/base/time.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <variant>
#include <vector>

namespace weft {

/// What a node gives others of its model: all of it, or the pieces that have come so far. A thread of its own reads, so
/// that neither a cold disk nor a digest of gigabytes holds up gRPC's. Files stay open: they may be renamed.
/// Thread-safe.
class model_shelf {
public:
  struct options {
    uint32_t waiting_max = 64;                                    ///< questions; further ones get errc::overloaded
    std::chrono::milliseconds patience = std::chrono::seconds{3}; ///< for a piece that has not come yet
  };

  /// Of a model that is there, and was checked. The digests of its pieces are made when the first one asks.
  /// Fails with errc::model_unusable (a file cannot be opened).
  static result<std::shared_ptr<model_shelf>> whole(const model_files& files, std::string model, const options& o);
  static result<std::shared_ptr<model_shelf>> whole(const model_files& files, std::string model) {
    return whole(files, std::move(model), options{});
  }
  /// Of files that grow in a folder; no piece is there yet. REQUIRES: a manifest that was checked.
  static result<std::shared_ptr<model_shelf>> growing(const std::filesystem::path& folder,
                                                      const model_manifest& manifest, const options& o);
  static result<std::shared_ptr<model_shelf>> growing(const std::filesystem::path& folder,
                                                      const model_manifest& manifest) {
    return growing(folder, manifest, options{});
  }
  ~model_shelf();
  model_shelf(const model_shelf&) = delete;
  model_shelf& operator=(const model_shelf&) = delete;

  const std::string& model() const noexcept { return model_; }
  const std::string& version() const noexcept { return version_; }

  /// The piece is on the disk. REQUIRES: growing().
  void put(uint32_t piece);

  /// done: called once, on the shelf's thread, or at once on this one. Errors: errc::model_unusable (the files were
  /// changed), overloaded, unavailable (closed).
  using manifest_ptr = std::shared_ptr<const model_manifest>;
  void describe(std::function<void(result<manifest_ptr>)> done);

  /// A piece. done: as above. Errors: errc::invalid_argument (no such place), unavailable (it did not come in time,
  /// cannot be read, or closed), overloaded. cancelled: when it is true, look_again() ends the waiting; it outlives the
  /// question. May be null.
  void read(const std::string& file, uint64_t offset, std::function<void(result<std::string>)> done,
            const std::atomic<bool>* cancelled = nullptr);
  void look_again();

  uint64_t bytes_of_file(const std::string& file) const; ///< 0: there is none

  /// Answers all that wait with errc::unavailable, and each later question at once.
  void close();

private:
  struct open_file {
    std::string name;
    uint64_t bytes = 0;
    uint32_t first_piece = 0;
    int number = -1;
  };
  struct description_wanted {
    std::function<void(result<manifest_ptr>)> done;
  };
  struct piece_wanted {
    const open_file* file = nullptr;
    uint64_t offset = 0;
    time_point until{};
    const std::atomic<bool>* cancelled = nullptr;
    std::function<void(result<std::string>)> done;
  };
  using question = std::variant<description_wanted, piece_wanted>;

  model_shelf(std::string model, std::string version, const options& o);
  status open_files(const std::filesystem::path& folder, const std::vector<std::string>& names);
  void ask(question wanted);
  void run();
  /// The first that can be answered now; the end when there is none, and then when to look again.
  std::deque<question>::iterator answerable(time_point now, time_point& next_look);
  bool is_there(const piece_wanted& wanted) const;
  void answer(description_wanted& wanted);
  void answer(piece_wanted& wanted);
  bool is_closed();
  result<manifest_ptr> make_manifest();

  const std::string model_;
  const std::string version_;
  const options options_;
  std::vector<open_file> files_;
  manifest_ptr manifest_; ///< of the thread, once it runs

  std::mutex mutex_; // guards the rest
  std::condition_variable changed_;
  std::deque<question> waiting_;
  bool growing_ = false;
  std::vector<bool> there_; ///< of a growing one, by piece
  bool closed_ = false;
  std::thread thread_; // last: it uses all the others
};

} // namespace weft
