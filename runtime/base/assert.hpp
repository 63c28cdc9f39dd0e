#pragma once

namespace weft {

/// Prints the broken condition and its place, then aborts. Used through WEFT_ASSERT only.
[[noreturn]] void assertion_failed(const char* condition, const char* file, int line) noexcept;

} // namespace weft

/// Stops the process when the programmer was wrong; on in release builds too. One condition each. Operating errors
/// are values (errc), never assertions.
#define WEFT_ASSERT(condition)                                                                                         \
  do {                                                                                                                 \
    if (!(condition)) [[unlikely]]                                                                                     \
      ::weft::assertion_failed(#condition, __FILE__, __LINE__);                                                        \
  } while (false)
