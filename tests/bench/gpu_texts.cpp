// Texts to vectors on a device, the whole way: tokenised on the host's threads while the device computes.
//
//   gpu_texts --model FOLDER --texts FILE --precision fp16|bf16|fp32 --vectors FILE [--repeats N] [--ids FILE]
//
// FILE has one text a line. Writes the vectors as float32, [texts, dimensions], and prints one JSON line with the texts
// a second over N further passes. With --ids it writes the token ids too, a line each text. Status 3: no CUDA device.
// peers/gpu_peers.py compares it with sentence-transformers.

#include "runtime/compute/cuda/base/cuda_error.hpp"
#include "runtime/compute/cuda/encoder/device_encoder.hpp"
#include "runtime/compute/cuda/engine/batch_part.hpp"
#include "runtime/compute/model/bert_config.hpp"
#include "runtime/compute/tokenizer/tokenizer.hpp"
#include "tests/bench/gpu_session.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <deque>
#include <fstream>
#include <future>
#include <map>
#include <thread>

namespace {

using namespace weft;

constexpr size_t chunk_texts = 2'048; ///< tokenised by one thread at a time

struct token_chunk {
  std::vector<int32_t> ids;
  std::vector<uint32_t> offsets{0};
};

token_chunk tokenise(const tokenizer& words, std::span<const std::string> texts) {
  token_chunk out;
  for (const auto& text : texts) {
    const auto encoded = words.encode(text, {});
    if (!encoded) {
      std::fprintf(stderr, "gpu_texts: %s\n", encoded.error().message.c_str());
      std::exit(1);
    }
    out.ids.insert(out.ids.end(), encoded->ids.begin(), encoded->ids.end());
    out.offsets.push_back(static_cast<uint32_t>(out.ids.size()));
  }
  return out;
}

/// Gives parts to the device, one ahead of what is collected.
class text_encoder {
public:
  text_encoder(const tokenizer& words, cuda::device_encoder& device, size_t dimensions)
      : words_(words), device_(device), dimensions_(dimensions) {}

  /// vectors: [texts, dimensions].
  status encode(std::span<const std::string> texts, std::span<float> vectors) {
    const size_t chunks = (texts.size() + chunk_texts - 1) / chunk_texts;
    const size_t ahead = std::max(2U, std::thread::hardware_concurrency());
    std::deque<std::future<token_chunk>> waiting;
    size_t next = 0, row = 0;
    for (size_t chunk = 0; chunk < chunks; ++chunk) {
      for (; next < chunks && waiting.size() < ahead; ++next)
        waiting.push_back(
            std::async(std::launch::async, tokenise, std::cref(words_),
                       texts.subspan(next * chunk_texts, std::min(chunk_texts, texts.size() - next * chunk_texts))));
      const token_chunk tokens = waiting.front().get();
      waiting.pop_front();
      WEFT_TRY(submit(tokens, vectors, row));
    }
    while (!under_way_.empty())
      WEFT_TRY(collect());
    return ok;
  }

private:
  struct part_out {
    uint32_t slot;
    std::span<float> vectors;
  };

  status submit(const token_chunk& tokens, std::span<float> vectors, size_t& row) {
    for (uint32_t first = 0; first + 1 < tokens.offsets.size();) {
      const auto part = cuda::next_part(tokens.offsets, first, device_.tokens_max());
      if (under_way_.size() == cuda::device_encoder::slots)
        WEFT_TRY(collect());
      const auto offsets = std::span(tokens.offsets).subspan(first, part.sequences() + 1);
      const std::vector<uint8_t> normalize(part.sequences(), 1);
      WEFT_TRY(device_.submit(slot_, {std::span(tokens.ids).subspan(offsets.front(), offsets.back() - offsets.front()),
                                      offsets, normalize}));
      under_way_.push_back({slot_, vectors.subspan(row * dimensions_, part.sequences() * dimensions_)});
      slot_ = (slot_ + 1) % cuda::device_encoder::slots;
      row += part.sequences();
      first = part.last;
    }
    return ok;
  }
  status collect() {
    const auto oldest = under_way_.front();
    under_way_.pop_front();
    return device_.collect(oldest.slot, oldest.vectors);
  }

  const tokenizer& words_;
  cuda::device_encoder& device_;
  const size_t dimensions_;
  std::deque<part_out> under_way_;
  uint32_t slot_ = 0;
};

int fail(const failure& reason) {
  std::fprintf(stderr, "gpu_texts: %s\n", reason.message.c_str());
  return reason.code == errc::unavailable ? 3 : 1;
}

std::vector<std::string> read_lines(const std::string& file) {
  std::ifstream in(file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(in, line);)
    lines.push_back(line);
  return lines;
}

void write_ids(const std::string& file, const tokenizer& words, std::span<const std::string> texts) {
  std::ofstream out(file);
  const auto tokens = tokenise(words, texts);
  for (size_t text = 0; text + 1 < tokens.offsets.size(); ++text)
    for (size_t at = tokens.offsets[text]; at < tokens.offsets[text + 1]; ++at)
      out << tokens.ids[at] << (at + 1 < tokens.offsets[text + 1] ? ' ' : '\n');
}

int run(std::map<std::string, std::string>& options) {
  const auto session = bench::open_gpu_session();
  if (!session)
    return fail(session.error());
  const std::filesystem::path folder = options["--model"];
  const auto weights = load_bert_weights(folder);
  if (!weights)
    return fail(weights.error());
  const auto tokens_max = read_tokens_max(folder / "sentence_bert_config.json", (*weights)->shape);
  if (!tokens_max)
    return fail(tokens_max.error());
  const auto words = tokenizer::load(folder / "vocab.txt", *tokens_max);
  if (!words)
    return fail(words.error());
  const auto found = std::find_if(numeric_classes.begin(), numeric_classes.end(),
                                  [&](auto each) { return to_string(each) == options["--precision"]; });
  const auto precision = found == numeric_classes.end() ? numeric_class::fp16 : *found;
  auto device = cuda::device_encoder::make(**weights, session->info, session->place.memory, {.precision = precision});
  if (!device)
    return fail(device.error());
  const auto texts = read_lines(options["--texts"]);
  if (options.contains("--ids"))
    write_ids(options["--ids"], *words, texts);
  const size_t dimensions = (*weights)->shape.hidden;
  std::vector<float> vectors(texts.size() * dimensions);
  text_encoder encoder(*words, **device, dimensions);
  if (const status done = encoder.encode(texts, vectors); !done)
    return fail(done.error());
  std::ofstream(options["--vectors"], std::ios::binary)
      .write(reinterpret_cast<const char*>(vectors.data()),
             static_cast<std::streamsize>(vectors.size() * sizeof(float)));
  const int repeats = options.contains("--repeats") ? std::atoi(options["--repeats"].c_str()) : 1;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < repeats; ++i)
    if (const status done = encoder.encode(texts, vectors); !done)
      return fail(done.error());
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begin;
  std::printf("{\"texts_per_second\": %.1f}\n", static_cast<double>(texts.size()) * repeats / took.count());
  return 0;
}

} // namespace

int main(int count, char** arguments) {
  std::map<std::string, std::string> options;
  for (int i = 1; i + 1 < count; i += 2)
    options[arguments[i]] = arguments[i + 1];
  if (count % 2 == 0 || !options.contains("--model") || !options.contains("--texts") ||
      !options.contains("--vectors")) {
    std::fputs(
        "usage: gpu_texts --model FOLDER --texts FILE --precision fp16|bf16|fp32 --vectors FILE [--repeats N] [--ids "
        "FILE]\n",
        stderr);
    return 2;
  }
  return run(options);
}
