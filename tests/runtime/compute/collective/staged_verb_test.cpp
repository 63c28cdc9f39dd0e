// The staging of NCCL's verbs, with a lane whose device is memory and whose NCCL is a thread group.

#include "runtime/base/random_source.hpp"
#include "runtime/compute/collective/staged_verb.hpp"
#include "runtime/compute/collective/thread_group.hpp"
#include "runtime/compute/collective/verb_collective.hpp"
#include "tests/support/rank_threads.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstring>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace {

using namespace weft;
using namespace std::chrono_literals;

constexpr auto patient = 20s;

class fake_lane final : public staging_lane {
public:
  fake_lane(collective& ranks, size_t bytes) : ranks_(ranks), host_(bytes), device_(bytes) {}

  std::span<std::byte> host() noexcept override { return host_; }
  status copy_in(size_t offset, size_t bytes) override {
    std::memcpy(device_.data() + offset, host_.data() + offset, bytes);
    return ok;
  }
  status copy_out(size_t offset, size_t bytes) override {
    std::memcpy(host_.data() + offset, device_.data() + offset, bytes);
    return ok;
  }
  status wait(time_point) override { return ok; }
  status queue(const verb_key& key, size_t in, size_t out, time_point) override {
    ++verbs;
    switch (key.verb) {
    case collective_verb::all_reduce:
      return key.type == value_type::int64 ? ranks_.all_reduce(values<int64_t>(out, key.bytes), key.op, patient)
                                           : ranks_.all_reduce(values<int32_t>(out, key.bytes), key.op, patient);
    case collective_verb::all_gather:
      return ranks_.all_gather(values<std::byte>(in, key.bytes),
                               values<std::byte>(out, key.bytes * ranks_.group().ranks), patient);
    case collective_verb::broadcast:
      return ranks_.broadcast(values<std::byte>(out, key.bytes), key.root, patient);
    case collective_verb::reduce_scatter: {
      const auto all = values<int64_t>(in, key.bytes);
      const std::vector<int64_t> copy(all.begin(), all.end()); // threads do not reduce in place, NCCL does
      return ranks_.reduce_scatter(copy, values<int64_t>(out, key.bytes / ranks_.group().ranks), key.op, patient);
    }
    case collective_verb::barrier:
      break;
    }
    return failure{errc::internal, "no such verb on a device"};
  }

  size_t verbs = 0;

private:
  template <class T> std::span<T> values(size_t offset, size_t bytes) {
    return {reinterpret_cast<T*>(device_.data() + offset), bytes / sizeof(T)};
  }

  collective& ranks_;
  std::vector<std::byte> host_, device_;
};

/// The verbs through a lane.
class staged_rank final : public verb_collective {
public:
  staged_rank(collective& ranks, size_t bytes) : verb_collective(ranks.group()), lane(ranks, bytes) {}
  void abort(failure) noexcept override {}
  std::optional<failure> async_error() const override { return std::nullopt; }
  fake_lane lane;

private:
  status run(const verb_call& call, patience limit) override {
    return run_staged(lane, group(), call, std::chrono::steady_clock::now() + limit);
  }
};

template <class T> std::vector<T> some_values(uint32_t rank, size_t count) {
  random_source chance(rank * 1000 + count);
  std::vector<T> out(count);
  for (auto& v : out)
    v = static_cast<T>(chance.next());
  return out;
}

using bytes = std::vector<std::byte>;

bytes as_bytes_of(const auto& values) {
  const auto view = std::as_bytes(std::span{values});
  return {view.begin(), view.end()};
}

/// Every verb's result on `count` values, one after the other; empty when one failed.
bytes all_verbs(collective& c, size_t count) {
  const auto rank = c.group().rank;
  const auto ranks = c.group().ranks;
  bytes out;
  const auto keep = [&](const status& said, const auto& values) {
    const auto b = as_bytes_of(values);
    out.insert(out.end(), b.begin(), b.end());
    return static_cast<bool>(said);
  };
  auto wide = some_values<int64_t>(rank, count);
  auto narrow = some_values<int32_t>(rank, count);
  const auto parts = some_values<int64_t>(rank, count * ranks);
  std::vector<int64_t> part(count);
  const auto text = some_values<uint8_t>(rank, count);
  std::vector<uint8_t> texts(count * ranks);
  auto said = text;
  const bool fine =
      keep(c.all_reduce(std::span<int64_t>{wide}, reduce_op::sum, patient), wide) &&
      keep(c.all_reduce(std::span<int32_t>{narrow}, reduce_op::minimum, patient), narrow) &&
      keep(c.reduce_scatter(parts, part, reduce_op::maximum, patient), part) &&
      keep(c.all_gather(std::as_bytes(std::span{text}), std::as_writable_bytes(std::span{texts}), patient), texts) &&
      keep(c.broadcast(std::as_writable_bytes(std::span{said}), ranks - 1, patient), said) && c.barrier(patient);
  return fine ? out : bytes{};
}

} // namespace

TEST_CASE("verbs in chunks of the staging leave what verbs in one go leave") {
  for (const uint32_t ranks : {1, 2, 3, 8})
    for (const size_t count : {1, 63, 511, 512, 513, 5'000}) {
      CAPTURE(ranks);
      CAPTURE(count);
      auto direct = make_thread_group(ranks);
      auto below = make_thread_group(ranks);
      const auto want = on_each_rank<bytes>(direct, [&](collective& c) { return all_verbs(c, count); });
      const auto got = on_each_rank<bytes>(below, [&](collective& c) {
        staged_rank staged(c, staging_bytes_min);
        return all_verbs(staged, count);
      });
      CHECK_FALSE(want[0].empty());
      CHECK(got == want);
    }
}

TEST_CASE("a verb costs one small gather and a verb a chunk; without values only the gather") {
  auto ends = make_thread_group(2);
  const auto verbs = on_each_rank<size_t>(ends, [](collective& c) {
    staged_rank staged(c, staging_bytes_min);
    std::vector<int64_t> values(1025); // 512 fit
    size_t out = staged.all_reduce(std::span<int64_t>{values}, reduce_op::sum, patient) ? 0 : 100;
    out += staged.lane.verbs;
    staged.lane.verbs = 0;
    out += staged.all_reduce(std::span<int64_t>{}, reduce_op::sum, patient) ? 0 : 100;
    return out + 10 * staged.lane.verbs;
  });
  CHECK(verbs == std::vector<size_t>{14, 14});
}

TEST_CASE("ranks that call differently are found out before a value moves") {
  const std::vector<std::function<status(collective&)>> wrong{
      [](collective& c) {
        std::vector<int64_t> values(c.group().rank == 2 ? 7 : 8);
        return c.all_reduce(std::span<int64_t>{values}, reduce_op::sum, patient);
      },
      [](collective& c) {
        std::vector<std::byte> some(8);
        return c.group().rank == 2 ? c.barrier(patient) : c.broadcast(some, 0, patient);
      },
      [](collective& c) {
        std::vector<std::byte> some(8);
        return c.broadcast(some, c.group().rank == 2 ? 1 : 0, patient);
      }};
  for (const auto& call : wrong) {
    auto ends = make_thread_group(3);
    const auto said = on_each_rank<status>(ends, [&](collective& c) {
      staged_rank staged(c, staging_bytes_min);
      auto out = call(staged);
      return staged.lane.verbs == 1 ? out : ok;
    });
    for (const auto& s : said) {
      REQUIRE_FALSE(s);
      CHECK(s.error().code == errc::internal);
      CHECK(s.error().message.find("rank 2 calls") != std::string::npos);
    }
  }
}
