#include "runtime/compute/model/bert_weights.hpp"

#include "runtime/compute/model/bert_config.hpp"
#include "runtime/compute/model/float_tensor.hpp"
#include "runtime/compute/model/safetensors.hpp"

#include <optional>
#include <string>
#include <utility>

namespace weft {

namespace {

/// Memory that the weights' views point into: the mapping, and what had to be converted.
struct weight_memory {
  std::shared_ptr<const void> mapping;
  std::vector<std::unique_ptr<float[]>> converted;
};

failure with_advice(const std::string& problem) {
  return {errc::model_unusable, problem + " (run `tools/setup model` to fetch the model again)"};
}

/// Finds tensors by name and checks them. The first problem stays in `problem`; later calls then do nothing of use.
class weight_reader {
public:
  weight_reader(const tensor_map& tensors, weight_memory& memory) : tensors_(tensors), memory_(memory) {}

  std::span<const float> read(const std::string& name, std::vector<uint64_t> shape) {
    const auto found = tensors_.find(name);
    if (found == tensors_.end())
      return stop("tensor '" + name + "' is missing");
    const auto& tensor = found->second;
    if (tensor.shape != shape)
      return stop("tensor '" + name + "' has shape " + describe(tensor.shape) + ", config.json wants " +
                  describe(shape));
    size_t size = 1;
    for (const uint64_t n : shape)
      size *= n;
    bytes_ += size * sizeof(float);
    if (is_float_view(tensor))
      return {reinterpret_cast<const float*>(tensor.bytes.data()), size};
    auto copy = std::make_unique_for_overwrite<float[]>(size);
    if (!copy_as_float(tensor, {copy.get(), size}))
      return stop("tensor '" + name + "' has type " + std::string(to_string(tensor.type)) +
                  "; F32, F16 and BF16 can be read");
    memory_.converted.push_back(std::move(copy));
    return {memory_.converted.back().get(), size};
  }

  linear_weights linear(const std::string& name, uint64_t out, uint64_t in) {
    return {read(name + ".weight", {out, in}), read(name + ".bias", {out})};
  }

  norm_weights norm(const std::string& name, uint64_t hidden) {
    return {read(name + ".weight", {hidden}), read(name + ".bias", {hidden})};
  }

  const std::optional<std::string>& problem() const noexcept { return problem_; }
  uint64_t bytes() const noexcept { return bytes_; }

private:
  std::span<const float> stop(std::string problem) {
    if (!problem_)
      problem_ = std::move(problem);
    return {};
  }

  static std::string describe(const std::vector<uint64_t>& shape) {
    std::string out = "[";
    for (const uint64_t n : shape)
      out += (out.size() > 1 ? ", " : "") + std::to_string(n);
    return out + "]";
  }

  const tensor_map& tensors_;
  weight_memory& memory_;
  std::optional<std::string> problem_;
  uint64_t bytes_ = 0;
};

bert_layer_weights read_layer(weight_reader& reader, const bert_shape& shape, size_t layer) {
  const auto prefix = "encoder.layer." + std::to_string(layer) + ".";
  const uint64_t hidden = shape.hidden;
  return {
      .query = reader.linear(prefix + "attention.self.query", hidden, hidden),
      .key = reader.linear(prefix + "attention.self.key", hidden, hidden),
      .value = reader.linear(prefix + "attention.self.value", hidden, hidden),
      .attention_output = reader.linear(prefix + "attention.output.dense", hidden, hidden),
      .attention_norm = reader.norm(prefix + "attention.output.LayerNorm", hidden),
      .intermediate = reader.linear(prefix + "intermediate.dense", shape.intermediate, hidden),
      .output = reader.linear(prefix + "output.dense", hidden, shape.intermediate),
      .output_norm = reader.norm(prefix + "output.LayerNorm", hidden),
  };
}

} // namespace

result<std::shared_ptr<const bert_weights>> load_bert_weights(const std::filesystem::path& directory) {
  const auto shape = read_bert_config(directory / "config.json");
  if (!shape)
    return with_advice(shape.error().message);
  const auto path = directory / "model.safetensors";
  const auto file = open_safetensors(path);
  if (!file)
    return with_advice(file.error().message);

  auto memory = std::make_shared<weight_memory>();
  memory->mapping = file->mapping;
  weight_reader reader(file->tensors, *memory);
  auto weights = std::make_shared<bert_weights>();
  weights->shape = *shape;
  weights->word_embeddings = reader.read("embeddings.word_embeddings.weight", {shape->vocabulary, shape->hidden});
  weights->position_embeddings =
      reader.read("embeddings.position_embeddings.weight", {shape->positions, shape->hidden});
  // Sentences are embedded alone, so only the first of the two token types is ever used.
  const auto token_types = reader.read("embeddings.token_type_embeddings.weight", {2, shape->hidden});
  weights->token_type_embedding = token_types.first(token_types.size() / 2);
  weights->embedding_norm = reader.norm("embeddings.LayerNorm", shape->hidden);
  for (size_t i = 0; i < shape->layers && !reader.problem(); ++i)
    weights->layers.push_back(read_layer(reader, *shape, i));
  if (reader.problem())
    return with_advice(path.string() + ": " + *reader.problem());
  weights->bytes = reader.bytes();
  weights->mapping = std::move(memory);
  return std::shared_ptr<const bert_weights>(std::move(weights));
}

} // namespace weft
