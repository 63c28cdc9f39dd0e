#pragma once

#include "runtime/ports/call.hpp"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace weft::test {

/// What became of a call, for the test to look at after the call has gone. Thread-safe.
class outcome {
public:
  void set(result<embed_result> value) {
    const std::lock_guard hold(mutex_);
    ++answers_;
    thread_ = std::this_thread::get_id();
    value_ = std::move(value);
    changed_.notify_all();
  }
  /// The thread that answered. REQUIRES: answered().
  std::thread::id answered_on() const {
    const std::lock_guard hold(mutex_);
    return thread_;
  }
  bool answered() const {
    const std::lock_guard hold(mutex_);
    return value_.has_value();
  }
  int answers() const {
    const std::lock_guard hold(mutex_);
    return answers_;
  }
  void wait() const {
    std::unique_lock hold(mutex_);
    changed_.wait(hold, [&] { return value_.has_value(); });
  }
  /// errc::none for a reply. REQUIRES: answered().
  errc code() const {
    const std::lock_guard hold(mutex_);
    return *value_ ? errc::none : value_->error().code;
  }
  failure error() const {
    const std::lock_guard hold(mutex_);
    return value_->error();
  }
  embed_result reply() const {
    const std::lock_guard hold(mutex_);
    return **value_;
  }

private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  std::optional<result<embed_result>> value_;
  int answers_ = 0;
  std::thread::id thread_;
};
using outcome_ptr = std::shared_ptr<outcome>;

/// A call whose client is the test. As a transport does, it answers errc::unavailable (or errc::cancelled, where
/// it was) when all let go of it.
class recording_call final : public call {
public:
  recording_call(weft::context context, embed_request request, outcome_ptr to)
      : call(std::move(context), std::move(request)), to_(std::move(to)) {}
  ~recording_call() override {
    if (!answered())
      to_->set(ended() ? failure{errc::cancelled, "the client cancelled the call"}
                       : failure{errc::unavailable, "the call was lost"});
  }

private:
  void on_reply(embed_result&& value) noexcept override { to_->set(std::move(value)); }
  void on_fail(failure&& reason) noexcept override { to_->set(std::move(reason)); }

  outcome_ptr to_;
};

/// A call and its outcome. `call` may be let go of.
struct test_call {
  std::shared_ptr<recording_call> call;
  outcome_ptr outcome;
};

struct call_options {
  weft::priority priority = weft::priority::normal;
  time_point deadline = time_point::max();
  std::string model;
  embed_options embed;
  std::string tenant;
  std::optional<numeric_class> precision = std::nullopt;
};

inline test_call make_call(std::vector<std::string> texts, const call_options& options = {}) {
  auto to = std::make_shared<outcome>();
  context with{.request_id = "r", .tenant = options.tenant, .priority = options.priority, .deadline = options.deadline};
  embed_request request{
      .model = options.model, .texts = std::move(texts), .options = options.embed, .precision = options.precision};
  return {std::make_shared<recording_call>(std::move(with), std::move(request), to), to};
}

} // namespace weft::test
