#include "runtime/compress/select/fill.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compress/select/extract.hpp"
#include "runtime/compress/select/kept_set.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

namespace weft {
namespace {

constexpr uint32_t none = std::numeric_limits<uint32_t>::max();

/// A joint of units that are no neighbours never has more tokens (a line end with the deepest indentation; nothing in
/// WordPiece): what a unit adds is at least its tokens less this.
constexpr int64_t joint_tokens_max(counter_kind kind) noexcept {
  return kind == counter_kind::bytes ? 260 : kind == counter_kind::llm_estimate ? 2 : 0;
}

// Passes until nothing more fits: the second is for units whose neighbours the first brought in, more are rare.
constexpr int passes_max = 16;

// Rounds for counters that are not additive: each knows the true count of the one before.
constexpr int rounds_max = 4;

// Larger ones are as good: sums of 32-bit counts stay far below.
constexpr uint64_t budget_max = uint64_t{1} << 60;

/// What comes with the first kept unit of its part of the text: headings, and header rows of tables.
struct companions {
  std::vector<uint32_t> heading;   ///< [units]: the heading of a unit's section; none
  std::vector<uint32_t> header;    ///< [units]: the header row of a row; none
  std::vector<uint32_t> scope_end; ///< [units]: of a companion: the first unit behind what it stands for; else 0

  bool contains(uint32_t unit) const noexcept { return scope_end[unit] != 0; }
};

companions find_companions(const document& source) {
  const auto units = static_cast<uint32_t>(source.units.size());
  companions out{std::vector<uint32_t>(units, none), std::vector<uint32_t>(units, none), std::vector<uint32_t>(units)};
  std::array<uint32_t, 256> open; // by level: the heading whose scope goes on
  open.fill(none);
  uint32_t heading = none;
  uint32_t header = none;
  uint32_t ordinary = 0;
  const auto close = [&](size_t level, uint32_t end) {
    for (; level < open.size(); ++level)
      if (const uint32_t at = std::exchange(open[level], none); at != none)
        out.scope_end[at] = end;
  };
  for (uint32_t i = 0; i < units; ++i) {
    const text_unit& unit = source.units[i];
    if (unit.kind != unit_kind::table_row || unit.header)
      header = none;
    if (unit.kind == unit_kind::heading) {
      close(unit.level, i);
      open[unit.level] = heading = i;
      continue;
    }
    if (heading != none && source.units[heading].section == unit.section)
      out.heading[i] = heading;
    out.header[i] = header;
    if (header != none)
      out.scope_end[header] = i + 1;
    else if (unit.header)
      header = i;
    ++ordinary;
  }
  close(0, units);
  if (ordinary == 0)
    std::fill(out.scope_end.begin(), out.scope_end.end(), 0u);
  return out;
}

/// The state of one filling. Invariant: tokens_ is the sum of the kept units and joints as count_joint() sees them, or
/// the true count after settle().
class filling {
public:
  explicit filling(const fill_request& request)
      : request_(request), source_(*request.source), together_(find_companions(source_)),
        kept_(static_cast<uint32_t>(source_.units.size())), refused_(source_.units.size()) {}

  result<fill_output> run() {
    if (source_.units.empty())
      return fill_output{};
    if (auto done = take_required(); !done)
      return done.error();
    pass();
    for (int round = 0;; ++round) {
      fill_output out = settle();
      if (out.kept.empty())
        return unreachable(least_unit());
      if (out.tokens > request_.budget) // only required ones are left
        return unreachable(out.tokens);
      const bool exact = !std::exchange(dropped_, false) && tokens_ == static_cast<int64_t>(out.tokens);
      tokens_ = static_cast<int64_t>(out.tokens);
      if (exact || round == rounds_max || !pass())
        return out;
    }
  }

private:
  int64_t room() const noexcept { return budget_ - tokens_; }

  int64_t joint(uint32_t left, uint32_t right) const {
    return static_cast<int64_t>(count_joint(request_.counter, request_.count, source_.of(left),
                                            joint_between(source_, left, right), source_.of(right)));
  }

  /// What a unit that is not kept would add.
  int64_t cost(uint32_t unit) const {
    const auto before = kept_.before(unit);
    const auto after = kept_.after(unit);
    int64_t tokens = source_.tokens[unit];
    if (before)
      tokens += joint(*before, unit);
    if (after)
      tokens += joint(unit, *after);
    if (before && after)
      tokens -= joint(*before, *after);
    return tokens;
  }

  void keep(uint32_t unit) { keep(unit, cost(unit)); }
  void keep(uint32_t unit, int64_t tokens) {
    tokens_ += tokens;
    kept_.insert(unit);
    added_.push_back(unit);
  }

  /// Keeps a unit if there is room for it.
  bool keep_if_room(uint32_t unit) {
    if (refused_[unit] != 0 || source_.tokens[unit] > room() + joint_max_)
      return false;
    const int64_t tokens = cost(unit);
    if (tokens > room())
      return false;
    keep(unit, tokens);
    return true;
  }

