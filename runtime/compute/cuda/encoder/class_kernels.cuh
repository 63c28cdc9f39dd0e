#pragma once

#include "runtime/compute/cuda/encoder/attention_fp32.cuh"
#include "runtime/compute/cuda/encoder/attention_half.cuh"
#include "runtime/compute/cuda/encoder/embedding.cuh"
#include "runtime/compute/cuda/encoder/encoder_kernels.hpp"
#include "runtime/compute/cuda/encoder/gelu.cuh"
#include "runtime/compute/cuda/encoder/layer_norm.cuh"
#include "runtime/compute/cuda/encoder/pooling.cuh"

#include <algorithm>
#include <cstddef>

namespace weft::cuda {

/// How many blocks of how many threads, with how much dynamic shared memory.
struct kernel_grid {
  uint32_t blocks;
  uint32_t threads;
  size_t shared_bytes = 0;
};

constexpr uint32_t blocks_of(size_t items, size_t per_block) noexcept {
  return static_cast<uint32_t>(std::max<size_t>(1, (items + per_block - 1) / per_block));
}

/// What attention needs of a class: its kernel, its threads and its shared memory.
template <class T> struct attention_of {
  static constexpr uint32_t threads = attention_half_warps * warp_size;
  static auto kernel() { return attention_half_kernel<T>; }
  static constexpr size_t shared_bytes(uint32_t length) { return attention_half_shared_bytes(length); }
};
template <> struct attention_of<float> {
  static constexpr uint32_t threads = attention_fp32_warps * warp_size;
  static auto kernel() { return attention_fp32_kernel; }
  static constexpr size_t shared_bytes(uint32_t length) { return attention_fp32_shared_bytes(length); }
};

/// The kernels of one class with their grids. Launcher: start(name, kernel, kernel_grid, arguments…) → status;
/// blocks_at_once(kernel, threads, shared_bytes), what the device holds of an attention kernel. The same code starts
/// them on a device and on the emulator.
template <class T, class Launcher> class class_kernels final : public encoder_kernels {
public:
  class_kernels(const bert_shape& shape, Launcher launcher) : shape_(shape), launcher_(launcher) {}

  uint32_t value_bytes() const noexcept override { return sizeof(T); }

  status embed(const int32_t* ids, const uint32_t* positions, const embedding_tables& tables,
               const norm_parameters& norm, uint32_t tokens, void* out) const override {
    const auto kernel = small() ? embed_kernel<T, norm_pairs_small> : embed_kernel<T, norm_pairs_large>;
    return launcher_.start("embed_kernel", kernel, rows_grid(tokens), ids, positions, tables, norm, tokens,
                           static_cast<T*>(out));
  }

  status attend(const void* qkv, const sequence_list& sequences, uint32_t length, uint32_t tokens,
                void* out) const override {
    using attention = attention_of<T>;
    const size_t shared = attention::shared_bytes(length);
    // Each block takes the next sequence and head when it is done with one; there are no more of them than this.
    const size_t pieces = static_cast<size_t>(tokens) * shape_.heads;
    const auto blocks = static_cast<uint32_t>(
        std::clamp<size_t>(pieces, 1, launcher_.blocks_at_once(attention::kernel(), attention::threads, shared)));
    return launcher_.start("attention_kernel", attention::kernel(), {blocks, attention::threads, shared},
                           static_cast<const T*>(qkv), sequences, shape_.heads, static_cast<T*>(out));
  }

  status norm(void* x, const norm_parameters& how, uint32_t tokens) const override {
    const auto kernel = small() ? layer_norm_kernel<T, norm_pairs_small> : layer_norm_kernel<T, norm_pairs_large>;
    return launcher_.start("layer_norm_kernel", kernel, rows_grid(tokens), static_cast<T*>(x), how, tokens);
  }

  status gelu(void* x, uint32_t tokens) const override {
    const size_t chunks = static_cast<size_t>(tokens) * shape_.intermediate / value_chunk<T>::size;
    return launcher_.start("gelu_kernel", gelu_kernel<T>, {blocks_of(chunks, gelu_threads), gelu_threads},
                           static_cast<T*>(x), chunks);
  }

  status pool(const void* x, const sequence_list& sequences, uint32_t tokens, float* out) const override {
    constexpr uint32_t blocks_max = 1'024; // some per multiprocessor; they share the sequences out
    return launcher_.start("pool_kernel", pool_kernel<T>,
                           {std::min(tokens, blocks_max), pooling_threads(shape_.hidden)}, static_cast<const T*>(x),
                           sequences, shape_.hidden, out);
  }

private:
  bool small() const { return shape_.hidden <= 2 * warp_size * norm_pairs_small; }
  static kernel_grid rows_grid(uint32_t rows) {
    return {blocks_of(rows, norm_rows_block), norm_rows_block * warp_size};
  }

  const bert_shape shape_;
  const Launcher launcher_;
};

} // namespace weft::cuda
