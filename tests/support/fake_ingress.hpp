#pragma once

#include "runtime/ports/call.hpp"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <string_view>
#include <vector>

namespace weft::test {

inline constexpr uint32_t fake_dimensions = 384;

/// A vector that only this text has: its length and its bytes, spread over the dimensions.
inline embedding fake_embedding(std::string_view text) {
  embedding out;
  out.values.assign(fake_dimensions, 0.25f);
  out.values[0] = static_cast<float>(text.size());
  for (size_t i = 0; i < text.size(); ++i)
    out.values[1 + i % (fake_dimensions - 1)] += static_cast<float>(static_cast<unsigned char>(text[i]));
  out.tokens = static_cast<uint32_t>(text.size()) + 2;
  return out;
}

/// What a node with an instant engine would answer.
inline embed_result fake_result(const embed_request& request) {
  embed_result out;
  out.model = request.model.empty() ? "fake-model" : request.model;
  out.model_version = "0123456789ab";
  for (const auto& text : request.texts) {
    out.items.push_back(fake_embedding(text));
    out.usage.tokens += out.items.back().tokens;
  }
  out.times = {std::chrono::microseconds(1), std::chrono::microseconds(2), std::chrono::microseconds(3)};
  return out;
}

/// An ingress that does with each call what the test says, on the thread that submits it. Without a handler it keeps
/// the calls. Thread-safe.
class fake_ingress final : public ingress {
public:
  using handler = std::function<void(call_ptr)>;
  fake_ingress() = default;
  explicit fake_ingress(handler h) : handler_(std::move(h)) {}

  void submit(call_ptr accepted) override {
    if (handler_) {
      handler_(std::move(accepted));
      return;
    }
    const std::lock_guard hold(mutex_);
    kept_.push_back(std::move(accepted));
    changed_.notify_all();
  }

  /// Waits until `count` calls are kept, and hands them over.
  std::vector<call_ptr> take(size_t count) {
    std::unique_lock hold(mutex_);
    changed_.wait(hold, [&] { return kept_.size() >= count; });
    return std::exchange(kept_, {});
  }

private:
  handler handler_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<call_ptr> kept_;
};

/// Answers at once.
inline void answer(const call_ptr& c) {
  c->reply(fake_result(c->request()));
}

} // namespace weft::test
