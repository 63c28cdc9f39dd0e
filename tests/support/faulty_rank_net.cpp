#include "tests/support/faulty_rank_net.hpp"

#include "runtime/compute/collective/rank_frame_codec.hpp"

namespace weft {

class faulty_rank_net::end final : public rank_link {
public:
  end(faulty_rank_net& net, uint32_t rank) : net_(net), rank_(rank) {}
  void attach(rank_inbox* inbox) override { net_.attach(rank_, inbox); }
  status send(uint32_t to, rank_frame frame) override { return net_.send(rank_, to, frame); }

private:
  faulty_rank_net& net_;
  uint32_t rank_;
};

faulty_rank_net::faulty_rank_net(uint32_t ranks, uint64_t seed) : ranks_(ranks), chance_(seed) {
  for (uint32_t from = 0; from < ranks; ++from)
    for (uint32_t to = 0; to < ranks; ++to)
      if (from != to)
        lines_[{from, to}];
  thread_ = std::thread([this] { deliver(); });
}

faulty_rank_net::~faulty_rank_net() {
  {
    const std::lock_guard lock{mutex_};
    stopped_ = true;
    changed_.notify_all();
  }
  thread_.join();
}

std::shared_ptr<rank_link> faulty_rank_net::link(uint32_t rank) {
  return std::make_shared<end>(*this, rank);
}

void faulty_rank_net::attach(uint32_t rank, rank_inbox* inbox) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return handing_to_ != rank; });
  inboxes_[rank] = inbox;
  changed_.notify_all();
}

status faulty_rank_net::send(uint32_t from, uint32_t to, const rank_frame& frame) {
  auto bytes = encode(frame);
  const std::lock_guard lock{mutex_};
  auto& l = lines_.at({from, to});
  if (!l.down.empty()) {
    l.refused = true;
    changed_.notify_all();
    return failure{errc::unavailable, l.down};
  }
  if (std::holds_alternative<rank_piece>(frame.body) && std::exchange(l.lossy, false))
    return ok;
  // Pieces, credit and an abort or a leave: nothing of ours sends more.
  if (l.frames.size() >= 3 * rank_window) {
    cut_locked(from, to, "more frames wait than the window allows");
    return failure{errc::overloaded, l.down};
  }
  l.frames.push_back(std::move(bytes));
  if (const auto death = frames_to_death_.find(from); death != frames_to_death_.end() && --death->second == 0)
    kill_locked(from);
  changed_.notify_all();
  return ok;
}

void faulty_rank_net::cut(uint32_t a, uint32_t b) {
  const std::lock_guard lock{mutex_};
  cut_locked(a, b, "the link was cut");
}

void faulty_rank_net::cut_locked(uint32_t a, uint32_t b, const std::string& why) {
  for (const auto& d : {direction{a, b}, direction{b, a}}) {
    auto& l = lines_.at(d);
    if (!l.down.empty())
      continue;
    l.down = why;
    l.frames.clear();
    notices_.emplace_back(d, why);
  }
  changed_.notify_all();
}

void faulty_rank_net::kill(uint32_t rank) {
  const std::lock_guard lock{mutex_};
  kill_locked(rank);
}

void faulty_rank_net::kill_after(uint32_t rank, uint64_t frames) {
  const std::lock_guard lock{mutex_};
  frames_to_death_[rank] = frames;
}

std::chrono::steady_clock::time_point faulty_rank_net::killed_at(uint32_t rank) {
  const std::lock_guard lock{mutex_};
  return deaths_.at(rank);
}

void faulty_rank_net::kill_locked(uint32_t rank) {
  frames_to_death_.erase(rank);
  deaths_.emplace(rank, std::chrono::steady_clock::now());
  for (uint32_t r = 0; r < ranks_; ++r)
    if (r != rank)
      cut_locked(rank, r, "its process was killed");
}

