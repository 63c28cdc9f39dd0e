#include "node/peer/grpc_rank_link.hpp"

#include "runtime/ports/collective.hpp"

#include <grpcpp/alarm.h>

#include <algorithm>
#include <mutex>
#include <shared_mutex>
#include <utility>

namespace weft {
namespace {

/// The way to one other rank.
struct rank_way {
  std::shared_ptr<rank_stream> stream; ///< null: it has not called yet, or the way is down
  rank_outbox early;                   ///< what waits for it to call
  bool down = false;
  std::string why; ///< once it is down

  /// Whoever calls holds the lock, and tells the inbox when it is free: a stream that calls meanwhile is refused.
  void shut(std::string reason) {
    down = true;
    why = std::move(reason);
    early = {};
  }
};

} // namespace

/// Held by the desk while it is open, and by its streams until they end.
struct grpc_rank_link::parts final : rank_host, rank_sink, std::enable_shared_from_this<parts> {
  rank_link_options options;
  std::shared_ptr<rank_desk> desk;
  std::weak_ptr<rank_dialer> dialer; ///< a stream may let go of us in its last callback, and its dialer waits for that

  std::shared_mutex inbox_mutex; // shared: somebody is in the inbox; alone: to change it
  rank_inbox* inbox = nullptr;

  std::mutex mutex; // guards the rest; never held while a stream is told to act, or the inbox
  bool begun = false;
  bool over = false;
  std::vector<rank_way> ways; // [ranks]; this rank's own is unused
  grpc::Alarm meeting;

  rank_place place() const { return {.communicator = options.communicator, .rank = options.rank}; }
  uint32_t ranks() const noexcept override { return static_cast<uint32_t>(options.addresses.size()); }

  void take(uint32_t from, std::shared_ptr<rank_stream> stream) override;
  void came(uint32_t from, rank_frame frame) override;
  void down(uint32_t from, std::string why) override;

