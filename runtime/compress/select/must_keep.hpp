#pragma once

#include "runtime/base/result.hpp"
#include "runtime/compress/kinds.hpp"
#include "runtime/compress/unit.hpp"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace weft {

/// Steps (instructions of all patterns times bytes of text) that searching may take at worst. One takes 6 ns where RE2
/// has to fall back from its automaton, so 12 s; usual patterns take 1 ns a byte. A text of 1 MiB may have 2 048
/// instructions.
inline constexpr uint64_t pattern_steps_max = uint64_t{1} << 31;

/// Which units are kept whatever their rank. Immutable, so thread-safe. RE2 needs time linear in the text for any
/// pattern, but also linear in the pattern: so both together have a limit.
class must_keep {
public:
  /// errc::invalid_argument: a pattern that RE2 refuses, named with RE2's reason, or patterns that are too large for a
  /// text of so many bytes.
  static result<must_keep> compile(std::span<const keep_kind> kinds, std::span<const std::string> patterns,
                                   uint64_t text_bytes);
  must_keep(must_keep&&) noexcept;
  must_keep& operator=(must_keep&&) noexcept;
  ~must_keep();

  /// Nothing was asked for: required() marks nothing.
  bool empty() const noexcept;

  /// [units]: 1 where a rule holds.
  std::vector<uint8_t> required(const document& source) const;

private:
  struct rules;
  explicit must_keep(std::unique_ptr<rules> made);
  std::unique_ptr<rules> rules_;
};

/// A word with a digit in it.
bool has_number(std::string_view unit) noexcept;
/// A capitalised word that does not begin a sentence, or an acronym: two capitals or more.
bool has_name(std::string_view unit) noexcept;
/// An identifier with '_', '::' or a capital after a small letter, a call "f(", or something `between backticks`.
bool has_code(std::string_view unit) noexcept;

} // namespace weft
