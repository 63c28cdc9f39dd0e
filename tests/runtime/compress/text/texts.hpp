#pragma once

#include "runtime/compress/kinds.hpp"

#include <span>
#include <string_view>

namespace weft::test {

/// A text as people and programs write it, and what it is.
struct sample_text {
  std::string_view name;
  content_kind kind;
  std::string_view text;
};

std::span<const sample_text> sample_texts() noexcept;

/// REQUIRES: there is one of that name.
std::string_view sample(std::string_view name) noexcept;

} // namespace weft::test
