#include "runtime/compute/cpu/cpu_engine.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/cpu/engine_queue.hpp"
#include "runtime/compute/cpu/engine_thread.hpp"
#include "runtime/compute/model/batch_fault.hpp"
#include "runtime/points/held_shard.hpp"
#include "runtime/points/points_work.hpp"

#include <algorithm>
#include <cmath>
#include <exception>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace weft {

namespace {

/// Tokens from which on larger batches are computed no faster. Measured on AVX2 (encoder_bench --batch-tokens): 0.91 of
/// the best throughput at 32 tokens, 0.97 at 128, all of it from 256 on. Tiles are about 20 times faster, so that the
/// way of a batch to the engine and back counts with them.
uint32_t batch_tokens_best(numeric_class precision) {
  return precision == numeric_class::bf16 ? 2048 : 512;
}

/// Scales a row to length 1; the floor keeps a row of zeros zero.
void normalize_row(std::span<float> row) {
  double squares = 0;
  for (const float x : row)
    squares += static_cast<double>(x) * x;
  const auto scale = static_cast<float>(1.0 / std::max(std::sqrt(squares), 1e-12));
  for (float& x : row)
    x *= scale;
}

/// run() only queues; all else happens on the thread.
class cpu_engine final : public engine {
public:
  cpu_engine(std::unique_ptr<cpu_encoder> encoder, const bert_shape& shape, const engine_options& options,
             engine_info info)
      : encoder_(std::move(encoder)), shape_(shape), info_(std::move(info)), thread_([this, options] {
          prepare_engine_thread("weft-cpu-" + std::to_string(options.index),
                                options.pin_thread ? std::optional(options.index) : std::nullopt);
          serve();
        }) {}

  ~cpu_engine() override {
    WEFT_ASSERT(std::this_thread::get_id() != thread_.get_id()); // `done` must only send a message
    queue_.stop();
    thread_.join();
  }

  const engine_info& info() const noexcept override { return info_; }

  void run(engine_work work, std::function<void(engine_reply)> done) override {
    queue_.push(std::move(work), std::move(done));
  }

private:
  void serve() {
    while (auto piece = queue_.pop()) {
      if (const auto* refused = std::get_if<failure>(&piece->work))
        piece->done({*refused, {}});
      else
        piece->done(compute(std::get<engine_work>(piece->work)));
    }
  }

  engine_reply compute(const engine_work& work) {
    const auto start = std::chrono::steady_clock::now();
    auto output = [&]() -> result<engine_output> {
      try {
        if (const auto* batch = std::get_if<embed_batch>(&work))
          return embed(*batch);
        if (auto fault = find_points_fault(work))
          return std::move(*fault);
        if (const auto* step = std::get_if<assign_work>(&work))
          return engine_output{shards_.step(*step)};
        return engine_output{run_points(work)};
      } catch (const std::exception& thrown) {
        return failure{errc::engine_failed, info_.device + ": " + thrown.what()};
      } catch (...) {
        return failure{errc::engine_failed, info_.device + ": unknown exception"};
      }
    }();
    return {std::move(output), std::chrono::steady_clock::now() - start};
  }

  result<engine_output> embed(const embed_batch& batch) {
    if (auto fault = find_fault(batch, shape_))
      return std::move(*fault);
    embed_vectors out;
    out.values.resize(size_t{batch.sequences()} * shape_.hidden);
    encoder_->encode({batch.ids, batch.offsets}, out.values);
    for (size_t s = 0; s < batch.sequences(); ++s)
      if (batch.normalize[s])
        normalize_row(std::span(out.values).subspan(s * shape_.hidden, shape_.hidden));
    return engine_output{std::move(out)};
  }

  std::unique_ptr<cpu_encoder> encoder_;
  const bert_shape shape_;
  const engine_info info_;
  held_shards shards_;
  engine_queue queue_{cpu_engine_queue_max};
  std::thread thread_; ///< last: it uses all of the above
};

} // namespace

result<std::unique_ptr<engine>> make_cpu_engine(const cpu_encoder_factory& encoders, const bert_shape& shape,
                                                const engine_options& options) {
  engine_info info{.device = "cpu:" + std::to_string(options.index),
                   .precision = encoders.precision(),
                   .dimensions = shape.hidden,
                   .batch_tokens_best = batch_tokens_best(encoders.precision())};
  try {
    return std::unique_ptr<engine>(std::make_unique<cpu_engine>(encoders.make(), shape, options, std::move(info)));
  } catch (const std::exception& thrown) {
    return failure{errc::engine_failed, "cpu:" + std::to_string(options.index) + ": " + thrown.what()};
  }
}

} // namespace weft
