#pragma once

#include "runtime/base/ids.hpp"
#include "runtime/cache/entry_packer.hpp"
#include "runtime/compress/document/chunk_id.hpp"
#include "runtime/job/identity.hpp"
#include "runtime/ports/entry_store.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace weft {

/// What a document is kept as.
enum class document_part : uint8_t { chunk, list };

/// An entry: `id` is the hash of its bytes, in hex; a list's is the document's handle.
struct entry_name {
  document_part part = document_part::chunk;
  std::string id;
};

/// A tenant's documents as entries of the cache: packed, and named as if they were results of an operation. Not
/// thread-safe: it keeps its working memory.
class document_entries {
public:
  /// generation: of the cluster's cache; entries of an earlier one are gone.
  document_entries(const std::string& tenant, uint64_t generation);

  cache_key key_of(const entry_name& name) const;
  stored_entry pack(const entry_name& name, std::string_view bytes);
  /// Null: another identity (the whole of it is compared), or bytes that are not those of the name.
  cached_value::bytes_ptr unpack(const entry_name& name, const stored_entry& entry);

private:
  const result_kind_ptr& kind_of(document_part part) const { return part == document_part::chunk ? chunk_ : list_; }

  result_kind_ptr chunk_, list_;
  entry_packer packer_;
};

} // namespace weft
