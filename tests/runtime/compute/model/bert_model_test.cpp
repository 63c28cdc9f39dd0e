#include "runtime/compute/model/bert_model.hpp"
#include "tests/support/model_directory.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <optional>
#include <sstream>
#include <string>
#include <unistd.h>
#include <utility>
#include <vector>

namespace {

using namespace weft;

model_ptr open_model(precision wanted) {
  const auto opened =
      open_bert_model({.directory = model_directory(), .name = "m", .version = "0123456789ab", .precision = wanted});
  REQUIRE_MESSAGE(opened, (opened ? "" : opened.error().message));
  return *opened;
}

std::vector<float> embed(const weft::model& m, std::string_view text) {
  const auto tokens = m.tokenize(text, {});
  REQUIRE(tokens);
  auto e = m.make_engine({});
  REQUIRE(e);
  std::promise<engine_reply> promise;
  auto answer = promise.get_future();
  (*e)->run(embed_batch{tokens->ids, {0, static_cast<uint32_t>(tokens->ids.size())}, {1}},
            [&](engine_reply r) { promise.set_value(std::move(r)); });
  const auto reply = answer.get();
  REQUIRE(reply.output);
  return std::get<embed_vectors>(*reply.output).values;
}

/// A folder with links to the model's files, one of which is missing or has other contents.
class damaged_model {
public:
  damaged_model(const std::string& file, const std::optional<std::string>& contents) {
    directory_ = std::filesystem::temp_directory_path() / ("weft-damaged-" + std::to_string(::getpid()));
    std::filesystem::create_directory(directory_);
    for (const auto& entry : std::filesystem::directory_iterator(model_directory()))
      if (entry.path().filename() != file)
        std::filesystem::create_symlink(entry.path(), directory_ / entry.path().filename());
    if (contents)
      std::ofstream(directory_ / file) << *contents;
  }
  ~damaged_model() { std::filesystem::remove_all(directory_); }
  const std::filesystem::path& directory() const { return directory_; }

private:
  std::filesystem::path directory_;
};

} // namespace

TEST_CASE("the model says what it is and gives the known vector") {
  const auto m = open_model(precision::fp32);
  CHECK(m->info().name == "m");
  CHECK(m->info().version == "0123456789ab");
  CHECK(m->info().precision == numeric_class::fp32);
  CHECK(m->info().dimensions == 384);
  CHECK(m->info().tokens_max == 256);
  CHECK(m->info().weights_bytes > 80'000'000);
  const auto v = embed(*m, "This is an example sentence");
  REQUIRE(v.size() == 384);
  CHECK(v[0] == doctest::Approx(0.06765693).epsilon(1e-5));
  CHECK(v[1] == doctest::Approx(0.06349593).epsilon(1e-5));
  CHECK(v[2] == doctest::Approx(0.04871314).epsilon(1e-5));
}

TEST_CASE("automatic precision is resolved when the model is opened") {
  const auto m = open_model(precision::automatic);
  const auto e = m->make_engine({});
  REQUIRE(e);
  CHECK((*e)->info().precision == m->info().precision);
}

TEST_CASE("a vocabulary of another model, with more tokens than the weights have, is refused with both files' names") {
  std::ifstream in(model_directory() / "vocab.txt");
  std::ostringstream words;
  words << in.rdbuf() << "onetoomany\n";
  const damaged_model damaged("vocab.txt", words.str());
  const auto opened = open_bert_model({.directory = damaged.directory(), .name = "m", .version = "v"});
  REQUIRE_FALSE(opened);
  CAPTURE(opened.error().message);
  CHECK(opened.error().code == errc::model_unusable);
  for (const std::string part : {"vocab.txt has 30523 tokens", "model.safetensors has embeddings for 30522"})
    CHECK(opened.error().message.find(part) != std::string::npos);
}

TEST_CASE("a missing or damaged file is named, with the command that mends it") {
  struct row {
    std::string file;
    std::optional<std::string> contents;
    std::string says;
  };
  const std::vector<row> rows{
      {"config.json", std::nullopt, "No such file"},
      {"config.json", "{}", "vocab_size"},
      {"config.json", "{\"vocab_size\": 1,}", "no valid JSON"},
      {"model.safetensors", std::nullopt, "No such file"},
      {"model.safetensors", "", "shorter than"},
      {"model.safetensors", "short", "shorter than"},
      {"model.safetensors", std::string("\x02\0\0\0\0\0\0\0{}", 10), "is missing"},
      {"vocab.txt", std::nullopt, "vocab.txt"},
      {"sentence_bert_config.json", "{\"max_seq_length\": 513}", "max_seq_length"},
  };
  for (const auto& r : rows) {
    CAPTURE(r.file);
    CAPTURE(r.says);
    const damaged_model damaged(r.file, r.contents);
    const auto opened = open_bert_model({.directory = damaged.directory(), .name = "m", .version = "v"});
    REQUIRE_FALSE(opened);
    const auto& why = opened.error();
    CAPTURE(why.message);
    CHECK(why.code == errc::model_unusable);
    CHECK(why.message.find((damaged.directory() / r.file).string()) != std::string::npos);
    CHECK(why.message.find(r.says) != std::string::npos);
    CHECK(why.message.find("tools/setup model") != std::string::npos);
  }
}