  void set_inbox(rank_inbox* to) {
    const std::unique_lock alone(inbox_mutex); // waits for those that are in the former one
    inbox = to;
  }
  void tell(uint32_t gone, std::string why) {
    const std::shared_lock in(inbox_mutex);
    if (inbox != nullptr)
      inbox->link_down(gone, std::move(why));
  }
  bool is_down(uint32_t rank) {
    const std::lock_guard hold(mutex);
    return ways[rank].down;
  }
  void begin();
  void call(uint32_t rank);
  void await_lower_ranks();
  void end_meeting();
  void end();
};

result<std::shared_ptr<grpc_rank_link>> grpc_rank_link::make(std::shared_ptr<rank_desk> desk,
                                                             const std::shared_ptr<rank_dialer>& dialer,
                                                             rank_link_options options) {
  const auto& addresses = options.addresses;
  if (addresses.empty() || addresses.size() > collective_ranks_max || options.rank >= addresses.size())
    return failure{errc::invalid_argument, "rank " + std::to_string(options.rank) + " of " +
                                               std::to_string(addresses.size()) + " cannot be: up to " +
                                               std::to_string(collective_ranks_max) + " ranks are, counted from 0"};
  if (std::any_of(addresses.begin(), addresses.end(), [](const std::string& a) { return a.empty(); }))
    return failure{errc::invalid_argument, "the node of a rank has no data address: form again without it"};
  auto made = std::make_shared<parts>();
  made->ways.resize(addresses.size());
  made->options = std::move(options);
  made->desk = std::move(desk);
  made->dialer = dialer;
  return std::shared_ptr<grpc_rank_link>(new grpc_rank_link(std::move(made)));
}

grpc_rank_link::~grpc_rank_link() {
  attach(nullptr);
}

void grpc_rank_link::attach(rank_inbox* inbox) {
  parts_->set_inbox(inbox);
  if (inbox == nullptr)
    parts_->end();
  else
    parts_->begin();
}

status grpc_rank_link::send(uint32_t to, rank_frame frame) {
  auto& p = *parts_;
  std::unique_lock hold(p.mutex);
  if (to >= p.ways.size() || to == p.options.rank)
    return failure{errc::unavailable, "there is no such rank"};
  if (!p.begun || p.over)
    return failure{errc::unavailable, "this rank's end is closed"};
  auto& way = p.ways[to];
  if (way.down)
    return failure{errc::unavailable, way.why};
  if (const auto stream = way.stream) {
    hold.unlock();
    return stream->send(frame);
  }
  auto pushed = way.early.push(frame);
  if (pushed)
    return pushed;
  way.shut(pushed.error().message);
  hold.unlock();
  p.tell(to, pushed.error().message); // now: nothing has come from it, and no stream will say that it ends
  return pushed;
}

void grpc_rank_link::parts::begin() {
  bool closed;
  {
    const std::lock_guard hold(mutex);
    if (std::exchange(begun, true) && !over)
      return; // another inbox, the same streams
    closed = over;
    for (auto& way : ways)
      way.down = way.down || closed; // streams that are still leaving have nothing to tell this inbox
  }
  for (uint32_t r = 0; closed && r < ranks(); ++r)
    if (r != options.rank)
      tell(r, "this rank's end is closed");
  if (closed)
    return;
  if (auto opened = desk->open(place(), shared_from_this()); !opened) {
    for (uint32_t r = 0; r < ranks(); ++r)
      if (r != options.rank)
        down(r, opened.error().message);
    return;
  }
  await_lower_ranks();
  for (uint32_t r = options.rank + 1; r < ranks(); ++r)
    call(r);
}

void grpc_rank_link::parts::call(uint32_t rank) {
  const auto alive = dialer.lock();
  if (!alive)
    return down(rank, "the node is stopping");
  auto stream = alive->call(options.addresses[rank],
                            {.communicator = options.communicator, .ranks = ranks(), .from = options.rank, .to = rank},
                            options.time_max);
  if (!stream)
    return down(rank, stream.error().message);
  bool wanted;
  {
    const std::lock_guard hold(mutex);
    auto& way = ways[rank];
    wanted = !over && !way.down; // too much may have waited for it already
    if (wanted) {
      way.stream = *stream;
      (*stream)->put_first(std::move(way.early)); // within the lock: before what is sent from now on
    }
  }
  if (!wanted)
    (*stream)->cancel("nobody waits for it any more");
  (*stream)->start(rank, shared_from_this()); // all the same: it ends by what it reads
}

void grpc_rank_link::parts::take(uint32_t from, std::shared_ptr<rank_stream> stream) {
  std::unique_lock hold(mutex);
  auto& way = ways[from];
  if (over || way.down || way.stream) {
    const bool twice = !over && way.stream;
    hold.unlock();
    return stream->refuse(twice ? failure{errc::invalid_argument, "the two ranks have a stream already"}
                                : failure{errc::unavailable, "the rank has closed its end"});
  }
  way.stream = stream;
  stream->put_first(std::move(way.early)); // as in call()
  hold.unlock();
  stream->start(from, shared_from_this());
}

void grpc_rank_link::parts::await_lower_ranks() {
  if (options.rank == 0)
    return;
  // Weak: an alarm keeps its function as long as it lives.
  meeting.Set(std::chrono::system_clock::now() + options.meet_time, [waiting = weak_from_this()](bool late) {
    if (const auto alive = late ? waiting.lock() : nullptr)
      alive->end_meeting();
  });
}

void grpc_rank_link::parts::end_meeting() {
  const auto why = "it did not call within " + std::to_string(options.meet_time.count()) + " ms";
  std::vector<uint32_t> absent;
  {
    const std::lock_guard hold(mutex);
    for (uint32_t r = 0; r < options.rank && !over; ++r)
      if (auto& way = ways[r]; !way.stream && !way.down) {
        way.shut(why);
        absent.push_back(r);
      }
  }
  for (const auto r : absent)
    tell(r, why);
}

void grpc_rank_link::parts::came(uint32_t from, rank_frame frame) {
  if (is_down(from))
    return; // a stream that was not wanted any more
  const std::shared_lock in(inbox_mutex);
  if (inbox != nullptr)
    inbox->receive(std::move(frame));
}

void grpc_rank_link::parts::down(uint32_t from, std::string why) {
  std::shared_ptr<rank_stream> stream; // lets go of it after the lock
  {
    const std::lock_guard hold(mutex);
    auto& way = ways[from];
    if (way.down)
      return;
    way.shut(why);
    stream = std::move(way.stream);
  }
  tell(from, std::move(why));
}

/// The inbox is gone already. What was sent goes still.
void grpc_rank_link::parts::end() {
  std::vector<std::shared_ptr<rank_stream>> streams;
  {
    const std::lock_guard hold(mutex);
    if (!begun || std::exchange(over, true))
      return;
    for (auto& way : ways)
      if (way.stream)
        streams.push_back(way.stream);
  }
  meeting.Cancel();
  desk->close(place());
  for (const auto& stream : streams)
    stream->leave(options.leave_time);
}

} // namespace weft
