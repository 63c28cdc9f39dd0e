#pragma once

#include "runtime/base/result.hpp"
#include "runtime/job/context.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace weft {

/// Bytes of a handle: the hash of a document's chunks, in hex.
inline constexpr size_t document_handle_bytes = 64;

/// Whether that is a handle: 64 hex digits, in lower case.
constexpr bool is_document_handle(std::string_view text) noexcept {
  if (text.size() != document_handle_bytes)
    return false;
  for (const char c : text)
    if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
      return false;
  return true;
}

/// How a document is made or changed.
struct document_edit {
  /// Bytes [begin, end) of the document.
  struct span {
    uint64_t begin = 0;
    uint64_t end = 0; ///< at least begin
  };
  std::string handle;           ///< "": a new document
  std::optional<span> replaced; ///< gives way to `text`; empty: `text` comes at the end
  std::string text;             ///< any bytes: the store says what it takes
};

/// A document as it is now.
struct document_state {
  std::string handle; ///< is_document_handle()
  uint64_t bytes = 0;
  uint32_t chunks = 0;
  uint32_t chunks_new = 0; ///< of these: not known before
};

/// Documents in chunks that nodes keep in the cache, so they may be evicted. A document is never changed: an edit makes
/// another one, with another handle; equal texts have equal handles. A tenant sees only its own. Thread-safe, never
/// blocks; `done` is called once, on any thread, also where the store is stopping (errc::unavailable).
class document_store {
public:
  virtual ~document_store() = default;
  /// Errors: errc::unknown_handle, invalid_argument (a span beyond the document's end, or that cuts a character),
  /// text_too_large (metadata limit, bytes: the document would be), invalid_utf8, unavailable, overloaded, draining,
  /// deadline_exceeded.
  virtual void edit(context caller, document_edit edit, std::function<void(result<document_state>)> done) = 0;
  /// The whole text. Errors: errc::unknown_handle, unavailable, overloaded, draining, deadline_exceeded.
  virtual void read(context caller, std::string handle,
                    std::function<void(result<std::shared_ptr<const std::string>>)> done) = 0;
};

} // namespace weft
