#include "runtime/base/random_source.hpp"
#include "runtime/compute/cuda/encoder/batch_inputs.hpp"
#include "runtime/compute/cuda/engine/batch_part.hpp"
#include "runtime/compute/cuda/engine/token_buckets.hpp"

#include <doctest/doctest.h>

#include <utility>
#include <vector>

using namespace weft;
using namespace weft::cuda;

TEST_CASE("parts are whole sequences, as many as fit, one at least, and cover the batch") {
  random_source draw(1);
  for (const uint32_t tokens_max : {1u, 10u, 64u, 1'000u}) {
    CAPTURE(tokens_max);
    std::vector<uint32_t> offsets{0};
    for (int s = 0; s < 200; ++s)
      offsets.push_back(offsets.back() + 1 + draw.below(40));
    uint32_t next = 0;
    while (next < 200) {
      const auto part = next_part(offsets, next, tokens_max);
      CHECK(part.first == next);
      REQUIRE(part.last > next);
      CHECK((part.sequences() == 1 || offsets[part.last] - offsets[part.first] <= tokens_max));
      if (part.last < 200)
        CHECK(offsets[part.last + 1] - offsets[part.first] > tokens_max);
      next = part.last;
    }
    CHECK(next == 200);
  }
}

TEST_CASE("the limit of a part is halved down to 1, and doubled after a calm") {
  part_limit limit(1'000);
  for (const uint32_t want : {500u, 250u, 125u, 62u, 31u, 15u, 7u, 3u, 1u, 1u}) {
    limit.shrink();
    CHECK(limit.tokens() == want);
  }
  for (const uint32_t want : {2u, 4u, 8u, 16u, 32u, 64u, 128u, 256u, 512u, 1'000u, 1'000u}) {
    const uint32_t before = limit.tokens();
    for (uint32_t i = 1; i < part_limit::parts_calm; ++i)
      limit.part_done();
    CHECK(limit.tokens() == before);
    limit.part_done();
    CHECK(limit.tokens() == want);
  }
  limit.shrink();
  for (uint32_t i = 1; i < part_limit::parts_calm; ++i)
    limit.part_done();
  limit.shrink(); // trouble begins the calm anew
  limit.part_done();
  CHECK(limit.tokens() == 250);
}

TEST_CASE("buckets ascend to the largest batch, and a third of one is padding at most") {
  for (const uint32_t tokens_max : {64u, 65u, 96u, 100u, 512u, 8'448u, 16'384u}) {
    CAPTURE(tokens_max);
    const auto buckets = make_token_buckets(tokens_max);
    CHECK(buckets.front() == 64);
    CHECK(buckets.back() == tokens_max);
    CHECK(buckets.size() < 20);
    for (size_t i = 1; i < buckets.size(); ++i) {
      CHECK(buckets[i] > buckets[i - 1]);
      CHECK(buckets[i] <= 2 * buckets[i - 1]);
    }
    for (uint32_t tokens = 1; tokens <= tokens_max; ++tokens) {
      const auto bucket = pick_bucket(buckets, tokens);
      REQUIRE(bucket >= tokens);
      if (tokens > 64 && bucket != tokens_max)
        REQUIRE(3 * (bucket - tokens) <= bucket);
    }
  }
}

TEST_CASE("attention is laid out for the shortest length that fits, and for no more than the model has") {
  for (const auto& [longest, want] :
       {std::pair{1u, 64u}, {64u, 64u}, {65u, 128u}, {128u, 128u}, {200u, 256u}, {256u, 256u}, {257u, 512u}})
    CHECK(pick_length(longest, 512) == want);
  CHECK(pick_length(70, 100) == 100);
  CHECK(pick_length(10, 32) == 32);
}

TEST_CASE("the inputs of a part lie where the kernels look, padded with [PAD]") {
  const batch_inputs layout(64);
  std::vector<uint32_t> memory(layout.words(), 0xFFFF'FFFF);
  const std::vector<int32_t> ids{101, 7, 102, 101, 102};
  const std::vector<uint32_t> offsets{40, 43, 45}; // a part from the middle of a batch
  const std::vector<uint8_t> normalize{1, 0};
  layout.write({ids, offsets, normalize}, memory);
  const auto* base = reinterpret_cast<const std::byte*>(memory.data());
  const std::vector<uint32_t> positions{0, 1, 2, 0, 1};
  for (size_t t = 0; t < 64; ++t) {
    CHECK(layout.ids(base)[t] == (t < 5 ? ids[t] : 0));
    CHECK(layout.positions(base)[t] == (t < 5 ? positions[t] : 0));
  }
  const auto sequences = layout.sequences(base);
  CHECK(*sequences.count == 2);
  CHECK(std::vector(sequences.offsets, sequences.offsets + 3) == std::vector<uint32_t>{0, 3, 5});
  CHECK(std::vector(sequences.normalize, sequences.normalize + 2) == std::vector<uint32_t>{1, 0});
}

TEST_CASE("a bucket full of sequences of one token fits its inputs") {
  const batch_inputs layout(64);
  std::vector<uint32_t> memory(layout.words());
  const std::vector<int32_t> ids(64, 9);
  std::vector<uint32_t> offsets;
  for (uint32_t s = 0; s <= 64; ++s)
    offsets.push_back(s);
  layout.write({ids, offsets, std::vector<uint8_t>(64, 1)}, memory);
  const auto sequences = layout.sequences(reinterpret_cast<const std::byte*>(memory.data()));
  CHECK(*sequences.count == 64);
  CHECK(sequences.offsets[64] == 64);
  CHECK(sequences.normalize[63] == 1);
  CHECK(sequences.normalize > sequences.offsets + 64);
  CHECK(sequences.count == memory.data() + memory.size() - 1);
}
