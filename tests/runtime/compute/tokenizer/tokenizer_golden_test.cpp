// What Hugging Face `tokenizers` gives, kept by tools/golden/make_tokenizer_golden.py.
#include "runtime/compute/tokenizer/tokenizer.hpp"
#include "runtime/compute/tokenizer/vocabulary.hpp"
#include "tests/runtime/compute/tokenizer/fuzz_corpus.hpp"
#include "tests/runtime/compute/tokenizer/golden.hpp"
#include "tests/runtime/compute/tokenizer/model_vocabulary.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

namespace {

using weft::embed_options;
using weft::tokenizer;
using namespace weft::test;

/// More than any text here has.
constexpr uint32_t no_limit = 1u << 20;

const tokenizer& model() {
  static const tokenizer t = model_tokenizer(no_limit);
  return t;
}

weft::token_sequence encode(const tokenizer& t, std::string_view text, const embed_options& options = {}) {
  auto got = t.encode(text, options);
  REQUIRE(got);
  return *std::move(got);
}

/// The fuzz corpus, made once.
const std::vector<std::string>& corpus() {
  static const std::vector<std::string> strings = [] {
    const auto tokens = weft::vocabulary::load(model_directory() / "vocab.txt");
    REQUIRE(tokens);
    const auto count = std::stoull(golden_lines("corpus.txt").at(0));
    std::vector<std::string> made;
    for (uint64_t i = 0; i < count; ++i)
      made.push_back(fuzz_string(i, tokens->tokens()));
    return made;
  }();
  return strings;
}

void check_table(const tokenizer& t, std::string_view file) {
  for (const auto& line : golden_lines(file)) {
    CAPTURE(line);
    const size_t tab = line.find('\t');
    REQUIRE(tab != line.npos);
    CHECK(encode(t, unescape(std::string_view(line).substr(0, tab))).ids == parse_ids(line.substr(tab + 1)));
  }
}

/// The five contexts of make_tokenizer_golden.py.
std::vector<std::string> contexts(const std::string& c) {
  return {c, "ab" + c + "cd", c + c + "s", "un" + c + "\u0301able", "[CLS" + c + "]"};
}

} // namespace

TEST_CASE("texts chosen by hand have the ids of Hugging Face tokenizers") {
  CHECK(golden_lines("cases.txt").size() >= 200);
  check_table(model(), "cases.txt");
}

TEST_CASE("marks that stay are put into canonical order, with a vocabulary that can tell") {
  const auto loaded = tokenizer::load(golden_path("ordering_vocab.txt"), no_limit);
  REQUIRE(loaded);
  CHECK(golden_lines("ordering.txt").size() > 400);
  check_table(*loaded, "ordering.txt");
}

TEST_CASE("every Unicode scalar in five contexts has the ids of Hugging Face tokenizers") {
  constexpr char32_t block_size = 1024;
  const auto lines = golden_lines("scalars.txt");
  CHECK(lines.size() == 1088 - 2); // the surrogates are no scalars
  for (const auto& line : lines) {
    CAPTURE(line);
    const auto first = static_cast<char32_t>(std::stoul(line, nullptr, 16));
    uint64_t hash = hash_seed;
    for (char32_t scalar = first; scalar < first + block_size; ++scalar) {
      char bytes[weft::utf8_bytes_max];
      for (const auto& text : contexts(std::string(bytes, weft::utf8_encode(scalar, bytes))))
        hash = hash_values(encode(model(), text).ids, hash);
    }
    CHECK(hash == std::stoull(line.substr(7), nullptr, 16));
  }
}

TEST_CASE("the fuzz corpus is the one that the script made") {
  uint64_t hash = hash_seed;
  for (const auto& text : corpus())
    hash = hash_values(text, hash);
  std::istringstream line(golden_lines("corpus.txt").at(0));
  size_t count = 0;
  std::string want;
  line >> count >> want;
  CHECK(count >= 20'000);
  CHECK(hash == std::stoull(want, nullptr, 16));
}

TEST_CASE("every string of the fuzz corpus has the ids of Hugging Face tokenizers") {
  const auto hashes = read_file(golden_path("corpus_hashes.bin"));
  REQUIRE(hashes.size() == corpus().size() * sizeof(uint64_t));
  for (size_t i = 0; i < corpus().size(); ++i) {
    CAPTURE(i);
    uint64_t want = 0;
    std::memcpy(&want, hashes.data() + i * sizeof want, sizeof want); // little-endian, as all our machines
    CHECK(hash_values(encode(model(), corpus()[i]).ids) == want);
  }
}

TEST_CASE("threads that share a tokenizer do not disturb each other") {
  constexpr size_t texts = 1000;
  std::array<uint64_t, 4> hashes{};
  std::vector<std::thread> threads;
  for (uint64_t& hash : hashes)
    threads.emplace_back([&hash, &t = model(), &strings = corpus()] {
      hash = hash_seed;
      for (size_t i = 0; i < texts; ++i)
        if (const auto got = t.encode(strings[i], {}))
          hash = hash_values(got->ids, hash);
    });
  for (auto& thread : threads)
    thread.join();
  uint64_t want = hash_seed;
  for (size_t i = 0; i < texts; ++i)
    want = hash_values(encode(model(), corpus()[i]).ids, want);
  for (const uint64_t hash : hashes)
    CHECK(hash == want);
}

TEST_CASE("a sample of the fuzz corpus has these ids in full") {
  const auto lines = golden_lines("corpus_ids.txt");
  CHECK(lines.size() == 500);
  for (const auto& line : lines) {
    CAPTURE(line);
    size_t used = 0;
    const size_t index = std::stoull(line, &used);
    CHECK(encode(model(), corpus().at(index)).ids == parse_ids(line.substr(used)));
  }
}

TEST_CASE("truncation at either end keeps the ids that Hugging Face tokenizers keeps") {
  constexpr size_t block_size = 1000;
  for (const auto& line : golden_lines("corpus_truncated.txt")) {
    CAPTURE(line);
    std::istringstream in(line);
    uint32_t tokens_max = 0;
    std::string side, want;
    size_t first = 0;
    in >> tokens_max >> side >> first >> want;
    static tokenizer t = model_tokenizer(tokens_max);
    if (t.tokens_max() != tokens_max)
      t = model_tokenizer(tokens_max);
    embed_options options;
    options.side = side == "left" ? weft::truncation_side::left : weft::truncation_side::right;
    uint64_t hash = hash_seed;
    for (size_t i = first; i < std::min(first + block_size, corpus().size()); ++i) {
      const auto got = encode(t, corpus()[i], options);
      hash = hash_value(hash_values(got.ids, hash), got.truncated);
    }
    CHECK(hash == std::stoull(want, nullptr, 16));
  }
}

TEST_CASE("Debian's license texts have the ids of Hugging Face tokenizers") {
  int compared = 0;
  for (const auto& line : golden_lines("licenses.txt")) {
    CAPTURE(line);
    std::istringstream in(line);
    std::string name, content, ids;
    size_t count = 0;
    in >> name >> content >> count >> ids;
    const auto path = "/usr/share/common-licenses/" + name;
    if (!std::filesystem::exists(path))
      continue;
    const auto text = read_file(path);
    if (hash_values(text) != std::stoull(content, nullptr, 16))
      continue; // another edition
    const auto got = encode(model(), text).ids;
    CHECK(got.size() == count);
    CHECK(hash_values(got) == std::stoull(ids, nullptr, 16));
    ++compared;
  }
  MESSAGE(compared, " license texts compared");
}
