#pragma once

#include <string>
#include <vector>

namespace weft::test {

/// Network namespaces for some nodes, one each, joined by routes through the namespace that the calling thread moves
/// into: the hub, which reaches all of them. They have no names outside this process and go with it and its children,
/// however it ends. Node i (from 0) has address(i). Use in a program of its own, before any other thread: what the
/// program connects to afterwards it reaches in the hub.
class split_network {
public:
  explicit split_network(size_t nodes);
  ~split_network();
  split_network(const split_network&) = delete;
  split_network& operator=(const split_network&) = delete;

  /// Why there is none: root and iproute2 are needed. "" when there is one.
  const std::string& problem() const { return problem_; }

  std::string address(size_t node) const;
  /// For weftd_process: the node runs in its namespace.
  std::string shell_before(size_t node) const;

  /// From now on nothing gets from one node to the other, without a word to the sender.
  void cut(size_t from, size_t to);
  void heal(size_t from, size_t to);

private:
  void make(size_t nodes);
  std::string inside(size_t node) const;
  std::string rule(size_t from, size_t to) const;

  std::vector<int> spaces_; ///< one open file a namespace
  std::string problem_;
};

} // namespace weft::test
