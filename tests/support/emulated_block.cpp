#include "tests/support/emulated_block.hpp"

#include "runtime/base/random_source.hpp"
#include "tests/support/fiber.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <cstring>
#include <deque>
#include <exception>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weft::emulator {
namespace {

constexpr size_t guard_bytes = 1'024;
constexpr auto guard_pattern = std::byte{0xA7};
constexpr auto fresh_pattern = std::byte{0xCB}; // no zeros: what was never written shows

struct copy {
  std::byte* to;
  std::array<std::byte, 16> bytes;
};

/// One thread of the block.
struct strand {
  enum class state : uint8_t { ready, at_barrier, in_exchange, ended };

  thread_place at;
  state now = state::ready;
  bool vote = false;
  place where;
  uint32_t mask = 0; ///< of the exchange that it waits in
  void* operand = nullptr;
  std::vector<copy> copies;             ///< of the group that is open
  std::deque<std::vector<copy>> groups; ///< closed, the oldest first
};

std::string name_of(const coordinates& at) {
  return "(" + std::to_string(at.x) + ", " + std::to_string(at.y) + ", " + std::to_string(at.z) + ")";
}

std::string name_of(const place& where) {
  return std::string(where.file_name()) + ":" + std::to_string(where.line());
}

void land(const std::vector<copy>& copies) {
  for (const auto& one : copies)
    std::memcpy(one.to, one.bytes.data(), one.bytes.size());
}

/// Dynamic shared memory between two guards.
class arena {
public:
  explicit arena(size_t bytes)
      : bytes_(bytes), memory_(new (std::align_val_t{1'024}) std::byte[bytes + 2 * guard_bytes]) {}
  std::byte* data() const { return memory_.get() + guard_bytes; }

  void prepare() {
    guard(false);
    std::fill_n(memory_.get(), guard_bytes, guard_pattern);
    std::fill_n(data(), bytes_, fresh_pattern);
    std::fill_n(data() + bytes_, guard_bytes, guard_pattern);
    guard(true);
  }
  /// Whether nothing outside was written.
  bool intact() {
    guard(false);
    const auto kept = [](const std::byte* begin) {
      return std::all_of(begin, begin + guard_bytes, [](std::byte x) { return x == guard_pattern; });
    };
    return kept(memory_.get()) && kept(data() + bytes_);
  }
  ~arena() { guard(false); }

private:
  /// Lets AddressSanitizer watch the guards, where there is one.
  void guard(bool watch) {
    fiber::forbid(memory_.get(), guard_bytes, watch);
    fiber::forbid(data() + bytes_, guard_bytes, watch);
  }

  struct release {
    void operator()(std::byte* p) const { ::operator delete[](p, std::align_val_t{1'024}); }
  };
  size_t bytes_;
  std::unique_ptr<std::byte, release> memory_;
};

/// The blocks of one launch, one after the other.
class launch_run {
public:
  launch_run(const launch_options& options, const std::function<void()>& thread)
      : options_(options), thread_(thread), draw_(options.seed), memory_(options.shared_bytes),
        strands_(size_t{options.block.x} * options.block.y * options.block.z),
        ready_((strands_.size() + warp_lanes - 1) / warp_lanes), warp_ranks_(ready_.size()), fibers_(strands_.size()) {}

  void run_block(const coordinates& block) {
    memory_.prepare();
    for (size_t i = 0; i < strands_.size(); ++i) {
      strands_[i] = {};
      const auto index = static_cast<unsigned>(i);
      const auto& size = options_.block;
      strands_[i].at = {{index % size.x, index / size.x % size.y, index / (size.x * size.y)},
                        block,
                        options_.block,
                        options_.grid,
                        index % warp_lanes};
      make_ready(i);
      fibers_.start(i, [this] { body(); });
    }
    choose_order();
    while (ready_count_ > 0)
      step();
    if (!memory_.intact())
      throw fault("block " + name_of(block) + " wrote outside of its " + std::to_string(options_.shared_bytes) +
                  " bytes of shared memory");
  }

  strand& current() { return strands_[running_]; }
  std::byte* memory() const { return memory_.data(); }
  random_source& draw() { return draw_; }

  unsigned wait_at_barrier(bool vote, const place& where) {
    auto& mine = current();
    mine.vote = vote;
    mine.where = where;
    mine.now = strand::state::at_barrier;
    fibers_.leave();
    return votes_;
  }

  void meet(uint32_t mask, void* operand, combination combine, const place& where) {
    auto& mine = current();
    if (!(mask >> mine.at.lane & 1))
      throw fault(describe(mine) + " is not in the mask of its exchange at " + name_of(where));
    mine.mask = mask;
    mine.operand = operand;
    mine.where = where;
    mine.now = strand::state::in_exchange;
    const size_t first = running_ / warp_lanes * warp_lanes;
    const size_t end = std::min(first + warp_lanes, strands_.size());
    void* operands[warp_lanes] = {};
    for (size_t i = first; i < end; ++i) {
      const auto& other = strands_[i];
      if (!(mask >> other.at.lane & 1))
        continue;
      if (other.now != strand::state::in_exchange || other.mask != mask) {
        fibers_.leave(); // somebody is missing; whoever comes last combines
        return;
      }
      if (other.where.line() != where.line() || other.where.column() != where.column())
        throw fault(describe(mine) + " exchanges at " + name_of(where) + ", lane " + std::to_string(other.at.lane) +
                    " of its warp at " + name_of(other.where));
      operands[other.at.lane] = other.operand;
    }
    combine(operands);
    for (size_t i = first; i < end; ++i)
      if (mask >> strands_[i].at.lane & 1)
        wake(i);
    fibers_.leave(); // in turn, like the others: nothing says who goes on first
  }

private:
  /// What a fiber runs.
  void body() {
    thread_();
    auto& mine = current();
    const auto left = [](const auto& group) { return !group.empty(); };
    if (left(mine.copies) || std::any_of(mine.groups.begin(), mine.groups.end(), left))
      throw fault(describe(mine) + " ended before its copies: wait for them");
    mine.now = strand::state::ended;
  }

  void wake(size_t i) {
    strands_[i].now = strand::state::ready;
    make_ready(i);
  }

  /// Until the next barrier: any thread is next, or those of one warp as long as they can, then of another. Either
  /// finds mistakes that the other hardly ever does: in any order no warp gets far ahead of the others.
  void choose_order() {
    by_warps_ = draw_.chance(0.5);
    for (auto& rank : warp_ranks_)
      rank = draw_.next();
  }

  void make_ready(size_t i) {
    ready_[i / warp_lanes].push_back(static_cast<unsigned>(i));
    ++ready_count_;
  }

  unsigned take_ready() {
    size_t warp = 0;
    if (by_warps_) {
      for (size_t other = 0; other < ready_.size(); ++other)
        if (!ready_[other].empty() && (ready_[warp].empty() || warp_ranks_[other] > warp_ranks_[warp]))
          warp = other;
    } else {
      size_t at = draw_.below(static_cast<uint32_t>(ready_count_));
      for (; at >= ready_[warp].size(); ++warp)
        at -= ready_[warp].size();
    }
    auto& lanes = ready_[warp];
    --ready_count_;
    const auto taken = std::exchange(lanes[draw_.below(static_cast<uint32_t>(lanes.size()))], lanes.back());
    lanes.pop_back();
    return taken;
  }

  void step() {
    running_ = take_ready();
    fibers_.enter(running_);
    if (ready_count_ == 0)
      release_barrier();
  }

  /// Nobody can run: all have ended, or all wait at one barrier, or it is a fault.
  void release_barrier() {
    const auto in = [this](strand::state wanted) {
      return static_cast<size_t>(
          std::count_if(strands_.begin(), strands_.end(), [wanted](const auto& s) { return s.now == wanted; }));
    };
    if (in(strand::state::ended) == strands_.size())
      return;
    const auto& first =
        *std::find_if(strands_.begin(), strands_.end(), [](const auto& s) { return s.now != strand::state::ended; });
    votes_ = 0;
    for (const auto& s : strands_) {
      if (s.now == strand::state::ended)
        throw fault(describe(s) + " ended, " + describe(first) + " waits for it at " + name_of(first.where));
      if (s.now != first.now || s.where.line() != first.where.line() || s.where.column() != first.where.column())
        throw fault(describe(first) + " waits at " + name_of(first.where) + ", " + describe(s) + " at " +
                    name_of(s.where));
      votes_ += s.vote ? 1 : 0;
    }
    if (first.now == strand::state::in_exchange)
      throw fault(describe(first) + " waits at " + name_of(first.where) + " with a mask that no other lane has");
    for (size_t i = 0; i < strands_.size(); ++i)
      wake(i);
    choose_order();
  }

  static std::string describe(const strand& s) {
    return "thread " + name_of(s.at.thread) + " of block " + name_of(s.at.block);
  }

  const launch_options& options_;
  const std::function<void()>& thread_;
  random_source draw_;
  arena memory_;
  std::vector<strand> strands_;
  std::vector<std::vector<unsigned>> ready_; ///< by warp
  size_t ready_count_ = 0;
  std::vector<uint64_t> warp_ranks_; ///< the highest goes first
  bool by_warps_ = false;
  size_t running_ = 0;
  unsigned votes_ = 0;
  fiber::group fibers_;
};

launch_run* running = nullptr;

} // namespace

void launch(const launch_options& options, const std::function<void()>& thread) {
  const size_t threads = size_t{options.block.x} * options.block.y * options.block.z;
  if (threads == 0 || threads > block_threads_max)
    throw fault("a block has 1 to 1 024 threads, not " + std::to_string(threads));
  if (options.grid.x == 0 || options.grid.y == 0 || options.grid.z == 0 || options.grid.y > 65'535 ||
      options.grid.z > 65'535)
    throw fault("no grid of a device: " + name_of(options.grid));
  if (options.shared_bytes > shared_bytes_max)
    throw fault("a block has no " + std::to_string(options.shared_bytes) + " bytes of shared memory");
  launch_run run(options, thread);
  running = &run;
  struct reset {
    ~reset() { running = nullptr; }
  } const at_end;
  std::vector<coordinates> blocks;
  for (unsigned z = 0; z < options.grid.z; ++z)
    for (unsigned y = 0; y < options.grid.y; ++y)
      for (unsigned x = 0; x < options.grid.x; ++x)
        blocks.push_back({x, y, z});
  while (!blocks.empty()) {
    const auto block = std::exchange(blocks[run.draw().below(static_cast<uint32_t>(blocks.size()))], blocks.back());
    blocks.pop_back();
    run.run_block(block);
  }
}

const thread_place& here() {
  return running->current().at;
}

std::byte* shared_memory() {
  return running->memory();
}

unsigned barrier(bool vote, place where) {
  return running->wait_at_barrier(vote, where);
}

void exchange(uint32_t mask, void* operand, combination combine, place where) {
  running->meet(mask, operand, combine, where);
}

void begin_copy(void* to, const void* from) {
  if (reinterpret_cast<uintptr_t>(to) % 16 != 0 || reinterpret_cast<uintptr_t>(from) % 16 != 0)
    throw fault("a copy of 16 bytes begins at a multiple of 16");
  copy one{static_cast<std::byte*>(to), {}};
  if (from)
    std::memcpy(one.bytes.data(), from, one.bytes.size());
  if (running->draw().chance(0.5))
    std::memcpy(to, one.bytes.data(), one.bytes.size());
  running->current().copies.push_back(one); // lands (again) when it is waited for: never sooner than asked, never later
}

void close_copies() {
  auto& mine = running->current();
  mine.groups.push_back(std::exchange(mine.copies, {}));
}

void await_copies(unsigned groups_left) {
  auto& groups = running->current().groups;
  for (; groups.size() > groups_left; groups.pop_front())
    land(groups.front());
}

} // namespace weft::emulator
