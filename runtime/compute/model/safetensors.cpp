#include "runtime/compute/model/safetensors.hpp"

#include "runtime/compute/model/file_mapping.hpp"
#include "runtime/compute/model/json.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace weft {

namespace {

constexpr uint64_t header_bytes_max = 100'000'000;
constexpr size_t rank_max = 8;

struct type_row {
  tensor_type type;
  std::string_view name;
  uint64_t bytes;
};

constexpr std::array<type_row, 13> types{{
    {tensor_type::boolean, "BOOL", 1},
    {tensor_type::u8, "U8", 1},
    {tensor_type::i8, "I8", 1},
    {tensor_type::i16, "I16", 2},
    {tensor_type::u16, "U16", 2},
    {tensor_type::f16, "F16", 2},
    {tensor_type::bf16, "BF16", 2},
    {tensor_type::i32, "I32", 4},
    {tensor_type::u32, "U32", 4},
    {tensor_type::f32, "F32", 4},
    {tensor_type::f64, "F64", 8},
    {tensor_type::i64, "I64", 8},
    {tensor_type::u64, "U64", 8},
}};

failure malformed(std::string why) {
  return {errc::model_unusable, std::move(why)};
}

std::optional<uint64_t> product(uint64_t a, uint64_t b) noexcept {
  uint64_t out = 0;
  if (__builtin_mul_overflow(a, b, &out))
    return std::nullopt;
  return out;
}

/// Where a tensor's bytes lie in the data section.
struct extent {
  uint64_t begin = 0;
  uint64_t end = 0;
  std::string_view name;
};

std::optional<std::vector<uint64_t>> unsigned_array(const json_value* value, size_t size_max) {
  const auto* elements = value ? value->get_if<json_value::array>() : nullptr;
  if (!elements || elements->size() > size_max)
    return std::nullopt;
  std::vector<uint64_t> out;
  for (const auto& element : *elements) {
    const auto n = element.as_unsigned();
    if (!n)
      return std::nullopt;
    out.push_back(*n);
  }
  return out;
}

/// Reads one header entry; `place` gets its offsets.
result<tensor_view> parse_tensor(const std::string& name, const json_value& entry, std::span<const std::byte> data,
                                 extent& place) {
  const auto where = "tensor '" + name + "': ";
  const auto* members = entry.get_if<json_value::object>();
  if (!members || members->size() != 3)
    return malformed(where + "an object with dtype, shape and data_offsets is wanted");
  const auto* dtype = entry.find("dtype");
  const auto* type_name = dtype ? dtype->get_if<std::string>() : nullptr;
  const auto type =
      std::find_if(types.begin(), types.end(), [&](const auto& row) { return type_name && row.name == *type_name; });
  if (type == types.end())
    return malformed(where + "unknown dtype");
  auto shape = unsigned_array(entry.find("shape"), rank_max);
  if (!shape)
    return malformed(where + "shape is not an array of at most 8 sizes");
  const auto offsets = unsigned_array(entry.find("data_offsets"), 2);
  if (!offsets || offsets->size() != 2 || (*offsets)[0] > (*offsets)[1])
    return malformed(where + "data_offsets are not [begin, end]");
  if ((*offsets)[1] > data.size())
    return malformed(where + "its data lie beyond the end of the file (is it cut?)");
  std::optional<uint64_t> bytes = type->bytes;
  for (const uint64_t size : *shape)
    bytes = bytes ? product(*bytes, size) : bytes;
  if (!bytes || *bytes != (*offsets)[1] - (*offsets)[0])
    return malformed(where + "data_offsets do not fit dtype and shape");
  place = {(*offsets)[0], (*offsets)[1], name};
  return tensor_view{type->type, std::move(*shape), data.subspan(place.begin, place.end - place.begin)};
}

/// Every byte of the data belongs to exactly one tensor.
status check_cover(std::vector<extent> places, uint64_t data_bytes) {
  std::sort(places.begin(), places.end(),
            [](const extent& a, const extent& b) { return std::pair(a.begin, a.end) < std::pair(b.begin, b.end); });
  uint64_t covered = 0;
  for (const auto& place : places) {
    if (place.begin != covered)
      return malformed("tensor '" + std::string(place.name) + "': " +
                       (place.begin < covered ? "its data overlap another tensor's" : "a gap lies before its data"));
    covered = place.end;
  }
  if (covered != data_bytes)
    return malformed("the last " + std::to_string(data_bytes - covered) + " bytes belong to no tensor");
  return ok;
}

} // namespace

std::string_view to_string(tensor_type type) noexcept {
  return types[static_cast<size_t>(type)].name;
}

result<tensor_map> parse_safetensors(std::span<const std::byte> file) {
  constexpr size_t prefix = 8;
  if (file.size() < prefix)
    return malformed("shorter than the 8 bytes that give the header's length");
  uint64_t header_bytes = 0;
  for (size_t i = prefix; i-- > 0;)
    header_bytes = header_bytes << 8 | std::to_integer<uint64_t>(file[i]);
  if (header_bytes > header_bytes_max)
    return malformed("a header of " + std::to_string(header_bytes) + " bytes; at most 100000000 are allowed");
  if (header_bytes > file.size() - prefix)
    return malformed("the file ends inside its header (is it cut?)");
  const std::string_view header(reinterpret_cast<const char*>(file.data()) + prefix, header_bytes);
  if (!header.starts_with('{'))
    return malformed("the header does not begin with '{'");
  const auto parsed = parse_json(header);
  if (!parsed)
    return malformed("the header is no valid JSON: " + parsed.error().message);

  const auto data = file.subspan(prefix + header_bytes);
  tensor_map tensors;
  std::vector<extent> places;
  for (const auto& [name, entry] : *parsed->get_if<json_value::object>()) {
    if (name == "__metadata__") {
      const auto* members = entry.get_if<json_value::object>();
      if (!members || !std::all_of(members->begin(), members->end(),
                                   [](const auto& m) { return m.second.template get_if<std::string>(); }))
        return malformed("__metadata__ is not an object of strings");
      continue;
    }
    extent place;
    auto tensor = parse_tensor(name, entry, data, place);
    if (!tensor)
      return tensor.error();
    places.push_back(place);
    tensors.emplace(name, std::move(*tensor));
  }
  if (auto covered = check_cover(std::move(places), data.size()); !covered)
    return covered.error();
  return tensors;
}

result<safetensors_file> open_safetensors(const std::filesystem::path& path) {
  auto mapping = file_mapping::open(path);
  if (!mapping)
    return mapping.error();
  auto tensors = parse_safetensors((*mapping)->bytes());
  if (!tensors)
    return failure{errc::model_unusable, path.string() + ": " + tensors.error().message};
  return safetensors_file{std::move(*tensors), *mapping};
}

} // namespace weft
