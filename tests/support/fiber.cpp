#include "tests/support/fiber.hpp"

#include <utility>

#if defined(__SANITIZE_ADDRESS__)
#define WEFT_FIBERS_SANITIZED
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WEFT_FIBERS_SANITIZED
#endif
#endif
#if defined(WEFT_FIBERS_SANITIZED)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace weft::fiber {
namespace {

#if defined(WEFT_FIBERS_SANITIZED)
constexpr size_t stack_factor = 4;
#else
constexpr size_t stack_factor = 1;
#endif

group* entered = nullptr; // makecontext hands over no pointer

#if defined(WEFT_FIBERS_SANITIZED)
void begin_switch(void** keep, const void* stack, size_t bytes) {
  __sanitizer_start_switch_fiber(keep, stack, bytes);
}
void end_switch(void* kept, const void** stack, size_t* bytes) {
  __sanitizer_finish_switch_fiber(kept, stack, bytes);
}
#else
void begin_switch(void**, const void*, size_t) {}
void end_switch(void*, const void**, size_t*) {}
#endif

} // namespace

void forbid([[maybe_unused]] const void* bytes, [[maybe_unused]] size_t count, [[maybe_unused]] bool forbidden) {
#if defined(WEFT_FIBERS_SANITIZED)
  if (forbidden)
    __asan_poison_memory_region(bytes, count);
  else
    __asan_unpoison_memory_region(bytes, count);
#endif
}

group::group(size_t count, size_t stack_bytes) : fibers_(count), stack_bytes_(stack_bytes * stack_factor) {}

void group::start(size_t index, std::function<void()> body) {
  auto& fiber = fibers_[index];
  if (!fiber.stack)
    fiber.stack.reset(new std::byte[stack_bytes_]);
  forbid(fiber.stack.get(), stack_bytes_, false); // frames of a run that was given up
  fiber.body = std::move(body);
  fiber.sanitizer = nullptr;
  getcontext(&fiber.context);
  fiber.context.uc_stack.ss_sp = fiber.stack.get();
  fiber.context.uc_stack.ss_size = stack_bytes_;
  fiber.context.uc_link = nullptr;
  makecontext(&fiber.context, &group::run, 0);
}

void group::enter(size_t index) {
  running_ = &fibers_[index];
  entered = this;
  begin_switch(&home_sanitizer_, running_->stack.get(), stack_bytes_);
  swapcontext(&home_, &running_->context);
  end_switch(home_sanitizer_, nullptr, nullptr);
  if (thrown_)
    std::rethrow_exception(std::exchange(thrown_, nullptr));
}

void group::run() {
  group& mine = *entered;
  end_switch(nullptr, &mine.home_stack_, &mine.home_stack_bytes_);
  try {
    mine.running_->body();
  } catch (...) {
    mine.thrown_ = std::current_exception();
  }
  mine.switch_out(true);
}

void group::switch_out(bool for_good) {
  one& fiber = *running_;
  begin_switch(for_good ? nullptr : &fiber.sanitizer, home_stack_, home_stack_bytes_);
  swapcontext(&fiber.context, &home_);
  end_switch(fiber.sanitizer, &home_stack_, &home_stack_bytes_);
}

} // namespace weft::fiber
