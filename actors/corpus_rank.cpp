#include "actors/corpus_rank.hpp"

#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/corpus/corpus_run.hpp"
#include "runtime/job/record_codec.hpp"

#include <exception>
#include <new>
#include <string>
#include <sys/resource.h>
#include <utility>

namespace weft {
namespace {

/// Calls have the CPUs first. Of this thread alone, on Linux; it never gets them back, so it is to end.
void yield_to_calls(int niceness) {
  if (niceness > 0)
    static_cast<void>(setpriority(PRIO_PROCESS, 0, niceness));
}

} // namespace

std::shared_ptr<corpus_rank> corpus_rank::start(corpus_rank_setup setup, const background& aside) {
  auto out = std::make_shared<corpus_rank>(std::move(setup));
  aside([out] { out->work(); });
  return out;
}

void corpus_rank::abort(failure reason) noexcept {
  const std::lock_guard hold(mutex_);
  if (!aborted_)
    aborted_ = reason;
  if (port_)
    port_->abort(std::move(reason));
}

void corpus_rank::work() {
  yield_to_calls(setup_.niceness);
  result<rank_outcome> outcome{failure{}};
  try {
    outcome = take_part();
  } catch (const std::bad_alloc&) {
    outcome = failure{errc::overloaded, "there is no memory for this node's part of the corpus"};
  } catch (const std::exception& thrown) {
    outcome = failure{errc::internal, std::string{"work on a corpus failed: "} + thrown.what()};
  }
  leave();
  setup_ = {};
  const std::lock_guard hold(telling_);
  if (ended_)
    ended_(std::move(outcome));
}

void corpus_rank::tell(corpus_step made, std::shared_ptr<const corpus_checkpoint> at) {
  const std::lock_guard hold(telling_);
  if (stepped_)
    stepped_(made, std::move(at));
}

void corpus_rank::ignore() {
  const std::lock_guard hold(telling_);
  stepped_ = nullptr;
  ended_ = nullptr;
}

/// Before anything that takes long: other ranks do not wait forever for one that is not there.
status corpus_rank::join() {
  auto joined = setup_.carrier->join(setup_.seat);
  if (!joined)
    return joined.error();
  const std::lock_guard hold(mutex_);
  port_ = *std::move(joined);
  return aborted_ ? status{*aborted_} : ok;
}

result<rank_outcome> corpus_rank::take_part() {
  if (auto joined = join(); !joined)
    return joined.error();
  corpus_group group(*port_, setup_.patience);
  corpus_run_setup parts{.rows = join_rows(setup_.share), .options = setup_.options};
  setup_.share.clear();
  if (setup_.from)
    parts.from = *std::exchange(setup_.from, nullptr);
  parts.engines = setup_.engines;
  corpus_run run(std::move(parts));
  while (run.next() != corpus_step::done) {
    const auto step = run.next();
    if (auto made = run.step(group); !made)
      return made.error();
    tell(step, std::make_shared<const corpus_checkpoint>(*run.checkpoint()));
  }
  return rank_outcome{std::make_shared<const corpus_result>(run.outcome()), body_hash(encode(run.outcome()))};
}

void corpus_rank::leave() {
  std::unique_ptr<collective> gone;
  {
    const std::lock_guard hold(mutex_);
    gone = std::move(port_); // from here on nobody aborts it
  }
}

} // namespace weft
