#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/context.hpp"
#include "runtime/job/embed.hpp"
#include "runtime/ports/peer_link.hpp"

#include <atomic>
#include <memory>

namespace weft {

/// What a call from another node brings along: it has resolved the identity of the results already.
struct peer_origin {
  result_kind_ptr kind;      ///< not null
  bool compute_only = false; ///< peer_request::compute_only
};

/// One RPC in flight. It travels along the actors by shared_ptr; whoever answers first answers the client, later
/// answers are dropped, and if all let go without an answer the transport's destructor answers errc::unavailable.
/// So a dead actor never strands a client. reply(), fail(), cancel() and ended() may be called from any thread;
/// the context and the request are changed by nobody after the call was submitted.
class call {
public:
  call(weft::context context, embed_request request) : context_(std::move(context)), request_(std::move(request)) {}
  call(const call&) = delete;
  call& operator=(const call&) = delete;
  virtual ~call() = default;

  const weft::context& context() const noexcept { return context_; }
  const embed_request& request() const noexcept { return request_; }

  void reply(embed_result value) noexcept {
    if (!answered_.exchange(true))
      on_reply(std::move(value));
  }
  void fail(failure reason) noexcept {
    if (!answered_.exchange(true))
      on_fail(std::move(reason));
  }

  /// Of a call that another node passed on; null for a client's.
  virtual const peer_origin* origin() const noexcept { return nullptr; }

  /// Whether items may be given ahead, as they come. reply() has them all in any case; who was given an item ahead
  /// need not look at it again.
  virtual bool takes_parts() const noexcept { return false; }
  /// REQUIRES: takes_parts(). May meet an answer on another thread: on_part() sees to that.
  void part(const std::vector<peer_item>& items) noexcept {
    if (!answered_.load(std::memory_order_relaxed))
      on_part(items);
  }

  /// The client has gone: nobody computes this any more.
  void cancel() noexcept { cancelled_.store(true, std::memory_order_relaxed); }

  /// True when there is no use in working on it: answered, or cancelled by the client.
  bool ended() const noexcept {
    return cancelled_.load(std::memory_order_relaxed) || answered_.load(std::memory_order_relaxed);
  }

  /// Keeps `token` alive until the call object goes: an admission permit, for instance. Before submission only.
  void hold(std::shared_ptr<void> token) noexcept { held_ = std::move(token); }

protected:
  bool answered() const noexcept { return answered_.load(); }

private:
  virtual void on_reply(embed_result&& value) noexcept = 0;
  virtual void on_fail(failure&& reason) noexcept = 0;
  virtual void on_part(const std::vector<peer_item>&) noexcept {}

  weft::context context_;
  embed_request request_;
  std::atomic<bool> answered_{false};
  std::atomic<bool> cancelled_{false};
  std::shared_ptr<void> held_;
};

using call_ptr = std::shared_ptr<call>;

/// The door into the actors. Thread-safe; never blocks.
class ingress {
public:
  virtual ~ingress() = default;
  /// Takes the call. It is answered in any case: refused here (too much in flight, draining) or on the way.
  virtual void submit(call_ptr accepted) = 0;
};

} // namespace weft
