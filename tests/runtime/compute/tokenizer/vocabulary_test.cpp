#include "runtime/compute/tokenizer/tokenizer.hpp"
#include "runtime/compute/tokenizer/vocabulary.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

namespace {

using namespace std::string_literals;

/// A file that goes with the test.
class scratch_file {
public:
  explicit scratch_file(const std::string& content)
      : path_(std::filesystem::temp_directory_path() / ("weft_vocabulary_test_" + std::to_string(::getpid()))) {
    std::ofstream(path_, std::ios::binary) << content;
  }
  ~scratch_file() { std::filesystem::remove(path_); }
  const std::filesystem::path& path() const { return path_; }

private:
  std::filesystem::path path_;
};

} // namespace

TEST_CASE("a token's line is its id, with or without a newline at the end") {
  for (const auto& content : {"[UNK]\na\n\u00E9\n"s, "[UNK]\na\n\u00E9"s}) {
    const scratch_file file(content);
    const auto v = weft::vocabulary::load(file.path());
    REQUIRE(v);
    CHECK(v->tokens() == std::vector<std::string_view>{"[UNK]", "a", "\u00E9"});
    CHECK(v->find("\u00E9") == 2);
    CHECK_FALSE(v->find("b"));
  }
}

TEST_CASE("a damaged vocabulary is refused with its name and the place") {
  struct row {
    std::string content, place;
  };
  const row rows[] = {
      {"a\nb\na\n", "line 3 repeats the token 'a'"},
      {"a\n\nb\n", "line 2 is empty"},
      {"a\nb\xFF\n", "byte 3 is not valid UTF-8"},
      {"a\nb\0c\n"s, "line 2"},
      {"a\n" + std::string(weft::vocabulary::token_bytes_max + 1, 'x') + "\n", "line 2"},
  };
  for (const auto& [content, place] : rows) {
    CAPTURE(place);
    const scratch_file file(content);
    const auto v = weft::vocabulary::load(file.path());
    REQUIRE_FALSE(v);
    CHECK(v.error().code == weft::errc::model_unusable);
    CHECK(v.error().message.find(file.path().string()) != std::string::npos);
    CHECK(v.error().message.find(place) != std::string::npos);
  }
}

TEST_CASE("a tokenizer needs a file with the tokens that frame a text") {
  const auto missing = weft::tokenizer::load("/nowhere/vocab.txt", 256);
  REQUIRE_FALSE(missing);
  CHECK(missing.error().code == weft::errc::model_unusable);
  CHECK(missing.error().message == "vocabulary /nowhere/vocab.txt: No such file or directory");

  const auto directory = weft::tokenizer::load("/", 256);
  REQUIRE_FALSE(directory);
  CHECK(directory.error().code == weft::errc::model_unusable);

  for (const auto& [content, token] : {std::pair{"[CLS]\n[SEP]\n"s, "[UNK]"},
                                       {"[UNK]\n[SEP]\n"s, "[CLS]"},
                                       {"[UNK]\n[CLS]\n"s, "[SEP]"},
                                       {""s, "[UNK]"}}) {
    const scratch_file file(content);
    const auto t = weft::tokenizer::load(file.path(), 256);
    REQUIRE_FALSE(t);
    CHECK(t.error().code == weft::errc::model_unusable);
    CHECK(t.error().message == "vocabulary " + file.path().string() + ": there is no token " + token);
  }
}

TEST_CASE("a vocabulary without [PAD] and [MASK] has no such special tokens") {
  const scratch_file file("[UNK]\n[CLS]\n[SEP]\nmask\n[\n]\n");
  const auto t = weft::tokenizer::load(file.path(), 256);
  REQUIRE(t);
  CHECK(t->vocabulary_size() == 6);
  const auto got = t->encode("[MASK][SEP]", {});
  REQUIRE(got);
  CHECK(got->ids == std::vector<int32_t>{1, 4, 3, 5, 2, 2});
}
