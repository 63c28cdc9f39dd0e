#pragma once

#include <cstddef>
#include <exception>
#include <functional>
#include <memory>
#include <ucontext.h>
#include <vector>

/// Functions with stacks of their own that take turns on one thread.
namespace weft::fiber {

/// Tells AddressSanitizer, where the program has it, that nobody may touch these bytes, or that all may again.
void forbid(const void* bytes, size_t count, bool forbidden);

/// Fibers by index; they are entered from one thread, and leave() returns to where they were entered. One that is
/// started again forgets what it did: what it had on its stack is not destroyed. Not thread-safe.
class group {
public:
  /// stack_bytes: of each; AddressSanitizer, whose frames are several times as large, gets four times as many.
  explicit group(size_t count, size_t stack_bytes = 64 * 1'024);

  void start(size_t index, std::function<void()> body);
  /// Runs the fiber until it leaves or ends. Throws what it threw. REQUIRES: started, not ended.
  void enter(size_t index);
  /// Returns from enter(); returns here when this fiber is entered again. REQUIRES: called in a fiber of this group.
  void leave() { switch_out(false); }

private:
  struct one {
    std::unique_ptr<std::byte[]> stack;
    ucontext_t context{};
    std::function<void()> body;
    void* sanitizer = nullptr; ///< what AddressSanitizer keeps of it while it is away
  };

  static void run();
  void switch_out(bool for_good);

  std::vector<one> fibers_;
  const size_t stack_bytes_;
  one* running_ = nullptr;
  ucontext_t home_{};
  void* home_sanitizer_ = nullptr;
  const void* home_stack_ = nullptr;
  size_t home_stack_bytes_ = 0;
  std::exception_ptr thrown_;
};

} // namespace weft::fiber
