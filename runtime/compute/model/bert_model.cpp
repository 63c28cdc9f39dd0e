#include "runtime/compute/model/bert_model.hpp"

#include "runtime/compute/cpu/cpu_engine.hpp"
#include "runtime/compute/cpu/cpu_precision.hpp"
#include "runtime/compute/model/bert_config.hpp"
#include "runtime/compute/model/bert_weights.hpp"
#include "runtime/compute/tokenizer/tokenizer.hpp"

#include <exception>
#include <string>
#include <utility>

namespace weft {

namespace {

failure with_advice(failure reason) {
  constexpr auto advice = "tools/setup model";
  if (reason.message.find(advice) == std::string::npos)
    reason.message += std::string(" (run `") + advice + "` to fetch the model again)";
  return reason;
}

class bert_model final : public model {
public:
  bert_model(model_info info, tokenizer words, std::shared_ptr<const bert_weights> weights,
             cpu_encoder_factory_ptr encoders)
      : info_(std::move(info)), words_(std::move(words)), weights_(std::move(weights)), encoders_(std::move(encoders)) {
  }

  const model_info& info() const noexcept override { return info_; }

  result<token_sequence> tokenize(std::string_view text, const embed_options& options) const override {
    return words_.encode(text, options);
  }

  uint64_t count_tokens(std::string_view text) const override { return words_.count(text); }

  result<std::unique_ptr<engine>> make_engine(const engine_options& options) const override {
    if (!encoders_)
      return failure{errc::engine_failed, info_.name + " was opened without engines"};
    return make_cpu_engine(*encoders_, weights_->shape, options);
  }

private:
  model_info info_;
  tokenizer words_;
  std::shared_ptr<const bert_weights> weights_;
  cpu_encoder_factory_ptr encoders_; ///< null: it has no engines
};

} // namespace

result<model_ptr> open_bert_model(const bert_model_options& options) {
  const auto chosen = options.engines ? resolve_precision(options.precision) : numeric_class::fp32;
  if (!chosen)
    return chosen.error();
  auto weights = load_bert_weights(options.directory);
  if (!weights)
    return weights.error();
  const auto tokens_max = read_tokens_max(options.directory / "sentence_bert_config.json", (*weights)->shape);
  if (!tokens_max)
    return with_advice(tokens_max.error());
  auto words = tokenizer::load(options.directory / "vocab.txt", *tokens_max);
  if (!words)
    return with_advice(words.error());
  if (words->vocabulary_size() > (*weights)->shape.vocabulary)
    return with_advice({errc::model_unusable, (options.directory / "vocab.txt").string() + " has " +
                                                  std::to_string(words->vocabulary_size()) + " tokens, but " +
                                                  (options.directory / "model.safetensors").string() +
                                                  " has embeddings for " +
                                                  std::to_string((*weights)->shape.vocabulary)});
  try {
    auto encoders = options.engines ? make_encoder_factory(*chosen, *weights) : nullptr;
    model_info info{.name = options.name,
                    .version = options.version,
                    .precision = *chosen,
                    .dimensions = (*weights)->shape.hidden,
                    .tokens_max = *tokens_max,
                    .weights_bytes = (*weights)->bytes};
    return model_ptr(std::make_shared<bert_model>(std::move(info), std::move(*words), *weights, std::move(encoders)));
  } catch (const std::exception& thrown) {
    return failure{errc::model_unusable, options.directory.string() + ": " + thrown.what()};
  }
}

} // namespace weft
