#include "node/model/model_shelf.hpp"

#include "node/digest.hpp"
#include "runtime/base/assert.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace weft {
namespace {

time_point now() {
  return std::chrono::steady_clock::now();
}

failure closed() {
  return {errc::unavailable, "the node is stopping"};
}

/// Empty, or why not all could be read.
std::string read_at(int file, uint64_t offset, std::string& out) {
  for (size_t read = 0; read < out.size();) {
    const auto count = ::pread(file, out.data() + read, out.size() - read, static_cast<off_t>(offset + read));
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return std::strerror(errno);
    if (count == 0)
      return "it became shorter";
    read += static_cast<size_t>(count);
  }
  return "";
}

void refuse_one(auto& asked, const failure& why) {
  std::visit([&](auto& it) { it.done(why); }, asked);
}

} // namespace

model_shelf::model_shelf(std::string model, std::string version, const options& o)
    : model_(std::move(model)), version_(std::move(version)), options_(o) {}

result<std::shared_ptr<model_shelf>> model_shelf::whole(const model_files& files, std::string model, const options& o) {
  std::shared_ptr<model_shelf> out{new model_shelf(std::move(model), files.version, o)};
  std::vector<std::string> names;
  for (const auto& digest : files.digests)
    names.push_back(digest.name);
  if (auto opened = out->open_files(files.directory, names); !opened)
    return opened.error();
  out->thread_ = std::thread([shelf = out.get()] { shelf->run(); });
  return out;
}

result<std::shared_ptr<model_shelf>> model_shelf::growing(const std::filesystem::path& folder,
                                                          const model_manifest& manifest, const options& o) {
  std::shared_ptr<model_shelf> out{new model_shelf(manifest.model, manifest.version, o)};
  std::vector<std::string> names;
  for (const auto& file : manifest.files)
    names.push_back(file.name);
  if (auto opened = out->open_files(folder, names); !opened)
    return opened.error();
  out->growing_ = true;
  out->there_.assign(places_of(manifest).size(), false);
  out->manifest_ = std::make_shared<const model_manifest>(manifest);
  out->thread_ = std::thread([shelf = out.get()] { shelf->run(); });
  return out;
}

model_shelf::~model_shelf() {
  close();
  if (thread_.joinable())
    thread_.join();
  for (const auto& file : files_)
    ::close(file.number);
}

status model_shelf::open_files(const std::filesystem::path& folder, const std::vector<std::string>& names) {
  uint32_t pieces = 0;
  for (const auto& name : names) {
    const auto path = folder / name;
    const int number = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat found {};
    if (number < 0 || ::fstat(number, &found) != 0) {
      const std::string why = std::strerror(errno);
      if (number >= 0)
        ::close(number);
      return failure{.code = errc::model_unusable, .message = "model file " + path.string() + ": " + why};
    }
    const auto bytes = static_cast<uint64_t>(found.st_size);
    files_.push_back({.name = name, .bytes = bytes, .first_piece = pieces, .number = number});
    pieces += static_cast<uint32_t>((bytes + model_piece_bytes - 1) / model_piece_bytes);
  }
  return ok;
}

uint64_t model_shelf::bytes_of_file(const std::string& file) const {
  const auto at = std::ranges::find(files_, file, &open_file::name);
  return at == files_.end() ? 0 : at->bytes;
}

void model_shelf::put(uint32_t piece) {
  {
    const std::lock_guard hold(mutex_);
    there_.at(piece) = true;
  }
  changed_.notify_one();
}

void model_shelf::describe(std::function<void(result<manifest_ptr>)> done) {
  ask(description_wanted{std::move(done)});
}

void model_shelf::read(const std::string& file, uint64_t offset, std::function<void(result<std::string>)> done,
                       const std::atomic<bool>* cancelled) {
  const auto at = std::ranges::find(files_, file, &open_file::name);
  if (at == files_.end() || offset >= at->bytes || offset % model_piece_bytes != 0)
    return done(
        failure{errc::invalid_argument, "the model has no piece at " + std::to_string(offset) + " of this file"});
  ask(piece_wanted{.file = &*at,
                   .offset = offset,
                   .until = now() + options_.patience,
                   .cancelled = cancelled,
                   .done = std::move(done)});
}

