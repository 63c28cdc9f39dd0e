#pragma once

#include "runtime/base/random_source.hpp"
#include "runtime/base/time.hpp"
#include "runtime/membership/member.hpp"
#include "runtime/membership/node_index.hpp"

#include <array>
#include <cstdint>
#include <vector>

namespace weft {

struct member {
  member_record record; ///< its profile is never null
  time_point since{};   ///< of its state
};

/// How many members are in each state, oneself included.
struct member_counts {
  std::array<uint32_t, 4> of{};

  uint32_t operator[](member_state state) const noexcept { return of[static_cast<size_t>(state)]; }
  uint32_t draining = 0; ///< of the alive ones
  uint32_t live() const noexcept { return (*this)[member_state::alive] + (*this)[member_state::suspect]; }
};

/// Everyone we know of, oneself included: flat, with stable places that are reused. Dead and left members stay as
/// tombstones until their owner removes them. Not thread-safe.
class member_table {
  auto node_at() const {
    return [this](uint32_t place) { return members_[place].record.node; };
  }

public:
  static constexpr uint32_t none = node_index::none;

  uint32_t find(node_id node) const { return index_.find(node, node_at()); }
  const member* get(node_id node) const;
  const member& at(uint32_t place) const { return members_[place]; }

  /// REQUIRES: the node is not there; the record has a profile.
  uint32_t add(member_record record, time_point now);
  /// Puts a newer claim in; its null profile means the one that is there.
  void update(uint32_t place, member_record record, time_point now);
  /// A coarse load level seen on a message: no claim, so it changes nothing else.
  void set_load(uint32_t place, uint8_t load) { members_[place].record.load = load; }
  void remove(uint32_t place);

  /// Places in use and free ones: probe_schedule walks over them. A free place holds no profile.
  uint32_t places() const noexcept { return static_cast<uint32_t>(members_.size()); }
  bool used(uint32_t place) const noexcept { return members_[place].record.profile != nullptr; }
  uint32_t size() const noexcept { return size_; }
  const member_counts& counts() const noexcept { return counts_; }

  /// A live member at random, without `self` and `other`; none where there is none. O(1) while most are live.
  uint32_t random_live(random_source& random, node_id self, node_id other = node_id{}) const;

  /// The same for all who see the same live members (node and epoch): views are compared by it, in O(1).
  uint64_t live_digest() const noexcept { return digest_; }

  template <class Visit> void for_each(Visit visit) const {
    for (const auto& item : members_)
      if (item.record.profile)
        visit(item);
  }

private:
  void count(const member_record& record, int sign);

  std::vector<member> members_;
  std::vector<uint32_t> free_;
  node_index index_;
  member_counts counts_;
  uint64_t digest_ = 0;
  uint32_t size_ = 0;
};

} // namespace weft
