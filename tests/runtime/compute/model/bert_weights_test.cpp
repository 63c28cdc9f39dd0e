#include "runtime/compute/model/bert_config.hpp"
#include "runtime/compute/model/bert_weights.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using namespace weft;

constexpr auto config = R"({"model_type": "bert", "hidden_act": "gelu", "vocab_size": 3, "hidden_size": 32,
  "num_hidden_layers": 1, "num_attention_heads": 1, "intermediate_size": 64, "max_position_embeddings": 4,
  "layer_norm_eps": 1e-12})";

struct entry {
  std::string name;
  std::vector<uint64_t> shape;
};

/// The tensors of a model with the shape above.
std::vector<entry> entries() {
  std::vector<entry> out{{"embeddings.word_embeddings.weight", {3, 32}},
                         {"embeddings.position_embeddings.weight", {4, 32}},
                         {"embeddings.token_type_embeddings.weight", {2, 32}}};
  const auto pair = [&](const std::string& name, std::vector<uint64_t> shape) {
    out.push_back({name + ".bias", {shape.front()}});
    out.push_back({name + ".weight", std::move(shape)});
  };
  pair("embeddings.LayerNorm", {32});
  const std::string layer = "encoder.layer.0.";
  for (const auto* name : {"attention.self.query", "attention.self.key", "attention.self.value"})
    pair(layer + name, {32, 32});
  pair(layer + "attention.output.dense", {32, 32});
  pair(layer + "attention.output.LayerNorm", {32});
  pair(layer + "intermediate.dense", {64, 32});
  pair(layer + "output.dense", {32, 64});
  pair(layer + "output.LayerNorm", {32});
  return out;
}

/// A model folder whose every value is 1.0 in the given type.
class model_folder {
public:
  model_folder(const std::vector<entry>& tensors, const std::string& dtype) {
    directory_ = std::filesystem::temp_directory_path() / ("weft-weights-" + std::to_string(::getpid()));
    std::filesystem::create_directory(directory_);
    std::ofstream(directory_ / "config.json") << config;
    const std::string one = dtype == "F16"    ? std::string("\x00\x3c", 2)
                            : dtype == "BF16" ? std::string("\x80\x3f", 2)
                                              : std::string("\x00\x00\x80\x3f", 4);
    std::string header = "{";
    std::string data;
    for (const auto& tensor : tensors) {
      const size_t begin = data.size();
      size_t elements = 1;
      std::string shape;
      for (const uint64_t n : tensor.shape) {
        elements *= n;
        shape += (shape.empty() ? "" : ",") + std::to_string(n);
      }
      for (size_t i = 0; i < elements; ++i)
        data += one;
      header += (header.size() > 1 ? ",\"" : "\"") + tensor.name + "\":{\"dtype\":\"" + dtype + "\",\"shape\":[" +
                shape + "],\"data_offsets\":[" + std::to_string(begin) + "," + std::to_string(data.size()) + "]}";
    }
    header += "}";
    header.resize((header.size() + 7) / 8 * 8, ' ');
    std::string length;
    for (size_t i = 0; i < 8; ++i)
      length.push_back(static_cast<char>(header.size() >> (8 * i)));
    std::ofstream(directory_ / "model.safetensors", std::ios::binary) << length << header << data;
  }
  ~model_folder() { std::filesystem::remove_all(directory_); }
  const std::filesystem::path& path() const { return directory_; }

private:
  std::filesystem::path directory_;
};

} // namespace

TEST_CASE("weights are read from F32, F16 and BF16 files, into the same values") {
  for (const auto* dtype : {"F32", "F16", "BF16"}) {
    CAPTURE(dtype);
    const model_folder folder(entries(), dtype);
    const auto weights = load_bert_weights(folder.path());
    REQUIRE_MESSAGE(weights, (weights ? "" : weights.error().message));
    const auto& w = **weights;
    CHECK(w.shape.hidden == 32);
    REQUIRE(w.layers.size() == 1);
    CHECK(w.token_type_embedding.size() == 32);
    CHECK(w.layers[0].intermediate.weight.size() == 64 * 32);
    CHECK(w.layers[0].output.weight[2047] == 1.0f);
    CHECK(w.word_embeddings[95] == 1.0f);
    size_t values = 0;
    for (const auto& e : entries())
      values += e.shape.size() == 2 ? e.shape[0] * e.shape[1] : e.shape[0];
    CHECK(w.bytes == values * sizeof(float));
  }
}

TEST_CASE("a tensor that is missing, has another shape or no floats is named") {
  for (const auto& victim : entries()) {
    CAPTURE(victim.name);
    for (const bool remove : {true, false}) {
      auto tensors = entries();
      for (auto& tensor : tensors)
        if (tensor.name == victim.name) {
          if (remove)
            tensor.name = "other";
          else
            tensor.shape.back() += 1;
        }
      const model_folder folder(tensors, "F32");
      const auto weights = load_bert_weights(folder.path());
      REQUIRE_FALSE(weights);
      CHECK(weights.error().code == errc::model_unusable);
      CHECK(weights.error().message.find("'" + victim.name + "'") != std::string::npos);
      CHECK(weights.error().message.find((folder.path() / "model.safetensors").string()) != std::string::npos);
    }
  }
  const model_folder folder(entries(), "I32");
  const auto weights = load_bert_weights(folder.path());
  REQUIRE_FALSE(weights);
  CHECK(weights.error().message.find("type I32") != std::string::npos);
}

TEST_CASE("a configuration that the encoders cannot compute is refused") {
  REQUIRE(parse_bert_config(config));
  struct row {
    std::string from;
    std::string to;
    std::string says;
  };
  for (const auto& r : std::vector<row>{{"\"bert\"", "\"gpt2\"", "model_type"},
                                        {"\"gelu\"", "\"gelu_new\"", "hidden_act"},
                                        {"\"vocab_size\": 3,", "", "vocab_size"},
                                        {"\"vocab_size\": 3,", "\"vocab_size\": -3,", "vocab_size"},
                                        {"\"vocab_size\": 3,", "\"vocab_size\": \"3\",", "vocab_size"},
                                        {"\"vocab_size\": 3,", "\"vocab_size\": 99999999,", "vocab_size"},
                                        {"\"num_attention_heads\": 1", "\"num_attention_heads\": 2", "hidden_size"},
                                        {"\"intermediate_size\": 64", "\"intermediate_size\": 65", "intermediate_size"},
                                        {"1e-12", "-1", "layer_norm_eps"},
                                        {"1e-12", "\"x\"", "layer_norm_eps"},
                                        {"1e-12", "1e-12,", "JSON"},
                                        {"{", "[", "JSON"}}) {
    CAPTURE(r.from);
    CAPTURE(r.to);
    std::string changed = config;
    changed.replace(changed.find(r.from), r.from.size(), r.to);
    const auto shape = parse_bert_config(changed);
    REQUIRE_FALSE(shape);
    CHECK(shape.error().code == errc::model_unusable);
    CHECK(shape.error().message.find(r.says) != std::string::npos);
  }
}
