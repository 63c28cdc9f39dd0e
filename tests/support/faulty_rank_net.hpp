#pragma once

#include "runtime/base/random_source.hpp"
#include "runtime/ports/rank_link.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace weft {

/// Links between ranks of one process that carry bytes through queues, one a direction, as sockets do; one thread
/// delivers, and a seed says from which queue next. Faults: a link can be cut, lose frames or hold them, a rank can be
/// killed or end its streams behind what it sent. Thread-safe; must outlive what is attached to it.
class faulty_rank_net {
public:
  explicit faulty_rank_net(uint32_t ranks, uint64_t seed = 1);
  faulty_rank_net(const faulty_rank_net&) = delete;
  faulty_rank_net& operator=(const faulty_rank_net&) = delete;
  ~faulty_rank_net();

  std::shared_ptr<rank_link> link(uint32_t rank);

  /// What is on its way between the two is gone, and both are told.
  void cut(uint32_t a, uint32_t b);
  /// The rank's process ends here and now: what it sent and was not yet delivered is gone, and the others are told.
  void kill(uint32_t rank);
  /// Kills the rank when it has sent so many frames from now on.
  void kill_after(uint32_t rank, uint64_t frames);
  /// When the rank was killed. REQUIRES: it was.
  std::chrono::steady_clock::time_point killed_at(uint32_t rank);
  /// The rank's streams are closed for writing, with frames still to be read: whoever sends to it fails from now on;
  /// what it sent is delivered, and only then are the others told that it is gone. The rank itself is told nothing.
  void close_for_writing(uint32_t rank);
  /// Keeps the direction's frames until released, all or the next few.
  void hold(uint32_t from, uint32_t to);
  void release(uint32_t from, uint32_t to);
  void release_next(uint32_t from, uint32_t to, uint64_t frames);
  /// The next piece in this direction vanishes. (Credit that is lost comes again with the next.)
  void lose_next(uint32_t from, uint32_t to);
  /// Puts bytes into the direction as if the rank had sent them.
  void inject(uint32_t from, uint32_t to, std::string bytes);
  /// Waits until nothing is on its way but what is held.
  void settle();
  /// Waits until so many frames of the direction are on their way: only where they are held, or nobody takes them yet.
  void await_frames(uint32_t from, uint32_t to, size_t count);
  /// Waits until the direction has refused a frame.
  void await_refusal(uint32_t from, uint32_t to);

private:
  using direction = std::pair<uint32_t, uint32_t>; // from, to
  struct line {
    std::deque<std::string> frames;
    bool held = false;
    uint64_t let_through = 0; // of the held ones
    bool lossy = false;
    bool refused = false; // a frame, since it is down
    bool ending = false;  // the receiver is told that it is down after the last frame
    std::string down;     // why, once it is
  };
  class end;

  status send(uint32_t from, uint32_t to, const rank_frame& frame);
  void attach(uint32_t rank, rank_inbox* inbox);
  void cut_locked(uint32_t a, uint32_t b, const std::string& why);
  void kill_locked(uint32_t rank);
  void end_if_empty(const direction& d);
  void deliver();
  bool deliver_one(std::unique_lock<std::mutex>& lock);
  bool can_deliver(const direction& d, const line& l) const;
  void hand_over(std::unique_lock<std::mutex>& lock, uint32_t to, const std::function<void(rank_inbox&)>& what);

  const uint32_t ranks_;
  std::mutex mutex_;
  std::condition_variable changed_;
  random_source chance_;
  std::map<direction, line> lines_;
  std::map<uint32_t, rank_inbox*> inboxes_; // absent: not yet attached; null: no more
  std::map<uint32_t, uint64_t> frames_to_death_;
  std::map<uint32_t, std::chrono::steady_clock::time_point> deaths_;
  std::deque<std::pair<direction, std::string>> notices_; // .first.first is down, says .first.second's link
  uint32_t handing_to_ = UINT32_MAX;                      // whose inbox is being called
  bool stopped_ = false;
  std::thread thread_;
};

} // namespace weft
