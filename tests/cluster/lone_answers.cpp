#include "tests/cluster/lone_answers.hpp"

#include "tests/cluster/weftd_fixture.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <random>

namespace weft::test {
namespace {

constexpr size_t texts_per_call = 250;
constexpr double cosine_across_classes = 0.9995;

std::vector<std::string> make_texts(size_t count, uint64_t seed) {
  constexpr std::array words{"river", "stone",  "quiet",   "engine", "carries", "morning", "seven",  "letters",
                             "over",  "bridge", "without", "light",  "and",     "returns", "weaver", "thread"};
  std::mt19937_64 random{seed};
  std::vector<std::string> out;
  for (size_t i = 0; i < count; ++i) {
    std::string text = std::to_string(i); // so that no two are alike
    for (size_t length = 3 + random() % 8; length > 0; --length)
      text += std::string{' '} + words[random() % words.size()];
    out.push_back(std::move(text));
  }
  return out;
}

} // namespace

lone_answers::lone_answers(size_t count, uint64_t seed) : texts_(make_texts(count, seed)) {
  running_weftd alone{{"--set", "cache.enabled=false", "--set", "cluster.single_node=true"}};
  for (size_t at = 0; at < count; at += texts_per_call) {
    std::vector<size_t> indices(std::min(texts_per_call, count - at));
    std::iota(indices.begin(), indices.end(), at);
    const auto [status, reply] = embed(*alone.stub, request(indices));
    REQUIRE_MESSAGE(status.ok(), status.error_message());
    vectors_.insert(vectors_.end(), reply.embeddings().begin(), reply.embeddings().end());
    precision_ = reply.info().precision();
  }
  REQUIRE(vectors_.size() == count);
}

v1::EmbedRequest lone_answers::request(const std::vector<size_t>& indices) const {
  v1::EmbedRequest out;
  for (auto i : indices)
    out.add_texts(texts_[i]);
  return out;
}

std::string lone_answers::differs(const std::vector<size_t>& indices, const v1::EmbedResponse& reply) const {
  if (static_cast<size_t>(reply.embeddings_size()) != indices.size())
    return std::to_string(reply.embeddings_size()) + " vectors for " + std::to_string(indices.size()) + " texts";
  const bool same_class = reply.info().precision() == precision_;
  for (size_t i = 0; i < indices.size(); ++i)
    if (auto what = differs(indices[i], reply.embeddings(static_cast<int>(i)), same_class); !what.empty())
      return what;
  return "";
}

std::string lone_answers::differs(size_t index, const v1::Embedding& got, bool same_class) const {
  const auto& want = vectors_[index];
  const auto named = "'" + texts_[index] + "': ";
  if (got.values_size() != want.values_size() || got.tokens() != want.tokens())
    return named + "another shape";
  if (same_class)
    return std::ranges::equal(got.values(), want.values()) ? "" : named + "another vector";
  double dot = 0, gg = 0, ww = 0;
  for (int i = 0; i < got.values_size(); ++i) {
    dot += double{got.values(i)} * want.values(i);
    gg += double{got.values(i)} * got.values(i);
    ww += double{want.values(i)} * want.values(i);
  }
  return dot >= cosine_across_classes * std::sqrt(gg * ww) ? "" : named + "too far off";
}

const lone_answers& known_answers() {
  static const lone_answers answers{1'000, 20261121};
  return answers;
}

} // namespace weft::test
