#include "tests/support/fiber_ranks.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/collective/combine.hpp"
#include "runtime/compute/collective/verb_collective.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace weft::test {
namespace {

constexpr size_t stack_bytes = 256 * 1'024; // a step of corpus_run and all that it calls

void copy(std::span<std::byte> to, std::span<const std::byte> from) {
  if (!to.empty() && to.data() != from.data()) // a rank's own part of all_gather may lie where it belongs
    std::memcpy(to.data(), from.data(), to.size());
}

} // namespace

class fiber_ranks::end final : public verb_collective {
public:
  end(fiber_ranks& all, collective_group group) : verb_collective(group), all_(all) {}

  void abort(failure reason) noexcept override { all_.stop(std::move(reason)); }
  std::optional<failure> async_error() const override { return all_.stopped_; }

private:
  status run(const verb_call& call, patience) override { return all_.meet(group().rank, call); }

  fiber_ranks& all_;
};

fiber_ranks::fiber_ranks(uint32_t ranks, uint64_t epoch) : fibers_(ranks, stack_bytes), calls_(ranks) {
  WEFT_ASSERT(ranks > 0);
  WEFT_ASSERT(ranks <= collective_ranks_max);
  for (uint32_t rank = 0; rank < ranks; ++rank)
    ends_.push_back(std::make_unique<end>(*this, collective_group{epoch, rank, ranks}));
}

fiber_ranks::~fiber_ranks() = default;

void fiber_ranks::on_each(const std::function<void(collective&)>& run) {
  std::vector<size_t> left;
  std::vector<bool> is_through(ends_.size());
  for (size_t rank = 0; rank < ends_.size(); ++rank) {
    left.push_back(rank);
    fibers_.start(rank, [&, rank] {
      run(*ends_[rank]);
      is_through[rank] = true;
    });
  }
  while (!left.empty()) {
    const auto verbs = verbs_;
    for (const auto rank : left)
      fibers_.enter(rank);
    const auto through = std::erase_if(left, [&](size_t rank) { return is_through[rank]; });
    if (through == 0 && verbs_ == verbs)
      stop({errc::deadline_exceeded, "a rank did not come"});
  }
}

status fiber_ranks::meet(uint32_t rank, const verb_call& call) {
  if (here_ > 0 && call.key != calls_.front().key && !stopped_)
    stop({errc::internal, "the ranks call different verbs"});
  if (stopped_)
    return *stopped_;
  if (here_ == 0)
    calls_.assign(calls_.size(), verb_call{call.key, {}, {}});
  calls_[rank] = call;
  const auto verb = verbs_;
  if (++here_ == calls_.size()) {
    perform();
    here_ = 0;
    ++verbs_;
  }
  while (verbs_ == verb && !stopped_)
    fibers_.leave();
  return verbs_ != verb ? ok : status{*stopped_};
}

/// All have come: what the verb does, for all of them.
void fiber_ranks::perform() {
  const auto& key = calls_.front().key;
  const auto& first = calls_.front();
  switch (key.verb) {
  case collective_verb::all_reduce:
    for (size_t r = 1; r < calls_.size(); ++r)
      combine(first.out, calls_[r].out, key.type, key.op);
    for (const auto& each : calls_)
      copy(each.out, first.out);
    return;
  case collective_verb::reduce_scatter:
    for (size_t rank = 0; rank < calls_.size(); ++rank) {
      const auto mine = calls_[rank].out;
      for (size_t r = 0; r < calls_.size(); ++r) {
        const auto part = calls_[r].in.subspan(rank * mine.size(), mine.size());
        if (r == 0)
          copy(mine, part);
        else
          combine(mine, part, key.type, key.op);
      }
    }
    return;
  case collective_verb::all_gather:
    for (const auto& each : calls_)
      for (size_t r = 0; r < calls_.size(); ++r)
        copy(each.out.subspan(r * key.bytes, key.bytes), calls_[r].in);
    return;
  case collective_verb::broadcast:
    for (const auto& each : calls_)
      copy(each.out, calls_[key.root].out);
    return;
  case collective_verb::barrier:
    return;
  }
}

void fiber_ranks::stop(failure why) {
  if (!stopped_)
    stopped_ = std::move(why);
}

} // namespace weft::test