  void drop_last() {
    const uint32_t unit = added_.back();
    added_.pop_back();
    kept_.erase(unit);
    tokens_ -= cost(unit);
  }

  /// Keeps a unit with its companions, or with fewer of them, where that fits.
  bool take(uint32_t unit) {
    if (!keep_if_room(unit))
      return false;
    take_companions_of(unit);
    return true;
  }

  void take_companions_of(uint32_t unit) {
    for (const uint32_t other : {together_.header[unit], together_.heading[unit]})
      if (other != none && !kept_.contains(other))
        keep_if_room(other);
  }

  status take_required() {
    for (uint32_t i = 0; i < request_.required.size(); ++i)
      if (request_.required[i] != 0)
        keep(i);
    required_ = added_.size();
    if (room() < 0) { // by the sums: only the true count may refuse
      const uint64_t least = settle().tokens;
      if (least > request_.budget)
        return unreachable(least);
      tokens_ = static_cast<int64_t>(least);
    }
    for (uint32_t i = 0; i < request_.required.size(); ++i)
      if (request_.required[i] != 0)
        take_companions_of(i);
    return ok;
  }

  /// A companion that came too late for its first unit, or whose scope has only sections of their own.
  bool take_companion(uint32_t unit) {
    const auto next = kept_.after(unit);
    return next && *next < together_.scope_end[unit] && keep_if_room(unit);
  }

  /// Takes what fits; false: nothing did.
  bool pass() {
    const size_t before = added_.size();
    for (const uint32_t unit : request_.order)
      if (!kept_.contains(unit) && !together_.contains(unit))
        take(unit);
    const auto units = static_cast<uint32_t>(source_.units.size());
    bool more = true;
    for (int i = 0; i < passes_max && std::exchange(more, false); ++i) {
      for (uint32_t unit = 0; unit < units; ++unit)
        if (!together_.contains(unit) && !kept_.contains(unit))
          more |= take(unit);
      for (uint32_t unit = 0; unit < units; ++unit)
        if (together_.contains(unit) && !kept_.contains(unit))
          more |= take_companion(unit);
    }
    return added_.size() > before;
  }

  /// The text of what is kept, counted; drops what was taken last where that is more than the budget.
  fill_output settle() {
    for (int64_t least = 0;; least *= 2) { // doubled: few counts, however wrong the sums are
      fill_output out;
      for (uint32_t i = 0; i < source_.units.size(); ++i)
        if (kept_.contains(i))
          out.kept.push_back(i);
      out.extract = join_units(source_, out.kept);
      out.tokens = request_.count(out.extract);
      if (out.tokens <= request_.budget || added_.size() == required_)
        return out;
      least = std::max(least, static_cast<int64_t>(out.tokens - request_.budget));
      const int64_t wanted = tokens_ - least;
      while (added_.size() > required_ && tokens_ > wanted) {
        refused_[added_.back()] = 1;
        drop_last();
      }
      dropped_ = true;
    }
  }

  uint64_t least_unit() const {
    uint64_t least = std::numeric_limits<uint64_t>::max();
    for (uint32_t i = 0; i < source_.units.size(); ++i)
      if (!together_.contains(i))
        least = std::min<uint64_t>(least, request_.count(source_.of(i)));
    return least;
  }

  failure unreachable(uint64_t least) const {
    const uint64_t hundredths = request_.source_tokens * 100 / std::max<uint64_t>(least, 1);
    std::string fraction = std::to_string(hundredths % 100);
    const std::string ratio =
        std::to_string(hundredths / 100) + "." + std::string(2 - fraction.size(), '0') + std::move(fraction);
    const std::string what = required_ > 0 ? "What must be kept has " : "The smallest sentence or line has ";
    return failure{errc::budget_unreachable,
                   what + std::to_string(least) + " tokens (a ratio of " + ratio + "), the budget is " +
                       std::to_string(request_.budget) + ".",
                   {{"leastTokens", std::to_string(least)}, {"bestRatio", ratio}}};
  }

  const fill_request& request_;
  const document& source_;
  int64_t budget_ = static_cast<int64_t>(std::min(request_.budget, budget_max));
  companions together_;
  kept_set kept_;
  std::vector<uint8_t> refused_; ///< [units]: 1 = taken once, and the true count was too much
  std::vector<uint32_t> added_;  ///< in the order of their coming; a companion comes after a unit that it stands for
  int64_t joint_max_ = joint_tokens_max(request_.counter);
  size_t required_ = 0; ///< the first of these
  int64_t tokens_ = 0;
  bool dropped_ = false;
};

} // namespace

result<fill_output> fill_budget(const fill_request& request) {
  WEFT_ASSERT(request.source != nullptr);
  WEFT_ASSERT(request.source->tokens.size() == request.source->units.size());
  WEFT_ASSERT(request.required.empty() || request.required.size() == request.source->units.size());
  WEFT_ASSERT(request.count != nullptr);
  return filling{request}.run();
}

} // namespace weft