void faulty_rank_net::close_for_writing(uint32_t rank) {
  const std::lock_guard lock{mutex_};
  for (uint32_t r = 0; r < ranks_; ++r) {
    if (r == rank)
      continue;
    auto& there = lines_.at({r, rank});
    auto& back = lines_.at({rank, r});
    if (!there.down.empty() || !back.down.empty())
      continue;
    there.down = back.down = "it has closed its streams";
    there.frames.clear();
    back.ending = true;
    end_if_empty({rank, r});
  }
  changed_.notify_all();
}

void faulty_rank_net::end_if_empty(const direction& d) {
  auto& l = lines_.at(d);
  if (l.ending && l.frames.empty()) {
    l.ending = false;
    notices_.emplace_back(d, l.down);
  }
}

void faulty_rank_net::hold(uint32_t from, uint32_t to) {
  const std::lock_guard lock{mutex_};
  lines_.at({from, to}).held = true;
}

void faulty_rank_net::release(uint32_t from, uint32_t to) {
  const std::lock_guard lock{mutex_};
  lines_.at({from, to}).held = false;
  changed_.notify_all();
}

void faulty_rank_net::release_next(uint32_t from, uint32_t to, uint64_t frames) {
  const std::lock_guard lock{mutex_};
  lines_.at({from, to}).let_through += frames;
  changed_.notify_all();
}

void faulty_rank_net::await_frames(uint32_t from, uint32_t to, size_t count) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return lines_.at({from, to}).frames.size() >= count; });
}

void faulty_rank_net::await_refusal(uint32_t from, uint32_t to) {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] { return lines_.at({from, to}).refused; });
}

void faulty_rank_net::lose_next(uint32_t from, uint32_t to) {
  const std::lock_guard lock{mutex_};
  lines_.at({from, to}).lossy = true;
}

void faulty_rank_net::inject(uint32_t from, uint32_t to, std::string bytes) {
  const std::lock_guard lock{mutex_};
  lines_.at({from, to}).frames.push_back(std::move(bytes));
  changed_.notify_all();
}

bool faulty_rank_net::can_deliver(const direction& d, const line& l) const {
  return !l.frames.empty() && (!l.held || l.let_through > 0) && inboxes_.contains(d.second);
}

void faulty_rank_net::settle() {
  std::unique_lock lock{mutex_};
  changed_.wait(lock, [&] {
    for (const auto& [d, l] : lines_)
      if (can_deliver(d, l))
        return false;
    return notices_.empty() && handing_to_ == UINT32_MAX;
  });
}

void faulty_rank_net::deliver() {
  std::unique_lock lock{mutex_};
  while (!stopped_)
    if (!deliver_one(lock))
      changed_.wait(lock);
}

bool faulty_rank_net::deliver_one(std::unique_lock<std::mutex>& lock) {
  for (auto n = notices_.begin(); n != notices_.end(); ++n)
    if (inboxes_.contains(n->first.second)) {
      const auto [d, why] = *n;
      notices_.erase(n);
      hand_over(lock, d.second, [&](rank_inbox& to) { to.link_down(d.first, why); });
      return true;
    }
  std::vector<direction> ready;
  for (const auto& [d, l] : lines_)
    if (can_deliver(d, l))
      ready.push_back(d);
  if (ready.empty())
    return false;
  const auto d = ready[chance_.below(static_cast<uint32_t>(ready.size()))];
  auto& l = lines_.at(d);
  const auto bytes = std::move(l.frames.front());
  l.frames.pop_front();
  l.let_through -= l.held ? 1 : 0;
  if (auto frame = decode_rank_frame(bytes))
    hand_over(lock, d.second, [&](rank_inbox& to) { to.receive(std::move(*frame)); });
  else
    cut_locked(d.first, d.second, frame.error().message); // what every carrier does: no frames come after bad bytes
  end_if_empty(d);
  changed_.notify_all();
  return true;
}

void faulty_rank_net::hand_over(std::unique_lock<std::mutex>& lock, uint32_t to,
                                const std::function<void(rank_inbox&)>& what) {
  auto* inbox = inboxes_.at(to);
  if (!inbox)
    return;
  handing_to_ = to;
  lock.unlock();
  what(*inbox);
  lock.lock();
  handing_to_ = UINT32_MAX;
  changed_.notify_all();
}

} // namespace weft
