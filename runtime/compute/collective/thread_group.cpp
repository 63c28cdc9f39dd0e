#include "runtime/compute/collective/thread_group.hpp"

#include "runtime/compute/collective/thread_meeting.hpp"
#include "runtime/compute/collective/verb_collective.hpp"
#include "runtime/compute/collective/verb_failure.hpp"

#include <utility>

namespace weft {
namespace {

/// One thread's end. The meeting lives as long as its last end.
class thread_rank final : public verb_collective {
public:
  thread_rank(collective_group group, std::shared_ptr<thread_meeting> meeting)
      : verb_collective(group), meeting_(std::move(meeting)) {}
  thread_rank(const thread_rank&) = delete;
  thread_rank& operator=(const thread_rank&) = delete;
  ~thread_rank() override { meeting_->end(rank_gone(group().rank, "it closed its end")); }

  void abort(failure reason) noexcept override { meeting_->end(rank_aborted(group().rank, reason)); }
  std::optional<failure> async_error() const override { return meeting_->ended(); }

private:
  status run(const verb_call& call, patience limit) override {
    return meeting_->call(group().rank, call.key, call.in.data(), call.out.data(), limit);
  }

  std::shared_ptr<thread_meeting> meeting_;
};

} // namespace

std::vector<std::unique_ptr<collective>> make_thread_group(uint32_t ranks, uint64_t epoch) {
  WEFT_ASSERT(ranks > 0);
  WEFT_ASSERT(ranks <= collective_ranks_max);
  const auto meeting = std::make_shared<thread_meeting>(ranks);
  std::vector<std::unique_ptr<collective>> out;
  for (uint32_t rank = 0; rank < ranks; ++rank)
    out.push_back(std::make_unique<thread_rank>(collective_group{epoch, rank, ranks}, meeting));
  return out;
}

} // namespace weft
