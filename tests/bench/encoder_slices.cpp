// The bare encoder for a benchmark that takes turns with programs of other languages: reads one request a line from
// standard input, answers with one JSON object a line.
//
//   run PRECISION TOKENS THREADS MILLISECONDS   → {"sequences", "seconds"}: texts of exactly TOKENS tokens
//   encode PRECISION SEQUENCES TOKENS ID…       → {"values"}: mean-pooled vectors, for a check that all compute the
//   same
//
// The model is that of WEFT_MODEL_DIR.
#include "runtime/compute/cpu/cpu_precision.hpp"
#include "tests/support/model_directory.hpp"

#include <atomic>
#include <chrono>
#include <cstdio>
#include <exception>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace weft;
using steady = std::chrono::steady_clock;

constexpr uint32_t batch_tokens = 1024; // more changes no class's rate (encoder_bench --batch-tokens)

struct batch {
  std::vector<int32_t> ids;
  std::vector<uint32_t> offsets;
};

batch random_batch(uint32_t sequences, uint32_t tokens, uint32_t vocabulary) {
  std::mt19937 draw{tokens};
  std::uniform_int_distribution<int32_t> any{1996, static_cast<int32_t>(vocabulary) - 1};
  batch made;
  made.ids.resize(size_t{sequences} * tokens);
  for (auto& id : made.ids)
    id = any(draw);
  for (uint32_t i = 0; i <= sequences; ++i)
    made.offsets.push_back(i * tokens);
  return made;
}

class server {
public:
  explicit server(std::shared_ptr<const bert_weights> weights) : weights_(std::move(weights)) {}

  std::string answer(const std::string& line) {
    std::istringstream words{line};
    std::string verb, name;
    words >> verb >> name;
    if (verb == "run")
      return run(factory(name), words);
    if (verb == "encode")
      return encode(factory(name), words);
    throw std::invalid_argument("unknown request: " + line);
  }

private:
  const cpu_encoder_factory& factory(const std::string& name) {
    auto wanted = parse_precision(name);
    if (!wanted)
      throw std::invalid_argument("unknown precision: " + name);
    auto precision = resolve_precision(*wanted);
    if (!precision)
      throw std::invalid_argument(precision.error().message);
    auto& made = factories_[*precision];
    if (!made)
      made = make_encoder_factory(*precision, weights_);
    return *made;
  }

  std::string run(const cpu_encoder_factory& encoders, std::istringstream& words) {
    uint32_t tokens = 0, threads = 0, milliseconds = 0;
    if (!(words >> tokens >> threads >> milliseconds) || tokens == 0 || threads == 0)
      throw std::invalid_argument("run wants: PRECISION TOKENS THREADS MILLISECONDS");
    auto sequences = std::max(1u, batch_tokens / tokens);
    auto input = random_batch(sequences, tokens, weights_->shape.vocabulary);
    std::vector<std::unique_ptr<cpu_encoder>> each;
    for (uint32_t i = 0; i < threads; ++i)
      each.push_back(encoders.make());
    std::atomic<uint64_t> done{0};
    auto start = steady::now();
    auto stop = start + std::chrono::milliseconds(milliseconds);
    {
      std::vector<std::jthread> workers;
      for (auto& encoder : each)
        workers.emplace_back([&] {
          std::vector<float> out(size_t{sequences} * weights_->shape.hidden);
          for (; steady::now() < stop; done += sequences)
            encoder->encode({input.ids, input.offsets}, out);
        });
    }
    auto seconds = std::chrono::duration<double>(steady::now() - start).count();
    return "{\"sequences\":" + std::to_string(done) + ",\"seconds\":" + std::to_string(seconds) + "}";
  }

  std::string encode(const cpu_encoder_factory& encoders, std::istringstream& words) {
    uint32_t sequences = 0, tokens = 0;
    words >> sequences >> tokens;
    batch input;
    for (int32_t id = 0; words >> id;)
      input.ids.push_back(id);
    if (sequences == 0 || input.ids.size() != size_t{sequences} * tokens)
      throw std::invalid_argument("encode wants: PRECISION SEQUENCES TOKENS ID…");
    for (uint32_t i = 0; i <= sequences; ++i)
      input.offsets.push_back(i * tokens);
    std::vector<float> out(size_t{sequences} * weights_->shape.hidden);
    encoders.make()->encode({input.ids, input.offsets}, out);
    std::string text = "{\"values\":[";
    for (size_t i = 0; i < out.size(); ++i) {
      char number[32];
      std::snprintf(number, sizeof number, "%s%.9g", i == 0 ? "" : ",", static_cast<double>(out[i]));
      text += number;
    }
    return text + "]}";
  }

  std::shared_ptr<const bert_weights> weights_;
  std::map<numeric_class, cpu_encoder_factory_ptr> factories_;
};

} // namespace

int main() {
  try {
    auto weights = load_bert_weights(model_directory());
    if (!weights)
      throw std::runtime_error(weights.error().message);
    server serve{*weights};
    for (std::string line; std::getline(std::cin, line);)
      std::cout << serve.answer(line) << std::endl;
  } catch (const std::exception& problem) {
    std::cerr << "encoder_slices: " << problem.what() << "\n";
    return 1;
  }
}
