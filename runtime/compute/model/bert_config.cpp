#include "runtime/compute/model/bert_config.hpp"

#include "runtime/compute/model/file_mapping.hpp"
#include "runtime/compute/model/json.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <system_error>
#include <utility>

namespace weft {

namespace {

failure unusable(std::string why) {
  return {errc::model_unusable, std::move(why)};
}

struct size_key {
  std::string_view name;
  uint32_t bert_shape::*to;
  uint32_t max;
};

constexpr std::array<size_key, 6> size_keys{{
    {"vocab_size", &bert_shape::vocabulary, 1'000'000},
    {"hidden_size", &bert_shape::hidden, 4096},
    {"num_hidden_layers", &bert_shape::layers, 128},
    {"num_attention_heads", &bert_shape::heads, 128},
    {"intermediate_size", &bert_shape::intermediate, 16'384},
    {"max_position_embeddings", &bert_shape::positions, 8192},
}};

struct word_key {
  std::string_view name;
  std::string_view wanted;
};

constexpr std::array<word_key, 3> word_keys{{
    {"model_type", "bert"},
    {"hidden_act", "gelu"},
    {"position_embedding_type", "absolute"},
}};

result<std::string> read_small_file(const std::filesystem::path& path) {
  constexpr size_t bytes_max = 1 << 20;
  const auto file = file_mapping::open(path);
  if (!file)
    return file.error();
  const auto bytes = (*file)->bytes();
  if (bytes.size() > bytes_max)
    return unusable(path.string() + ": larger than 1 MiB");
  return std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size());
}

} // namespace

result<bert_shape> parse_bert_config(std::string_view json) {
  const auto config = parse_json(json);
  if (!config)
    return unusable("no valid JSON: " + config.error().message);
  bert_shape shape;
  for (const auto& key : size_keys) {
    const auto* value = config->find(key.name);
    const auto number = value ? value->as_unsigned() : std::nullopt;
    if (!number || *number == 0 || *number > key.max)
      return unusable(std::string(key.name) + " must be a number from 1 to " + std::to_string(key.max));
    shape.*key.to = static_cast<uint32_t>(*number);
  }
  for (const auto& key : word_keys) {
    const auto* value = config->find(key.name); // absent means the usual
    const auto* word = value ? value->get_if<std::string>() : nullptr;
    if (value && (!word || *word != key.wanted))
      return unusable(std::string(key.name) + " must be \"" + std::string(key.wanted) + "\"");
  }
  const auto* epsilon = config->find("layer_norm_eps");
  const auto number = epsilon ? epsilon->as_double() : std::nullopt;
  if (!number || *number < 0 || *number > 0.1)
    return unusable("layer_norm_eps must be a number from 0 to 0.1");
  shape.layer_norm_epsilon = static_cast<float>(*number);
  if (shape.hidden != shape.heads * 32)
    return unusable("hidden_size must be 32 times num_attention_heads");
  if (shape.intermediate % 32 != 0)
    return unusable("intermediate_size must be a multiple of 32");
  return shape;
}

result<bert_shape> read_bert_config(const std::filesystem::path& path) {
  const auto text = read_small_file(path);
  if (!text)
    return text.error();
  auto shape = parse_bert_config(*text);
  if (!shape)
    return unusable(path.string() + ": " + shape.error().message);
  return shape;
}

result<uint32_t> read_tokens_max(const std::filesystem::path& path, const bert_shape& shape) {
  constexpr uint32_t usual = 256;
  if (std::error_code unknown; !std::filesystem::exists(path, unknown))
    return std::min(usual, shape.positions);
  const auto text = read_small_file(path);
  if (!text)
    return text.error();
  const auto config = parse_json(*text);
  if (!config)
    return unusable(path.string() + ": no valid JSON: " + config.error().message);
  const auto* value = config->find("max_seq_length");
  const auto number = value ? value->as_unsigned() : std::nullopt;
  if (!number || *number < 2 || *number > shape.positions)
    return unusable(path.string() + ": max_seq_length must be a number from 2 to " + std::to_string(shape.positions));
  return static_cast<uint32_t>(*number);
}

} // namespace weft
