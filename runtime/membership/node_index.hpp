#pragma once

#include "runtime/base/ids.hpp"

#include <cstdint>
#include <vector>

namespace weft {

/// From a node to a place in somebody's array: open addressing in one flat array of places, which holds no keys; the
/// owner tells whose place it is. Linear probing, at most half full, deletion by shifting back.
class node_index {
public:
  static constexpr uint32_t none = UINT32_MAX;

  /// `node_at(place)` is the owner's answer to whose place it is.
  template <class NodeAt> uint32_t find(node_id node, NodeAt node_at) const {
    if (places_.empty())
      return none;
    for (size_t i = home(node);; i = (i + 1) & mask_)
      if (places_[i] == none || node_at(places_[i]) == node)
        return places_[i];
  }

  /// REQUIRES: the node is not there.
  template <class NodeAt> void insert(node_id node, uint32_t place, NodeAt node_at) {
    if ((size_ + 1) * 2 > places_.size())
      grow(node_at);
    put(node, place);
    ++size_;
  }

  /// Call it while node_at() still knows the place. REQUIRES: the node is there.
  template <class NodeAt> void erase(node_id node, NodeAt node_at) {
    size_t hole = home(node);
    while (node_at(places_[hole]) != node)
      hole = (hole + 1) & mask_;
    for (size_t i = (hole + 1) & mask_; places_[i] != none; i = (i + 1) & mask_) {
      // An entry may move back only as far as its home.
      if (((i - home(node_at(places_[i]))) & mask_) >= ((i - hole) & mask_)) {
        places_[hole] = places_[i];
        hole = i;
      }
    }
    places_[hole] = none;
    --size_;
  }

private:
  size_t home(node_id node) const noexcept {
    // Node ids are random, but nobody promises that their low bits are (simulations number them).
    return static_cast<size_t>((static_cast<uint64_t>(node) * 0x9e3779b97f4a7c15ULL) >> 32) & mask_;
  }

  void put(node_id node, uint32_t place) {
    size_t i = home(node);
    while (places_[i] != none)
      i = (i + 1) & mask_;
    places_[i] = place;
  }

  template <class NodeAt> void grow(NodeAt node_at) {
    auto old = std::move(places_);
    places_.assign(old.empty() ? 8 : old.size() * 2, none);
    mask_ = places_.size() - 1;
    for (auto place : old)
      if (place != none)
        put(node_at(place), place);
  }

  std::vector<uint32_t> places_;
  size_t mask_ = 0;
  size_t size_ = 0;
};

} // namespace weft
