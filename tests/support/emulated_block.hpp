#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <source_location>
#include <stdexcept>

/// Runs the threads of a CUDA kernel on the host, one block after the other, each thread a fiber of its own. Between
/// two barriers the threads of a block run in an order drawn from a seed, one by one or warp by warp, so that a barrier
/// that is missing shows as a wrong result with some seed. Not thread-safe: one launch at a time in a process.
namespace weft::emulator {

/// What a kernel did wrong: the message says what, where and in which thread.
struct fault : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct coordinates {
  unsigned x = 1;
  unsigned y = 1;
  unsigned z = 1;
};

using place = std::source_location;

inline constexpr unsigned warp_lanes = 32;
inline constexpr unsigned block_threads_max = 1'024;
inline constexpr size_t shared_bytes_max = 227 * 1'024; ///< what a block of an H100 or H200 may have

struct launch_options {
  coordinates grid;
  coordinates block;
  size_t shared_bytes = 0;
  uint64_t seed = 1; ///< of the order of blocks and threads
};

/// Runs `thread` once for each thread of each block. Throws fault where
/// - a thread ends, or waits elsewhere, while others wait at a barrier or at a warp's exchange that it is part of,
/// - threads wait at barriers of different places,
/// - shared memory was written outside of what the launch asked for (AddressSanitizer sees reads, too),
/// - copies were begun and not waited for when a thread ended,
/// - the launch is larger than a device takes.
void launch(const launch_options& options, const std::function<void()>& thread);

/// Where the running thread is.
struct thread_place {
  coordinates thread;
  coordinates block;
  coordinates block_size;
  coordinates grid_size;
  unsigned lane = 0;
};
const thread_place& here();

/// The block's dynamic shared memory, aligned to 1 024 bytes and filled with a pattern before each block.
std::byte* shared_memory();

/// Waits for all threads of the block. Returns how many of them said true.
unsigned barrier(bool vote, place where);

/// Waits for the lanes of the mask, which all come with an operand; the last of them combines: operands[lane] is null
/// for lanes outside of the mask or of the block.
using combination = void (*)(void* const* operands);
void exchange(uint32_t mask, void* operand, combination combine, place where);

/// 16 bytes of `to` become those of `from`, or zeros where `from` is null: at once or when they are waited for, as the
/// seed decides. Belongs to the group that is open.
void begin_copy(void* to, const void* from);
/// Closes the group of copies.
void close_copies();
/// Waits until at most so many closed groups are open still.
void await_copies(unsigned groups_left);

} // namespace weft::emulator
