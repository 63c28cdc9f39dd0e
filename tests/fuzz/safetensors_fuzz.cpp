#include "runtime/compute/model/float_tensor.hpp"
#include "runtime/compute/model/safetensors.hpp"

#include <cstdint>
#include <vector>

// Any bytes: either a clear refusal, or tensors whose every byte may be read.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto tensors = weft::parse_safetensors(std::as_bytes(std::span(data, size)));
  if (!tensors)
    return tensors.error().message.empty() ? __builtin_trap(), 0 : 0;
  for (const auto& [name, tensor] : *tensors) {
    uint64_t elements = 1;
    for (const uint64_t n : tensor.shape)
      elements *= n;
    std::vector<float> values(tensor.bytes.empty() ? 0 : elements);
    weft::copy_as_float(tensor, values);
  }
  return 0;
}
