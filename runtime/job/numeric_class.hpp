#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace weft {

/// How numbers are represented while a result is computed; part of a result's identity. Across classes vectors agree
/// to cosine ≥ 0.9995.
enum class numeric_class : uint8_t {
  fp32,  ///< IEEE single precision throughout
  bf16,  ///< linear layers in bfloat16 with fp32 accumulation (AMX tiles, CUDA)
  int16, ///< linear layers in 16-bit fixed point with exact int32 accumulation (AVX2 and AVX-512 without AMX)
  fp16,  ///< activations and weights in IEEE half precision with fp32 accumulation (CUDA)
};

/// All of them, in the order of the enum: for whoever reads one by its name.
inline constexpr std::array numeric_classes{numeric_class::fp32, numeric_class::bf16, numeric_class::int16,
                                            numeric_class::fp16};

constexpr std::string_view to_string(numeric_class c) noexcept {
  switch (c) {
  case numeric_class::fp32:
    return "fp32";
  case numeric_class::bf16:
    return "bf16";
  case numeric_class::int16:
    return "int16";
  case numeric_class::fp16:
    return "fp16";
  }
  return "?";
}

/// What a configuration asks for; `automatic` ("auto") is resolved to the fastest proven class of what computes.
enum class precision : uint8_t { automatic, fp32, bf16, int16, fp16 };

constexpr std::optional<precision> parse_precision(std::string_view text) noexcept {
  if (text == "auto")
    return precision::automatic;
  if (text == "fp32")
    return precision::fp32;
  if (text == "bf16")
    return precision::bf16;
  if (text == "int16")
    return precision::int16;
  if (text == "fp16")
    return precision::fp16;
  return std::nullopt;
}

} // namespace weft
