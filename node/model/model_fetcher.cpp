#include "node/model/model_fetcher.hpp"

#include "node/digest.hpp"

#include <utility>

namespace weft {
namespace {

// How often a process looks whether another one, which fetches into the same folder, is done.
constexpr std::chrono::milliseconds look_pause{250};

time_point now() {
  return std::chrono::steady_clock::now();
}

failure was_stopped() {
  return {errc::cancelled, "stopped before the model was there"};
}

} // namespace

model_fetcher::model_fetcher(fetch_options options, std::filesystem::path target, model_link& link,
                             fetch_listener listener)
    : options_(std::move(options)), target_(std::move(target)), link_(link), listener_(std::move(listener)),
      began_(now()), core_(options_, began_) {}

void model_fetcher::stop() {
  {
    const std::lock_guard hold(mutex_);
    stopped_ = true;
  }
  stopping_.notify_all();
  link_.cancel();
}

bool model_fetcher::wait(time_point until) {
  std::unique_lock hold(mutex_);
  stopping_.wait_until(hold, until, [this] { return stopped_; });
  return !stopped_;
}

result<fetched_model> model_fetcher::run() {
  const auto opened = open_folder();
  if (!opened)
    return opened.error();
  if (!*opened) {
    auto theirs = check_model_files(target_);
    if (!theirs)
      return theirs.error();
    return fetched_model{.files = *std::move(theirs),
                         .took = std::chrono::duration_cast<std::chrono::milliseconds>(now() - began_)};
  }
  core_ = fetch_core{options_, now()}; // waiting for another process is no part of the patience
  while (wait(now())) {
    auto step = core_.next(now());
    if (auto end = carry_out(step)) {
      if (!*end)
        listener_.on_shelf(nullptr);
      return *std::move(end);
    }
  }
  listener_.on_shelf(nullptr);
  return was_stopped();
}

result<bool> model_fetcher::open_folder() {
  for (bool told = false; true;) {
    auto opened = piece_folder::open(target_);
    if (!opened)
      return opened.error();
    const auto look = look_at_target(target_);
    if (!look)
      return look.error();
    if (!look->wanted)
      return false;
    if (*opened) {
      folder_ = *std::move(opened);
      return true;
    }
    if (!std::exchange(told, true))
      listener_.on_other_process();
    if (!wait(now() + look_pause))
      return was_stopped();
  }
}

std::optional<result<fetched_model>> model_fetcher::carry_out(fetch_step& step) {
  if (const auto* ask = std::get_if<ask_directory>(&step)) {
    const auto answer = link_.find(ask->address);
    if (!answer)
      listener_.on_trouble(ask->address, answer.error());
    core_.directory_answered(ask->address, answer);
  } else if (const auto* describe = std::get_if<ask_model>(&step)) {
    const auto answer = link_.describe(describe->address, options_.model);
    if (const auto used = core_.model_answered(now(), describe->address, answer); !used)
      listener_.on_trouble(describe->address, used.error());
    if (core_.manifest() != growing_)
      if (auto begun = begin_files(); !begun)
        return begun.error();
  } else if (const auto* pieces = std::get_if<fetch_pieces>(&step)) {
    return fetch(*pieces);
  } else if (const auto* pause = std::get_if<wait_until>(&step)) {
    wait(pause->until);
  } else if (std::holds_alternative<install_model>(step)) {
    return install();
  } else {
    return std::get<give_up>(step).why;
  }
  return std::nullopt;
}

status model_fetcher::begin_files() {
  growing_ = core_.manifest();
  const auto there = folder_->begin(*growing_);
  if (!there)
    return there.error();
  auto shelf = model_shelf::growing(folder_->path(), *growing_);
  if (!shelf)
    return shelf.error();
  shelf_ = *std::move(shelf);
  bytes_before_ = 0;
  for (const auto piece : *there) {
    bytes_before_ += core_.places()[piece].bytes;
    core_.have(now(), piece, "");
    shelf_->put(piece);
  }
  listener_.on_shelf(shelf_);
  return ok;
}

std::optional<result<fetched_model>> model_fetcher::fetch(const fetch_pieces& what) {
  if (std::exchange(source_, what.address) != what.address)
    listener_.on_source(what.address);
  const auto& first = core_.places()[what.first];
  uint32_t piece = what.first;
  status stored = ok;
  const auto take = [&](const std::string& bytes) {
    if (piece >= what.first + what.count)
      return false; // more than was asked for
    if (auto good = core_.piece_came(now(), what.address, piece, bytes.size(), sha256_of_text(bytes)); !good) {
      listener_.on_trouble(what.address, good.error());
      return false;
    }
    stored = folder_->write(piece, bytes);
    if (!stored)
      return false;
    core_.have(now(), piece, what.address);
    shelf_->put(piece++);
    return true;
  };
  const auto how = link_.fetch(what.address,
                               {.version = core_.manifest()->version,
                                .file = core_.manifest()->files[first.file].name,
                                .offset = first.offset,
                                .pieces_max = what.count},
                               take);
  if (!stored)
    return stored.error();
  if (!how)
    listener_.on_trouble(what.address, how.error());
  core_.pieces_ended(now(), what.address, how);
  if (!core_.manifest())
    begin_again();
  return std::nullopt;
}

std::optional<result<fetched_model>> model_fetcher::install() {
  auto files = folder_->install();
  if (files)
    return fetched_model{.files = *std::move(files),
                         .bytes_from = core_.bytes_from(),
                         .bytes_before = bytes_before_,
                         .took = std::chrono::duration_cast<std::chrono::milliseconds>(now() - began_)};
  if (!folder_->refuted())
    return files.error(); // no fault of who described it
  core_.install_refused(now(), files.error().message);
  begin_again();
  return std::nullopt;
}

/// The description was wrong: nothing of it is passed on any more.
void model_fetcher::begin_again() {
  listener_.on_shelf(nullptr);
  growing_ = nullptr;
}

} // namespace weft
