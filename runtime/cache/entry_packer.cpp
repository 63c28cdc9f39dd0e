#include "runtime/cache/entry_packer.hpp"

#include "runtime/base/half.hpp"

#include <cstring>
#include <lz4.h>
#include <utility>
#include <vector>
#include <zstd.h>

namespace weft {
namespace {

constexpr uint8_t version = 1;
/// Far above any text and vector that a node accepts: a damaged length must not ask for all memory.
constexpr uint32_t plain_bytes_max = 256U << 20;

enum class content : uint8_t { embedding_fp32, embedding_fp16, bytes, document };

/// Little-endian on every machine that Weft runs on; fields are in this order in the bytes.
struct header {
  uint8_t version = 0;
  uint8_t method = 0;
  uint8_t content = 0;
  uint8_t truncated = 0;
  uint32_t text_bytes = 0;
  uint32_t plain_bytes = 0;  ///< of the compressed part, expanded
  uint32_t packed_bytes = 0; ///< of the compressed part
  uint32_t tokens = 0;
  uint32_t dimensions = 0;
  uint64_t cost_ns = 0;
};
static_assert(sizeof(header) == 32);

/// Byte `plane` of every number, one after the other: equal bytes side by side.
template <class Number> void append_plane(std::string& out, const std::vector<Number>& numbers, size_t plane) {
  const size_t start = out.size();
  out.resize(start + numbers.size());
  for (size_t i = 0; i < numbers.size(); ++i)
    out[start + i] = reinterpret_cast<const char*>(&numbers[i])[plane];
}

template <class Number> std::vector<Number> join_planes(std::string_view low, std::string_view high, size_t count) {
  std::vector<Number> numbers(count);
  constexpr size_t low_planes = sizeof(Number) - 1;
  for (size_t i = 0; i < count; ++i) {
    auto* bytes = reinterpret_cast<char*>(&numbers[i]);
    for (size_t plane = 0; plane < low_planes; ++plane)
      bytes[plane] = low[plane * count + i];
    bytes[low_planes] = high[i];
  }
  return numbers;
}

std::vector<uint16_t> halves_of(const std::vector<float>& values) {
  std::vector<uint16_t> halves;
  halves.reserve(values.size());
  for (float value : values)
    halves.push_back(to_half(value));
  return halves;
}

size_t number_bytes(content what) {
  return what == content::embedding_fp16 ? sizeof(uint16_t) : sizeof(float);
}

} // namespace

entry_packer::entry_packer(packing_options options)
    : options_(options), compressor_(ZSTD_createCCtx(), ZSTD_freeCCtx), expander_(ZSTD_createDCtx(), ZSTD_freeDCtx) {}
entry_packer::~entry_packer() = default;

std::string entry_packer::pack(std::string_view text, const cached_value& value) {
  header head{.version = version, .text_bytes = static_cast<uint32_t>(text.size())};
  head.cost_ns = static_cast<uint64_t>(value.cost.count());
  std::string noise;
  plain_.assign(text);
  if (const auto vector = value.as_embedding()) {
    head.content = static_cast<uint8_t>(options_.vectors_fp16 ? content::embedding_fp16 : content::embedding_fp32);
    head.truncated = vector->truncated;
    head.tokens = vector->tokens;
    head.dimensions = static_cast<uint32_t>(vector->values.size());
    if (vector->document) {
      head.content = static_cast<uint8_t>(content::document);
      plain_ += *vector->document;
    } else if (options_.vectors_fp16) {
      const auto halves = halves_of(vector->values);
      append_plane(plain_, halves, 1);
      append_plane(noise, halves, 0);
    } else {
      append_plane(plain_, vector->values, 3);
      for (size_t plane : {0, 1, 2})
        append_plane(noise, vector->values, plane);
    }
  } else {
    head.content = static_cast<uint8_t>(content::bytes);
    plain_ += *value.as_bytes();
  }
  head.plain_bytes = static_cast<uint32_t>(plain_.size());

  std::string out(sizeof(header), '\0');
  head.method = static_cast<uint8_t>(options_.method);
  if (!compress(plain_, out)) {
    head.method = static_cast<uint8_t>(packing::none);
    out += plain_;
  }
  head.packed_bytes = static_cast<uint32_t>(out.size() - sizeof(header));
  out += noise;
  std::memcpy(out.data(), &head, sizeof(header));
  out.shrink_to_fit();
  return out;
}

/// Appends the compressed bytes; false when they would not be fewer.
bool entry_packer::compress(std::string_view plain, std::string& out) {
  const size_t start = out.size();
  size_t made = 0;
  if (options_.method == packing::zstd) {
    out.resize(start + ZSTD_compressBound(plain.size()));
    made = ZSTD_compressCCtx(compressor_.get(), out.data() + start, out.size() - start, plain.data(), plain.size(),
                             options_.zstd_level);
    if (ZSTD_isError(made))
      made = 0;
  } else if (options_.method == packing::lz4) {
    const int size = static_cast<int>(plain.size());
    out.resize(start + static_cast<size_t>(LZ4_compressBound(size)));
    made = static_cast<size_t>(
        LZ4_compress_default(plain.data(), out.data() + start, size, static_cast<int>(out.size() - start)));
  }
  const bool fewer = made > 0 && made < plain.size();
  out.resize(start + (fewer ? made : 0));
  return fewer;
}

bool entry_packer::expand(packing method, std::string_view packed, std::string& plain) {
  switch (method) {
  case packing::none:
    if (packed.size() != plain.size())
      return false;
    std::memcpy(plain.data(), packed.data(), packed.size());
    return true;
  case packing::lz4:
    return LZ4_decompress_safe(packed.data(), plain.data(), static_cast<int>(packed.size()),
                               static_cast<int>(plain.size())) == static_cast<int>(plain.size());
  case packing::zstd:
    return ZSTD_decompressDCtx(expander_.get(), plain.data(), plain.size(), packed.data(), packed.size()) ==
           plain.size();
  }
  return false;
}

std::optional<entry_packer::unpacked> entry_packer::unpack(std::string_view packed) {
  header head;
  if (packed.size() < sizeof(head))
    return std::nullopt;
  std::memcpy(&head, packed.data(), sizeof(head));
  packed.remove_prefix(sizeof(head));
  const auto what = static_cast<content>(head.content);
  if (head.version != version || what > content::document || head.plain_bytes > plain_bytes_max ||
      head.packed_bytes > packed.size() || head.text_bytes > head.plain_bytes)
    return std::nullopt;
  plain_.resize(head.plain_bytes);
  if (!expand(static_cast<packing>(head.method), packed.substr(0, head.packed_bytes), plain_))
    return std::nullopt;
  const std::string_view noise = packed.substr(head.packed_bytes);
  const std::string_view rest = std::string_view{plain_}.substr(head.text_bytes);

  unpacked out{.text = plain_.substr(0, head.text_bytes), .value = {}};
  out.value.cost = std::chrono::nanoseconds{static_cast<int64_t>(head.cost_ns)};
  if (what == content::bytes) {
    out.value.data = std::make_shared<const std::string>(rest);
    return out;
  }
  if (what == content::document) {
    out.value.data = std::make_shared<const embedding>(
        embedding{.values = {}, .tokens = head.tokens, .document = std::make_shared<const std::string>(rest)});
    return out;
  }
  if (rest.size() != head.dimensions || noise.size() != head.dimensions * (number_bytes(what) - 1))
    return std::nullopt;
  embedding vector{.tokens = head.tokens, .truncated = head.truncated != 0};
  if (what == content::embedding_fp32) {
    vector.values = join_planes<float>(noise, rest, head.dimensions);
  } else {
    vector.values.reserve(head.dimensions);
    for (uint16_t half : join_planes<uint16_t>(noise, rest, head.dimensions))
      vector.values.push_back(from_half(half));
  }
  out.value.data = std::make_shared<const embedding>(std::move(vector));
  return out;
}

} // namespace weft
