// How fast the tokenizer is on one thread. Usage: tokenizer_bench TEXTS [--serve]
// TEXTS: for each text its length in bytes, a newline, the bytes, a newline (hf_tokenizer.py writes it). Prints JSON:
// processor seconds to encode all texts once, their tokens, and a hash of the ids. With --serve it measures for 50 ms
// and prints for each line on stdin, so that hf_tokenizer.py can take turns with Hugging Face; without, for 2 s, once.
#include "runtime/compute/tokenizer/tokenizer.hpp"

#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iostream>
#include <string>
#include <vector>

namespace {

constexpr uint32_t no_limit = 1u << 30;

struct figures {
  double seconds = 0; ///< of the processor: other programs on a busy machine do not count
  uint64_t tokens = 0;
  uint64_t hash = 0xCBF29CE484222325u; ///< of all ids: shows that both sides did the same
};

double processor_seconds() {
  timespec now{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

std::vector<std::string> read_texts(const char* path) {
  std::ifstream in(path, std::ios::binary);
  std::vector<std::string> texts;
  for (size_t length = 0; in >> length;) {
    in.get();
    std::string text(length, '\0');
    if (!in.read(text.data(), static_cast<std::streamsize>(length)))
      break;
    texts.push_back(std::move(text));
  }
  return texts;
}

std::string vocabulary_path() {
  if (const char* given = std::getenv("WEFT_MODEL_DIR"))
    return std::string(given) + "/vocab.txt";
  const char* cache = std::getenv("XDG_CACHE_HOME");
  const char* home = std::getenv("HOME");
  return (cache ? std::string(cache) : std::string(home ? home : "") + "/.cache") +
         "/weft/models/all-MiniLM-L6-v2/vocab.txt";
}

/// The ids of all texts, untimed.
figures check(const weft::tokenizer& t, const std::vector<std::string>& texts) {
  figures f;
  for (const auto& text : texts)
    if (const auto got = t.encode(text, {})) {
      f.tokens += got->ids.size();
      for (const int32_t id : got->ids) {
        f.hash = (f.hash ^ static_cast<uint32_t>(id)) * 0x9E3779B97F4A7C15u;
        f.hash ^= f.hash >> 32;
      }
    }
  return f;
}

/// Encodes all texts again and again; the mean of one round.
double measure(const weft::tokenizer& t, const std::vector<std::string>& texts, double seconds_min) {
  uint64_t tokens = 0; // keeps the work from being removed
  int rounds = 0;
  const double start = processor_seconds();
  double spent = 0;
  for (; spent < seconds_min; spent = processor_seconds() - start, ++rounds)
    for (const auto& text : texts)
      if (const auto got = t.encode(text, {}))
        tokens += got->ids.size();
  return tokens == 0 ? 0 : spent / rounds;
}

void print(const figures& f) {
  std::printf("{\"seconds\":%.9f,\"tokens\":%llu,\"hash\":\"%016llx\"}\n", f.seconds,
              static_cast<unsigned long long>(f.tokens), static_cast<unsigned long long>(f.hash));
  std::fflush(stdout);
}

} // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: tokenizer_bench TEXTS [--serve]\n");
    return 2;
  }
  const double before = processor_seconds();
  const auto t = weft::tokenizer::load(vocabulary_path(), no_limit);
  if (!t) {
    std::fprintf(stderr, "tokenizer_bench: %s\n", t.error().message.c_str());
    return 1;
  }
  const double load_seconds = processor_seconds() - before;
  const auto texts = read_texts(argv[1]);
  figures f = check(*t, texts);
  if (argc > 2 && std::string_view(argv[2]) == "--serve") {
    for (std::string line; std::getline(std::cin, line);) {
      f.seconds = measure(*t, texts, 0.05);
      print(f);
    }
    return 0;
  }
  double bytes = 0;
  for (const auto& text : texts)
    bytes += static_cast<double>(text.size());
  f.seconds = measure(*t, texts, 2);
  std::fprintf(stderr, "%zu texts, %.1f MB: %.1f M tokens/s, %.0f MB/s; loaded in %.1f ms\n", texts.size(),
               bytes * 1e-6, static_cast<double>(f.tokens) / f.seconds * 1e-6, bytes / f.seconds * 1e-6,
               load_seconds * 1e3);
  print(f);
  return 0;
}
