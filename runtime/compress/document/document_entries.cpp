#include "runtime/compress/document/document_entries.hpp"

#include "runtime/registry/operation_registry.hpp"

#include <utility>

namespace weft {
namespace {

result_kind_ptr make_kind(const char* part, const std::string& tenant, uint64_t generation) {
  return std::make_shared<const result_kind>(result_kind_parts{.operation = std::string{document_name},
                                                               .model = {},
                                                               .model_version = {},
                                                               .parameters = part,
                                                               .scope = tenant,
                                                               .generation = generation});
}

} // namespace

document_entries::document_entries(const std::string& tenant, uint64_t generation)
    : chunk_(make_kind("chunk", tenant, generation)), list_(make_kind("list", tenant, generation)) {}

cache_key document_entries::key_of(const entry_name& name) const {
  return weft::key_of(*kind_of(name.part), name.id);
}

stored_entry document_entries::pack(const entry_name& name, std::string_view bytes) {
  const auto& kind = *kind_of(name.part);
  return {.key = weft::key_of(kind, name.id),
          .kind = kind.bytes(),
          .body = packer_.pack(name.id, {std::make_shared<const std::string>(bytes), {}}),
          .generation = kind.parts().generation,
          .expires_in = {}};
}

cached_value::bytes_ptr document_entries::unpack(const entry_name& name, const stored_entry& entry) {
  if (entry.kind != kind_of(name.part)->bytes())
    return nullptr;
  const auto unpacked = packer_.unpack(entry.body);
  if (!unpacked || unpacked->text != name.id)
    return nullptr;
  auto bytes = unpacked->value.as_bytes();
  return bytes && to_hex(chunk_id_of(*bytes)) == name.id ? bytes : nullptr;
}

} // namespace weft
