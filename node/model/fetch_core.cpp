#include "node/model/fetch_core.hpp"

#include "node/digest.hpp"
#include "runtime/base/assert.hpp"

#include <algorithm>

namespace weft {
namespace {

// Reasons that a message for people quotes.
constexpr size_t quoted_max = 4;

/// The same for equal manifests only.
std::string fingerprint_of(const model_manifest& manifest) {
  std::string all = manifest.version;
  for (const auto& file : manifest.files) {
    all += '\n' + file.name + '\n' + std::to_string(file.bytes) + '\n' + file.sha256;
    for (const auto& piece : file.pieces)
      all += '\n' + piece;
  }
  return sha256_of_text(all);
}

} // namespace

fetch_core::fetch_core(fetch_options o, time_point now) : options_(std::move(o)), progress_at_(now), round_at_(now) {}

fetch_step fetch_core::next(time_point now) {
  if (manifest_ && missing_ == 0)
    return install_model{};
  if (wrong_.size() >= options_.lies_max)
    return give_up{all_lie()};
  if (now - progress_at_ >= options_.patience)
    return give_up{nobody_gave_it()};
  if (manifest_ && !home_.empty() && now >= refresh_at_) {
    refresh_at_ = now + options_.refresh;
    return ask_model{home_};
  }
  if (auto piece = next_piece(now))
    return *std::move(piece);
  if (auto question = next_question())
    return *std::move(question);
  if (now >= round_at_) {
    round_at_ = now + options_.pause;
    directories_.assign(options_.addresses.begin(), options_.addresses.end());
    if (auto question = next_question())
      return *std::move(question);
  }
  auto wake = std::min(round_at_, progress_at_ + options_.patience);
  for (const auto& it : upstream_)
    wake = std::min(wake, it.not_before);
  return wait_until{wake};
}

std::optional<fetch_step> fetch_core::next_piece(time_point now) {
  const auto usable = std::ranges::find_if(upstream_, [now](const source& it) { return it.not_before <= now; });
  if (!manifest_ || usable == upstream_.end())
    return std::nullopt;
  while (have_[first_missing_])
    ++first_missing_;
  uint32_t end = first_missing_;
  const auto limit = std::min(places_[end].file_end, end + options_.leg_pieces_max);
  while (end < limit && !have_[end])
    ++end;
  leg_pieces_ = 0;
  return fetch_pieces{usable->address, first_missing_, end - first_missing_};
}

std::optional<fetch_step> fetch_core::next_question() {
  for (; !candidates_.empty(); candidates_.pop_front())
    if (!is_refused(candidates_.front())) {
      ask_model out{candidates_.front()};
      candidates_.pop_front();
      return out;
    }
  if (directories_.empty())
    return std::nullopt;
  ask_directory out{directories_.front()};
  directories_.pop_front();
  return out;
}

void fetch_core::directory_answered(const std::string& address, const result<std::vector<std::string>>& answer) {
  if (!answer)
    return note(address, answer.error().message);
  for (const auto& found : *answer)
    if (candidates_.size() < options_.sources_max && std::ranges::find(candidates_, found) == candidates_.end())
      candidates_.push_back(found);
}

status fetch_core::model_answered(time_point now, const std::string& address, const result<model_offer>& answer) {
  if (answer) {
    if (is_refused(address))
      return leave_out(address, notes_[address]);
    if (auto good = check(*answer); !good)
      return refuse(refused_, address, good.error().message);
    // Maybe it fetches what the author has told it, and will find out: only passed over.
    if (wrong_.contains(fingerprint_of(answer->manifest)))
      return leave_out(address, "describes files that were not as described when they had been fetched");
    if (manifest_ && *manifest_ != answer->manifest)
      return refuse(doubted_, address,
                    "has version " + answer->manifest.version + ", and " + manifest_->version + " is being fetched");
    accept(now, address, *answer);
    return ok;
  }
  note(address, answer.error().message);
  if (home_ == address)
    home_.clear(); // the sources that it named may go on
  return answer.error();
}

status fetch_core::check(const model_offer& offer) const {
  if (auto whole = check_manifest(offer.manifest, options_.model); !whole)
    return whole;
  for (const auto& file : offer.manifest.files)
    if (const auto pin = options_.pinned.find(file.name); pin != options_.pinned.end() && pin->second != file.sha256)
      return failure{.code = errc::model_unusable,
                     .message = "has another " + file.name + " than the one that SHA256SUMS asks for"};
  return ok;
}

void fetch_core::accept(time_point now, const std::string& address, const model_offer& offer) {
  if (!manifest_) {
    manifest_ = offer.manifest;
    places_ = places_of(*manifest_);
    have_.assign(places_.size(), false);
    missing_ = static_cast<uint32_t>(places_.size());
    first_missing_ = 0;
    author_ = address;
    progress_at_ = now;
  }
  home_ = address;
  refresh_at_ = now + options_.refresh;
  candidates_.clear();
  directories_.clear();
  set_upstream(address, offer.upstream);
}

void fetch_core::set_upstream(const std::string& address, const std::vector<std::string>& nearer) {
  std::vector<source> before;
  before.swap(upstream_);
  const auto add = [&](const std::string& it) {
    const auto same = [&](const source& other) { return other.address == it; };
    if (is_refused(it) || upstream_.size() >= options_.sources_max || std::ranges::any_of(upstream_, same))
      return;
    const auto known = std::ranges::find_if(before, same);
    upstream_.push_back(known == before.end() ? source{it} : *known);
  };
  for (const auto& it : nearer)
    if (it != address)
      add(it);
  add(address);
}

status fetch_core::piece_came(time_point now, const std::string& address, uint32_t piece, uint64_t bytes,
                              const std::string& sha256) {
  WEFT_ASSERT(piece < places_.size());
  const auto name = manifest_->files[places_[piece].file].name;
  if (sha256 != digest_of(*manifest_, places_[piece]))
    return refuse(doubted_, address, "sent a damaged piece of " + name);
  if (bytes == places_[piece].bytes)
    return ok;
  const std::string why = "described a piece of " + name + " that has another size";
  install_refused(now, why);
  return failure{.code = errc::model_unusable, .message = why};
}

void fetch_core::have(time_point now, uint32_t piece, const std::string& from) {
  WEFT_ASSERT(piece < have_.size());
  if (have_[piece])
    return;
  have_[piece] = true;
  --missing_;
  progress_at_ = now;
  if (from.empty())
    return;
  ++leg_pieces_;
  bytes_from_[from] += places_[piece].bytes;
}

void fetch_core::pieces_ended(time_point now, const std::string& address, const status& how) {
  // A question has its time, and what came in it counts: a slow link is no failure.
  const bool slow = !how && how.error().code == errc::deadline_exceeded;
  if ((how || slow) && leg_pieces_ > 0)
    return;
  const auto at = std::ranges::find(upstream_, address, &source::address);
  if (at == upstream_.end())
    return; // it was refused
  note(address, how ? "it has no more yet" : how.error().message);
  const auto told = how ? std::nullopt : how.error().retry_after;
  at->not_before = now + (told ? duration{*told} : options_.pause);
}

void fetch_core::install_refused(time_point now, const std::string& why) {
  wrong_.insert(fingerprint_of(*manifest_)); // of another than all before: those are passed over
  last_lie_ = author_ + ": " + why;
  doubted_.clear(); // who did not go together with a lie may well be right
  (void)refuse(refused_, author_, why);
  manifest_.reset();
  places_.clear();
  have_.clear();
  missing_ = first_missing_ = 0;
  home_.clear();
  upstream_.clear();
  round_at_ = now;
  progress_at_ = now; // pieces came until now
}

bool fetch_core::is_refused(const std::string& address) const {
  return refused_.contains(address) || doubted_.contains(address);
}

failure fetch_core::refuse(std::set<std::string>& refused, const std::string& address, const std::string& why) {
  if (refused.size() < options_.sources_max)
    refused.insert(address);
  return leave_out(address, why);
}

/// It is no source of the present fetching.
failure fetch_core::leave_out(const std::string& address, const std::string& why) {
  note(address, why);
  std::erase_if(upstream_, [&](const source& it) { return it.address == address; });
  if (home_ == address)
    home_.clear();
  return {.code = errc::model_unusable, .message = why};
}

void fetch_core::note(const std::string& address, const std::string& why) {
  if (notes_.contains(address) || notes_.size() < options_.sources_max)
    notes_[address] = why;
}

failure fetch_core::nobody_gave_it() const {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(options_.patience).count();
  std::string out = "no node gave " + std::string{manifest_ ? "the rest of " : ""} + "model " + options_.model +
                    " for " + std::to_string(seconds) + " s";
  size_t quoted = 0;
  for (const auto& [address, why] : notes_)
    if (quoted++ < quoted_max)
      out += "; " + address + ": " + why;
  return {.code = errc::model_unusable,
          .message = out + ". Run ./tools/setup model here, or start a node that has it and that cluster.seeds names"};
}

failure fetch_core::all_lie() const {
  return {.code = errc::model_unusable,
          .message = "nodes of the cluster described the files of model " + options_.model + " wrongly " +
                     std::to_string(wrong_.size()) + " times, last " + last_lie_ +
                     ". Take who tells that out of the cluster, or run ./tools/setup model here"};
}

} // namespace weft
