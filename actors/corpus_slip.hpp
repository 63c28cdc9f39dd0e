#pragma once

#include "runtime/jobs/corpus_effects.hpp"

#include <functional>
#include <memory>
#include <utility>

namespace weft {

/// What jobs_core wants of DEVICE_GROUP, on its way, and who is told. What has an answer is answered exactly once, also
/// when everybody lets go of it: errc::unavailable. So whatever becomes of the actor, of its mailbox or of a thread, an
/// epoch that it was part of breaks instead of waiting. `tell` is called on any thread and must only send a message.
/// One owner at a time: it goes from actor to thread and back by shared_ptr.
class corpus_slip {
public:
  corpus_slip(corpus_effect asked, std::function<void(corpus_event)> tell)
      : effect(std::move(asked)), tell_(std::move(tell)) {}
  corpus_slip(const corpus_slip&) = delete;
  corpus_slip& operator=(const corpus_slip&) = delete;
  ~corpus_slip();

  /// An event before the last one.
  void tell(corpus_event event) {
    if (tell_)
      tell_(std::move(event));
  }
  /// The answer; the first counts.
  void end(corpus_event event) {
    if (auto told = std::exchange(tell_, nullptr))
      told(std::move(event));
  }
  /// The same for an effect that cannot be done; those without an answer have none here either.
  void fail(failure why);

  corpus_effect effect; ///< whoever does it may move its contents out, but for what names it

private:
  std::function<void(corpus_event)> tell_;
};

} // namespace weft
