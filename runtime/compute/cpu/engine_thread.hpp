#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace weft {

/// Names the calling thread (at most 15 bytes are kept) and binds it to CPU `cpu` modulo the number of CPUs that the
/// process may use. Both help only; a system that refuses is left as it is.
void prepare_engine_thread(const std::string& name, std::optional<uint32_t> cpu) noexcept;

} // namespace weft
