#pragma once

#include "runtime/base/result.hpp"

#include <utility>

/// Returns the failure of a status from the enclosing function. (What a result holds would be lost.)
#define WEFT_TRY(...)                                                                                                  \
  do {                                                                                                                 \
    if (auto weft_status = (__VA_ARGS__); !weft_status) [[unlikely]]                                                   \
      return std::move(weft_status.error());                                                                           \
  } while (false)