void model_shelf::ask(question wanted) {
  std::unique_lock hold(mutex_);
  const bool was_closed = closed_;
  if (was_closed || waiting_.size() >= options_.waiting_max) {
    hold.unlock();
    return refuse_one(wanted, was_closed ? closed()
                                         : failure{.code = errc::overloaded,
                                                   .message = "enough nodes fetch the model from this one",
                                                   .retry_after = std::chrono::milliseconds{1'000}});
  }
  waiting_.push_back(std::move(wanted));
  hold.unlock();
  changed_.notify_one();
}

void model_shelf::look_again() {
  {
    const std::lock_guard hold(mutex_); // else the thread could look before, and wait after
  }
  changed_.notify_one();
}

void model_shelf::close() {
  {
    const std::lock_guard hold(mutex_);
    closed_ = true;
  }
  changed_.notify_one();
}

void model_shelf::run() {
  std::unique_lock hold(mutex_);
  while (!closed_) {
    auto next_look = time_point::max();
    const auto found = answerable(now(), next_look);
    if (found != waiting_.end()) {
      auto taken = std::move(*found);
      waiting_.erase(found);
      hold.unlock();
      std::visit([this](auto& wanted) { answer(wanted); }, taken);
      hold.lock();
    } else if (next_look == time_point::max()) {
      changed_.wait(hold);
    } else {
      changed_.wait_until(hold, next_look);
    }
  }
  auto left = std::exchange(waiting_, {});
  hold.unlock();
  for (auto& it : left)
    refuse_one(it, closed());
}

std::deque<model_shelf::question>::iterator model_shelf::answerable(time_point at, time_point& next_look) {
  return std::ranges::find_if(waiting_, [&](const question& it) {
    const auto* piece = std::get_if<piece_wanted>(&it);
    if (!piece || is_there(*piece) || piece->until <= at || (piece->cancelled && *piece->cancelled))
      return true;
    next_look = std::min(next_look, piece->until);
    return false;
  });
}

bool model_shelf::is_there(const piece_wanted& wanted) const {
  return !growing_ || there_[wanted.file->first_piece + wanted.offset / model_piece_bytes];
}

void model_shelf::answer(description_wanted& wanted) {
  if (!manifest_) {
    auto made = make_manifest();
    if (!made)
      return wanted.done(made.error());
    manifest_ = *std::move(made);
  }
  wanted.done(manifest_);
}

void model_shelf::answer(piece_wanted& wanted) {
  std::unique_lock hold(mutex_);
  const bool there = is_there(wanted);
  hold.unlock();
  if (!there)
    return wanted.done(failure{errc::unavailable, "it has no more yet"});
  std::string bytes(std::min<uint64_t>(model_piece_bytes, wanted.file->bytes - wanted.offset), '\0');
  if (const auto why = read_at(wanted.file->number, wanted.offset, bytes); !why.empty())
    return wanted.done(failure{errc::unavailable, wanted.file->name + " cannot be read: " + why});
  wanted.done(std::move(bytes));
}

bool model_shelf::is_closed() {
  const std::lock_guard hold(mutex_);
  return closed_;
}

result<model_shelf::manifest_ptr> model_shelf::make_manifest() {
  auto out = std::make_shared<model_manifest>();
  out->model = model_;
  out->version = version_;
  std::vector<model_file_digest> digests;
  for (const auto& file : files_) {
    running_sha256 whole;
    model_manifest::file entry{.name = file.name, .bytes = file.bytes};
    for (uint64_t offset = 0; offset < file.bytes; offset += model_piece_bytes) {
      std::string bytes(std::min<uint64_t>(model_piece_bytes, file.bytes - offset), '\0');
      if (const auto why = read_at(file.number, offset, bytes); !why.empty())
        return failure{.code = errc::model_unusable, .message = file.name + " cannot be read: " + why};
      if (is_closed())
        return closed(); // of gigabytes nobody waits for
      whole.add(bytes);
      entry.pieces.push_back(sha256_of_text(bytes));
    }
    entry.sha256 = whole.take();
    digests.push_back({file.name, entry.sha256});
    out->files.push_back(std::move(entry));
  }
  if (model_version(digests) != version_)
    return failure{.code = errc::model_unusable, .message = "the model's files were changed since the node started"};
  return manifest_ptr{std::move(out)};
}

} // namespace weft
