#pragma once

#include "runtime/base/result.hpp"

#include <functional>
#include <utility>

namespace weft {

/// A question on its way, and who waits for the answer: told exactly once, on any thread, also when the question gets
/// lost (errc::unavailable). Travels by shared_ptr; only who handles it answers.
template <class Question, class Answer> class question_slip {
public:
  question_slip(Question asked, std::function<void(result<Answer>)> done)
      : question(std::move(asked)), done_(std::move(done)) {}
  question_slip(const question_slip&) = delete;
  question_slip& operator=(const question_slip&) = delete;
  ~question_slip() {
    answer(failure{errc::unavailable, "the node cannot answer this now: it is stopping, or restarts a part of itself"});
  }

  /// The first answer counts.
  void answer(result<Answer> with) {
    if (auto done = std::exchange(done_, nullptr))
      done(std::move(with));
  }

  const Question question;

private:
  std::function<void(result<Answer>)> done_;
};

} // namespace weft
