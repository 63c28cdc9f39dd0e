#include "tests/cluster/split_network.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sched.h>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace weft::test {
namespace {

void run(const std::string& command) {
  if (std::system(("{ " + command + "; } >/dev/null 2>&1").c_str()) != 0)
    throw std::runtime_error("this failed: " + command);
}

void move_to_new_network() {
  if (::unshare(CLONE_NEWNET) != 0)
    throw std::runtime_error(std::string{"no network namespace: "} + std::strerror(errno));
}

/// Another new namespace, as an open file. A thread moves into it, which leaves ours where it is.
int open_new_network() {
  int file = -1;
  std::thread{[&] {
    if (::unshare(CLONE_NEWNET) == 0)
      file = ::open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
  }}.join();
  if (file < 0)
    throw std::runtime_error("no network namespace for a node");
  return file;
}

/// The link of a node is 10.77.NODE.0/30: the hub is .1, the node .2.
std::string link_address(size_t node, int end) {
  return "10.77." + std::to_string(node + 1) + '.' + std::to_string(end);
}

} // namespace

split_network::split_network(size_t nodes) {
  try {
    make(nodes);
  } catch (const std::exception& why) {
    problem_ = why.what();
  }
}

split_network::~split_network() {
  for (const int space : spaces_)
    ::close(space);
}

void split_network::make(size_t nodes) {
  run("command -v ip && command -v nsenter");
  move_to_new_network();
  run("ip link set lo up");
  if (!(std::ofstream{"/proc/sys/net/ipv4/ip_forward"} << "1" << std::flush))
    throw std::runtime_error("forwarding cannot be switched on");
  for (size_t i = 0; i < nodes; ++i) {
    spaces_.push_back(open_new_network());
    const auto link = "node" + std::to_string(i);
    run("ip link add " + link + " type veth peer name uplink");
    run("ip link set uplink netns /proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(spaces_.back()));
    run("ip addr add " + link_address(i, 1) + "/30 dev " + link + " && ip link set " + link + " up");
    run(inside(i) + "ip link set lo up");
    run(inside(i) + "ip addr add " + link_address(i, 2) + "/30 dev uplink");
    run(inside(i) + "ip link set uplink up");
    run(inside(i) + "ip route add default via " + link_address(i, 1));
  }
}

std::string split_network::inside(size_t node) const {
  return "nsenter --net=/proc/" + std::to_string(::getpid()) + "/fd/" + std::to_string(spaces_.at(node)) + ' ';
}

std::string split_network::address(size_t node) const {
  return link_address(node, 2);
}

std::string split_network::shell_before(size_t node) const {
  return "exec " + inside(node) + "\"$0\" \"$@\"";
}

std::string split_network::rule(size_t from, size_t to) const {
  return "from " + address(from) + " to " + address(to) + " blackhole";
}

void split_network::cut(size_t from, size_t to) {
  run("ip rule add " + rule(from, to));
}

void split_network::heal(size_t from, size_t to) {
  run("ip rule del " + rule(from, to));
}

} // namespace weft::test
