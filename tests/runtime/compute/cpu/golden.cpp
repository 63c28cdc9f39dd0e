#include "tests/runtime/compute/cpu/golden.hpp"

#include "runtime/compute/model/json.hpp"
#include "runtime/compute/tokenizer/tokenizer.hpp"
#include "tests/support/model_directory.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace weft {

namespace {

constexpr size_t dimensions = 384;

template <class T> T must(result<T> r) {
  if (!r)
    throw std::runtime_error(r.error().message);
  return std::move(*r);
}

std::string read_file(const std::string& name) {
  std::ifstream file(std::string(WEFT_GOLDEN_DIRECTORY) + "/" + name, std::ios::binary);
  if (!file)
    throw std::runtime_error("cannot read " + name);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::vector<float> read_vectors() {
  const auto bytes = read_file("vectors.f32");
  std::vector<float> out(bytes.size() / sizeof(float));
  std::memcpy(out.data(), bytes.data(), out.size() * sizeof(float));
  return out;
}

std::vector<golden_text> read_texts() {
  static const auto vectors = read_vectors();
  const auto words = must(tokenizer::load(model_directory() / "vocab.txt", 256));
  const auto lines = read_file("texts.jsonl");
  std::vector<golden_text> out;
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = lines.find('\n', begin);
    const auto line = must(parse_json(std::string_view(lines).substr(begin, end - begin)));
    golden_text text;
    text.text = *line.find("text")->get_if<std::string>();
    text.tokens = *line.find("tokens")->as_unsigned();
    text.ids = must(words.encode(text.text, {})).ids;
    text.vector = std::span(vectors).subspan(out.size() * dimensions, dimensions);
    out.push_back(std::move(text));
    begin = end + 1;
  }
  return out;
}

double dot(std::span<const float> a, std::span<const float> b) {
  double sum = 0;
  for (size_t i = 0; i < a.size(); ++i)
    sum += static_cast<double>(a[i]) * b[i];
  return sum;
}

} // namespace

const std::vector<golden_text>& golden_texts() {
  static const auto texts = read_texts();
  return texts;
}

std::shared_ptr<const bert_weights> golden_weights() {
  static const auto weights = must(load_bert_weights(model_directory()));
  return weights;
}

double cosine(std::span<const float> a, std::span<const float> b) {
  return dot(a, b) / std::sqrt(dot(a, a) * dot(b, b));
}

double largest_difference(std::span<const float> a, std::span<const float> b) {
  const double length_a = std::sqrt(dot(a, a));
  const double length_b = std::sqrt(dot(b, b));
  double largest = 0;
  for (size_t i = 0; i < a.size(); ++i)
    largest = std::max(largest, std::abs(a[i] / length_a - b[i] / length_b));
  return largest;
}

std::vector<std::vector<float>> encode_batch(cpu_encoder& encoder, std::span<const golden_text* const> texts) {
  std::vector<int32_t> ids;
  std::vector<uint32_t> offsets{0};
  for (const auto* text : texts) {
    ids.insert(ids.end(), text->ids.begin(), text->ids.end());
    offsets.push_back(static_cast<uint32_t>(ids.size()));
  }
  std::vector<float> out(texts.size() * dimensions);
  encoder.encode({ids, offsets}, out);
  std::vector<std::vector<float>> rows;
  for (size_t i = 0; i < texts.size(); ++i)
    rows.emplace_back(out.begin() + static_cast<ptrdiff_t>(i * dimensions),
                      out.begin() + static_cast<ptrdiff_t>((i + 1) * dimensions));
  return rows;
}

std::vector<std::vector<float>> encode_alone(cpu_encoder& encoder, std::span<const golden_text* const> texts) {
  std::vector<std::vector<float>> rows;
  for (const auto* text : texts)
    rows.push_back(encode_batch(encoder, {&text, 1}).front());
  return rows;
}

std::vector<const golden_text*> some_golden_texts(size_t step) {
  std::vector<const golden_text*> some;
  for (size_t i = 0; i < golden_texts().size(); i += step * (sanitized ? 10 : 1))
    some.push_back(&golden_texts()[i]);
  return some;
}

std::vector<const golden_text*> draw_mix(std::mt19937& draw, std::span<const golden_text* const> texts, size_t count,
                                         size_t tokens_max) {
  std::vector<const golden_text*> mix;
  std::uniform_int_distribution<size_t> any(0, texts.size() - 1);
  while (mix.size() < count)
    if (const auto* drawn = texts[any(draw)]; drawn->ids.size() <= tokens_max)
      mix.push_back(drawn);
  return mix;
}

} // namespace weft
