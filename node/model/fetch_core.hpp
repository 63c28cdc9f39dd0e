#pragma once

#include "node/model/model_link.hpp"
#include "runtime/base/time.hpp"

#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <variant>
#include <vector>

namespace weft {

struct fetch_options {
  std::string model;
  std::vector<std::string> addresses;        ///< where members listen for each other: seeds, and peers of the last run
  std::map<std::string, std::string> pinned; ///< SHA-256 that a file must have, by name: a SHA256SUMS that is there

  duration patience = std::chrono::seconds{60}; ///< without a piece, or the first description
  duration pause = std::chrono::seconds{1};     ///< between rounds of questions, and before a source is tried again
  duration refresh = std::chrono::seconds{10};  ///< between descriptions: whoever gave it knows that we still fetch
  uint32_t leg_pieces_max = 64;                 ///< asked for at once
  uint32_t sources_max = 256;                   ///< that are remembered, of each kind
  uint32_t lies_max = 16; ///< descriptions that their files, fetched whole, showed to be wrong; then it gives up
};

// What to do next; each is answered by the call of the same name before the next one is asked for.
struct ask_directory {
  std::string address; ///< where a member listens for others
};
struct ask_model {
  std::string address; ///< a data address, as the next
};
struct fetch_pieces {
  std::string address;
  uint32_t first = 0;
  uint32_t count = 0; ///< of one file
};
struct wait_until {
  time_point until{};
};
struct install_model {};
struct give_up {
  failure why;
};
using fetch_step = std::variant<ask_directory, ask_model, fetch_pieces, wait_until, install_model, give_up>;

/// Decides how a node without the model's files gets them: whom to ask, which piece from whom next, what to believe,
/// and when to give up. Does nothing itself; is told the time. One step at a time. Not thread-safe.
///
/// The first good description is the version that is fetched. A node that tells of another one, or sent a piece that is
/// not as described, is not asked again while that description holds; it may be the description that lies. Once the
/// files have shown that it does, only its author is left out, and nobody is believed who tells the same; but not for
/// ever: whoever invents descriptions finds new addresses for them, too. Pieces are fetched in order, so that others
/// can follow close behind.
class fetch_core {
public:
  fetch_core(fetch_options o, time_point now);

  fetch_step next(time_point now);

  void directory_answered(const std::string& address, const result<std::vector<std::string>>& answer);
  /// Fails with why the answer is of no use.
  status model_answered(time_point now, const std::string& address, const result<model_offer>& answer);
  /// What came for a piece: how many bytes, and their digest. ok: keep it, and say so with have(). Else it is damaged
  /// (errc::model_unusable): end this leg. Where the digest is right and the size is not, the description is wrong, and
  /// there is no manifest any more, as after install_refused().
  status piece_came(time_point now, const std::string& address, uint32_t piece, uint64_t bytes,
                    const std::string& sha256);
  /// The piece is on the disk: it came, or was there from before. from: "": from before.
  void have(time_point now, uint32_t piece, const std::string& from);
  void pieces_ended(time_point now, const std::string& address, const status& how);
  /// The files were not what their manifest says of them, though all pieces were: begin again without that manifest.
  void install_refused(time_point now, const std::string& why);

  /// Null before the first description.
  const model_manifest* manifest() const noexcept { return manifest_ ? &*manifest_ : nullptr; }
  const std::vector<piece_place>& places() const noexcept { return places_; }
  uint32_t missing() const noexcept { return missing_; }
  /// Bytes by the data address that they came from.
  const std::map<std::string, uint64_t>& bytes_from() const noexcept { return bytes_from_; }

private:
  struct source {
    std::string address;
    time_point not_before{};
  };
  std::optional<fetch_step> next_piece(time_point now);
  std::optional<fetch_step> next_question();
  void accept(time_point now, const std::string& address, const model_offer& offer);
  status check(const model_offer& offer) const;
  void set_upstream(const std::string& address, const std::vector<std::string>& nearer);
  bool is_refused(const std::string& address) const;
  failure refuse(std::set<std::string>& refused, const std::string& address, const std::string& why);
  failure leave_out(const std::string& address, const std::string& why);
  void note(const std::string& address, const std::string& why);
  failure nobody_gave_it() const;
  failure all_lie() const;

  fetch_options options_;
  time_point progress_at_;
  time_point round_at_;
  std::deque<std::string> directories_;      ///< to ask in this round
  std::deque<std::string> candidates_;       ///< to ask for a description
  std::set<std::string> refused_;            ///< for good
  std::set<std::string> doubted_;            ///< as long as the present manifest holds: they do not go together
  std::set<std::string> wrong_;              ///< fingerprints of manifests whose files were not as they say
  std::string last_lie_;                     ///< who told it, and what was wrong
  std::map<std::string, std::string> notes_; ///< why an address was of no use; for people

  std::optional<model_manifest> manifest_;
  std::string author_; ///< who described it first
  std::vector<piece_place> places_;
  std::vector<bool> have_;
  uint32_t missing_ = 0;
  uint32_t first_missing_ = 0;
  std::string home_; ///< who described it last; "": nobody is there
  time_point refresh_at_{};
  std::vector<source> upstream_; ///< the nearest first, home last
  uint32_t leg_pieces_ = 0;
  std::map<std::string, uint64_t> bytes_from_;
};

} // namespace weft
