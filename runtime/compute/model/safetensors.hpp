#pragma once

#include "runtime/base/result.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace weft {

/// The element types of the format. Values are never converted here.
enum class tensor_type : uint8_t { boolean, u8, i8, i16, u16, f16, bf16, i32, u32, f32, f64, i64, u64 };

/// "F32" as the file spells it.
std::string_view to_string(tensor_type type) noexcept;

struct tensor_view {
  tensor_type type = tensor_type::f32;
  std::vector<uint64_t> shape;
  std::span<const std::byte> bytes; ///< of the product of shape elements, in no particular alignment
};

/// Tensors by name.
using tensor_map = std::map<std::string, tensor_view, std::less<>>;

/// The tensors of a safetensors file in memory: views into `file`. Source of the format: ANCHORS §1.
/// Fails with errc::model_unusable when the file is malformed: a header that is cut, over 100 MB, no JSON object or has
/// duplicate keys; an unknown type; offsets that overlap, leave gaps, do not cover the data, or do not fit the shape.
result<tensor_map> parse_safetensors(std::span<const std::byte> file);

struct safetensors_file {
  tensor_map tensors;
  std::shared_ptr<const void> mapping; ///< keeps the views valid
};

/// Maps and parses a file. Fails as parse_safetensors() does; the message begins with the path.
result<safetensors_file> open_safetensors(const std::filesystem::path& path);

} // namespace weft
