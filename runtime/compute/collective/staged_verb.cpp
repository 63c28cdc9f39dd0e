#include "runtime/compute/collective/staged_verb.hpp"

#include "runtime/base/assert.hpp"
#include "runtime/compute/collective/verb_failure.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>

namespace weft {
namespace {

/// A verb's key as ranks tell it each other: fixed size, no padding.
struct told_key {
  std::array<uint64_t, 3> words{};

  explicit told_key(const verb_key& key)
      : words{static_cast<uint64_t>(key.verb) | static_cast<uint64_t>(key.type) << 8 |
                  static_cast<uint64_t>(key.op) << 16,
              key.root, key.bytes} {}
  told_key() = default;

  verb_key key() const {
    return {.verb = static_cast<collective_verb>(words[0] & 0xFF),
            .type = static_cast<value_type>(words[0] >> 8 & 0xFF),
            .op = static_cast<reduce_op>(words[0] >> 16 & 0xFF),
            .root = static_cast<uint32_t>(words[1]),
            .bytes = words[2]};
  }
};
static_assert(sizeof(told_key) * collective_ranks_max <= staging_bytes_min);

class staged_verb {
public:
  staged_verb(staging_lane& lane, const collective_group& group, const verb_call& call, time_point deadline)
      : lane_(lane), group_(group), call_(call), deadline_(deadline), host_(lane.host()) {
    WEFT_ASSERT(host_.size() >= staging_bytes_min);
    WEFT_ASSERT(host_.size() % 8 == 0);
  }

  status run() {
    if (auto same = agree(); !same)
      return same;
    switch (call_.key.verb) {
    case collective_verb::all_reduce:
    case collective_verb::broadcast:
      return in_chunks(call_.out.size(), host_.size(), [&](size_t at, size_t bytes) { return in_place(at, bytes); });
    case collective_verb::all_gather:
      return in_chunks(call_.in.size(), chunk_of_each(), [&](size_t at, size_t bytes) { return gather(at, bytes); });
    case collective_verb::reduce_scatter:
      return in_chunks(call_.out.size(), chunk_of_each(), [&](size_t at, size_t bytes) { return scatter(at, bytes); });
    case collective_verb::barrier:
      return ok; // all were here to agree
    }
    return ok;
  }

private:
  /// What fits if each rank has a part of the staging; whole values of 8 bytes.
  size_t chunk_of_each() const { return host_.size() / group_.ranks / 8 * 8; }

  template <class Chunk> status in_chunks(size_t total, size_t chunk_max, Chunk chunk) {
    for (size_t at = 0; at < total; at += chunk_max)
      if (auto done = chunk(at, std::min(chunk_max, total - at)); !done)
        return done;
    return ok;
  }

  verb_key with_bytes(size_t bytes) const {
    auto key = call_.key;
    key.bytes = bytes;
    return key;
  }

  /// Queues copies around a verb and waits for all.
  status carry(size_t in_at, size_t in_bytes, const verb_key& key, size_t verb_in, size_t verb_out, size_t out_at,
               size_t out_bytes) {
    auto done = in_bytes > 0 ? lane_.copy_in(in_at, in_bytes) : ok;
    if (done)
      done = lane_.queue(key, verb_in, verb_out, deadline_);
    if (done)
      done = lane_.copy_out(out_at, out_bytes);
    return done ? lane_.wait(deadline_) : done;
  }

  status agree() {
    constexpr size_t bytes = sizeof(told_key);
    const told_key mine(call_.key);
    const size_t own = group_.rank * bytes;
    std::memcpy(host_.data() + own, &mine, bytes);
    const verb_key gather_keys{.verb = collective_verb::all_gather, .bytes = bytes};
    if (auto told = carry(own, bytes, gather_keys, own, 0, 0, bytes * group_.ranks); !told)
      return told;
    for (uint32_t r = 0; r < group_.ranks; ++r) {
      told_key other;
      std::memcpy(&other, host_.data() + r * bytes, bytes);
      if (other.words != mine.words)
        return verbs_differ(group_.rank, call_.key, r, other.key());
    }
    return ok;
  }

  status in_place(size_t at, size_t bytes) {
    const auto place = call_.out.subspan(at, bytes);
    const bool gives = call_.key.verb == collective_verb::all_reduce || call_.key.root == group_.rank;
    if (gives)
      std::memcpy(host_.data(), place.data(), bytes);
    if (auto done = carry(0, gives ? bytes : 0, with_bytes(bytes), 0, 0, 0, bytes); !done)
      return done;
    std::memcpy(place.data(), host_.data(), bytes);
    return ok;
  }

  status gather(size_t at, size_t bytes) {
    const size_t own = group_.rank * bytes;
    std::memcpy(host_.data() + own, call_.in.data() + at, bytes);
    if (auto done = carry(own, bytes, with_bytes(bytes), own, 0, 0, bytes * group_.ranks); !done)
      return done;
    for (uint32_t r = 0; r < group_.ranks; ++r)
      std::memcpy(call_.out.data() + r * call_.in.size() + at, host_.data() + r * bytes, bytes);
    return ok;
  }

  status scatter(size_t at, size_t bytes) {
    const size_t all = bytes * group_.ranks;
    const size_t own = group_.rank * bytes;
    for (uint32_t r = 0; r < group_.ranks; ++r)
      std::memcpy(host_.data() + r * bytes, call_.in.data() + r * call_.out.size() + at, bytes);
    if (auto done = carry(0, all, with_bytes(all), 0, own, own, bytes); !done)
      return done;
    std::memcpy(call_.out.data() + at, host_.data() + own, bytes);
    return ok;
  }

  staging_lane& lane_;
  const collective_group& group_;
  const verb_call& call_;
  const time_point deadline_;
  const std::span<std::byte> host_;
};

} // namespace

status run_staged(staging_lane& lane, const collective_group& group, const verb_call& call, time_point deadline) {
  return staged_verb(lane, group, call, deadline).run();
}

} // namespace weft
