#include "node/grpc/job_streams.hpp"

#include <utility>

namespace weft {
namespace {

constexpr std::chrono::milliseconds reply_retry_after{100};

uint64_t bytes_of(const corpus_reading& reading) {
  uint64_t bytes = reading.outcome.size();
  for (const auto* texts : {&reading.representatives, &reading.extract})
    for (const auto& text : *texts)
      bytes += text.size() + sizeof text;
  return bytes;
}

/// Hands on what a reader hears, to a stream that may be gone.
class stream_listener final : public results_listener {
public:
  explicit stream_listener(std::weak_ptr<output_stream> to) : to_(std::move(to)) {}
  void on_page(results_page page) override {
    if (const auto stream = std::static_pointer_cast<results_stream>(to_.lock()))
      stream->page(page);
  }
  void on_end(status outcome) override {
    if (const auto stream = to_.lock())
      stream->end(outcome ? failure{errc::none, ""} : std::move(outcome.error()));
  }

private:
  const std::weak_ptr<output_stream> to_; // a results_stream
};

} // namespace

watch_stream::watch_stream(std::shared_ptr<edge> edge, std::shared_ptr<job_door> door, grpc::CallbackServerContext& rpc)
    : output_stream(std::move(edge), "watch_job", rpc), door_(std::move(door)) {}

void watch_stream::ask() {
  watch_ = door_->watch(request_.which, request_.period, [weak = weak_from_this()](const result<job_status>& news) {
    const auto stream = weak.lock();
    if (!stream)
      return;
    if (!news)
      return stream->end(news.error());
    stream->give_latest(write_watch_job(*news));
    if (is_end(news->header.state))
      stream->end({errc::none, ""});
  });
}

results_stream::results_stream(std::shared_ptr<edge> edge, std::shared_ptr<job_door> door,
                               grpc::CallbackServerContext& rpc)
    : output_stream(std::move(edge), "read_results", rpc), door_(std::move(door)) {}

void results_stream::ask() {
  if (!reader_)
    reader_ = door_->read(request_.which, request_.from, std::make_shared<stream_listener>(weak_from_this()));
  reader_->next();
}

corpus_stream::corpus_stream(std::shared_ptr<edge> edge, std::shared_ptr<job_door> door,
                             grpc::CallbackServerContext& rpc)
    : output_stream(edge, "read_corpus", rpc), replies_(edge->replies), door_(std::move(door)) {}

void corpus_stream::ask() {
  if (std::exchange(asked_, true))
    return go_on();
  door_->read_corpus(request_.question, [weak = weak_from_this()](result<corpus_reading> reading) {
    if (const auto stream = std::static_pointer_cast<corpus_stream>(weak.lock()))
      stream->begin(std::move(reading));
  });
}

void corpus_stream::begin(result<corpus_reading> reading) {
  if (!reading)
    return end(reading.error());
  const uint64_t bytes = bytes_of(*reading);
  if (!replies_->take(bytes))
    return end({errc::overloaded, "answers that clients have not read fill the node", {}, reply_retry_after});
  credit_ = {replies_, bytes};
  auto pieces = corpus_pieces::of(*std::move(reading), request_.with_labels);
  if (!pieces)
    return end(pieces.error());
  pieces_.emplace(*std::move(pieces));
  go_on();
}

void corpus_stream::go_on() {
  if (pieces_->done())
    return end({errc::none, ""});
  std::vector<grpc::ByteBuffer> portion;
  portion.push_back(pieces_->next());
  give(std::move(portion));
}

} // namespace weft
