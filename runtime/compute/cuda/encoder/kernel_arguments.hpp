#pragma once

#include <cstdint>

/// What kernels are given beside their matrices: pointers to device memory.
namespace weft::cuda {

/// The tables of the first layer, in fp32 in every class: a row is read once a token, so that halving it saves nothing.
struct embedding_tables {
  const float* words;     ///< [vocabulary, hidden]
  const float* positions; ///< [positions, hidden]
  const float* type;      ///< [hidden], the first token type
};

/// A norm over rows of `hidden` values.
struct norm_parameters {
  const float* gamma; ///< [hidden]
  const float* beta;  ///< [hidden]
  float epsilon;
  uint32_t hidden; ///< a multiple of 64, at most 1 024
};

/// Sequences of a packed batch, in device memory so that one graph serves all batches of a bucket.
struct sequence_list {
  const uint32_t* count;     ///< how many sequences there are
  const uint32_t* offsets;   ///< [count + 1]
  const uint32_t* normalize; ///< [count], 1 = scale to length 1
};

} // namespace weft::cuda
