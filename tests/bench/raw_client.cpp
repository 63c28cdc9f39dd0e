#include "tests/bench/raw_client.hpp"

#include <atomic>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <mutex>

namespace weft::bench {
namespace {

using clock_type = std::chrono::steady_clock;

struct one_call {
  grpc::ClientContext context;
  grpc::ByteBuffer request, reply;
  clock_type::time_point began;
};

} // namespace

/// What the calls of one run share.
struct raw_client::loop {
  clock_type::time_point end; // no call starts after it
  std::mutex mutex;
  std::condition_variable changed;
  uint32_t out = 0;
  load_result result;
};

grpc::ByteBuffer message_of(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return {&slice, 1};
}

void raw_client::start(loop& shared) {
  auto* call = new one_call;
  call->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(120));
  call->request = next_();
  call->began = clock_type::now();
  stub_.UnaryCall(&call->context, method_, {}, &call->request, &call->reply,
                  [this, call, &shared](const grpc::Status& status) {
                    const auto now = clock_type::now();
                    const double taken = std::chrono::duration<double, std::micro>(now - call->began).count();
                    delete call;
                    {
                      const std::lock_guard hold(shared.mutex);
                      shared.result.latencies.push_back(taken);
                      ++shared.result.codes[status.error_code()];
                      if (now >= shared.end) {
                        if (--shared.out == 0)
                          shared.changed.notify_all();
                        return;
                      }
                    }
                    start(shared);
                  });
}

load_result raw_client::run(uint32_t in_flight, std::chrono::nanoseconds time) {
  loop shared;
  const auto began = clock_type::now();
  shared.end = began + time;
  shared.out = in_flight;
  for (uint32_t i = 0; i < in_flight; ++i)
    start(shared);
  std::unique_lock hold(shared.mutex);
  shared.changed.wait(hold, [&] { return shared.out == 0; });
  shared.result.seconds = std::chrono::duration<double>(clock_type::now() - began).count();
  return std::move(shared.result);
}

load_result raw_client::flood(uint32_t calls, const std::function<void()>& when_sent) {
  loop shared; // its end has passed, so every call is made once
  const auto began = clock_type::now();
  shared.out = calls;
  for (uint32_t i = 0; i < calls; ++i)
    start(shared);
  when_sent();
  std::unique_lock hold(shared.mutex);
  shared.changed.wait(hold, [&] { return shared.out == 0; });
  shared.result.seconds = std::chrono::duration<double>(clock_type::now() - began).count();
  return std::move(shared.result);
}

grpc::ByteBuffer raw_client::reply() {
  one_call call;
  call.context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(120));
  call.request = next_();
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  grpc::Status end;
  stub_.UnaryCall(&call.context, method_, {}, &call.request, &call.reply, [&](const grpc::Status& status) {
    const std::lock_guard hold(mutex);
    end = status;
    done = true;
    changed.notify_all();
  });
  std::unique_lock hold(mutex);
  changed.wait(hold, [&] { return done; });
  if (!end.ok()) {
    std::fprintf(stderr, "%s: %s\n", method_.c_str(), end.error_message().c_str());
    std::exit(1);
  }
  return call.reply;
}

} // namespace weft::bench
