#include "node/grpc/compress_gather.hpp"

#include "node/grpc/stream_retry.hpp"
#include "runtime/base/item_failure.hpp"

#include <algorithm>
#include <utility>

namespace weft {
namespace {

// About the time in which clients read some answers.
constexpr std::chrono::milliseconds reply_retry_after{100};
// Of all documents of a call: as much as texts of a message may have.
constexpr uint64_t documents_bytes_max = 33'554'432;

const failure replies_full{errc::overloaded, "answers that clients have not read fill the node", {}, reply_retry_after};

failure call_too_large(const std::string& what, uint64_t limit) {
  return {errc::call_too_large, what + "; send fewer a call", {{"limit", std::to_string(limit)}}};
}

/// One text of a gather behind the call port.
class compress_call final : public call {
public:
  compress_call(const weft::context& caller, embed_request request, size_t index,
                std::shared_ptr<compress_gather> gather)
      : call(caller, std::move(request)), index_(index), gather_(std::move(gather)) {}
  ~compress_call() override {
    if (!answered())
      on_fail(why_unanswered(*this));
  }

private:
  void on_reply(embed_result&& value) noexcept override { gather_->came(index_, std::move(value)); }
  void on_fail(failure&& reason) noexcept override { gather_->came(index_, std::move(reason)); }

  const size_t index_;
  const std::shared_ptr<compress_gather> gather_;
};

/// The refusal of the options that all texts met, or none.
const failure* refused_by_all(const std::vector<std::optional<result<embed_result>>>& outcomes) {
  const auto& first = *outcomes.front();
  const bool all = std::all_of(outcomes.begin(), outcomes.end(), [](const auto& outcome) {
    return !*outcome && outcome->error().code == errc::invalid_argument;
  });
  return all ? &first.error() : nullptr;
}

} // namespace

void compress_reactor::OnCancel() {
  if (const auto alive = gather_.lock())
    alive->cancel();
}

compress_gather::compress_gather(std::shared_ptr<edge> edge, std::shared_ptr<document_store> documents, context caller,
                                 compress_message message, reply_room room, unary_answer answer,
                                 compress_reactor& reactor)
    : edge_(std::move(edge)), documents_(std::move(documents)), caller_(std::move(caller)),
      message_(std::move(message)), options_{.compress = canonical_form(message_.wish.wanted)}, room_(std::move(room)),
      answer_(std::move(answer)), reactor_(reactor), outcomes_(message_.texts.size() + message_.handles.size()),
      left_(outcomes_.size()) {}

compress_gather::~compress_gather() {
  if (!ended_) // a document that never came
    answer_.fail({errc::unavailable, "the call was lost inside the node"}, caller_);
}

void compress_gather::start() {
  for (size_t i = 0; i < message_.texts.size(); ++i)
    send(i, std::move(message_.texts[i]));
  read_documents();
}

void compress_gather::send(size_t index, std::string text) {
  embed_request request{message_.model, {}, options_};
  request.texts.push_back(std::move(text));
  auto out = std::make_shared<compress_call>(caller_, std::move(request), index, shared_from_this());
  {
    const std::lock_guard hold(mutex_);
    if (ended_)
      out->cancel(); // it goes without having been anywhere
    else
      calls_.push_back(out);
  }
  if (!out->ended())
    edge_->entrance.submit(std::move(out));
}

void compress_gather::read_documents() {
  std::unique_lock lock(mutex_);
  if (asking_)
    return; // who asks sees what has come
  asking_ = true;
  // One at a time: a call may name documents of more bytes than a message could bring.
  while (!ended_ && !reading_ && documents_asked_ < message_.handles.size()) {
    const size_t number = documents_asked_++;
    reading_ = true;
    lock.unlock();
    documents_->read(caller_, message_.handles[number],
                     [self = shared_from_this(), index = outcomes_.size() - message_.handles.size() +
                                                         number](result<std::shared_ptr<const std::string>> text) {
                       self->document_came(index, std::move(text));
                     });
    lock.lock();
  }
  asking_ = false;
}

void compress_gather::document_came(size_t index, result<std::shared_ptr<const std::string>> text) {
  if (!text) {
    came(index, text.error());
  } else if (auto charged = charge_document(**text); !charged) {
    std::unique_lock lock(mutex_);
    end(lock, charged.error());
  } else {
    send(index, **text);
  }
  {
    const std::lock_guard hold(mutex_);
    reading_ = false;
  }
  read_documents();
}

/// Counts a document to the call, and takes credit for its answer.
status compress_gather::charge_document(std::string_view text) {
  const auto outcome = room_.of(text); // looks at each byte
  const std::lock_guard hold(mutex_);
  documents_bytes_ += text.size();
  if (documents_bytes_ > documents_bytes_max)
    return call_too_large("the documents of the call have more than " + std::to_string(documents_bytes_max) +
                              " bytes together",
                          documents_bytes_max);
  if (ended_)
    return ok; // nobody waits for it, and the reactor may be gone
  const auto wanted = room_.add(outcome);
  if (wanted == 0)
    return ok;
  if (!edge_->replies->take(wanted))
    return replies_full;
  reactor_.hold({edge_->replies, wanted});
  return ok;
}

void compress_gather::came(size_t index, result<embed_result> outcome) {
  if (!outcome) // each is the first of its call
    outcome = rename_item(std::move(outcome.error()), static_cast<uint32_t>(index));
  std::unique_lock lock(mutex_);
  if (ended_)
    return;
  if (!outcome && judge(outcome.error().code) != stream_verdict::item)
    return end(lock, outcome.error());
  outcomes_[index] = std::move(outcome);
  if (--left_ == 0)
    answer(lock);
}

void compress_gather::cancel() {
  std::unique_lock lock(mutex_);
  // gRPC cancels at the deadline, too.
  if (edge_now() >= caller_.deadline)
    end(lock, {errc::deadline_exceeded, "the call's deadline passed"});
  else
    end(lock, {errc::cancelled, "the client cancelled the call"});
}

/// Fails the RPC, and lets the calls know that nobody waits. REQUIRES: `lock` holds mutex_; it is let go of.
void compress_gather::end(std::unique_lock<std::mutex>& lock, const failure& reason) {
  if (std::exchange(ended_, true))
    return lock.unlock();
  const auto calls = std::move(calls_);
  lock.unlock();
  for (const auto& weak : calls)
    if (const auto one = weak.lock())
      one->cancel();
  answer_.fail(reason, caller_);
}

/// REQUIRES: as end(), and all outcomes are there.
void compress_gather::answer(std::unique_lock<std::mutex>& lock) {
  if (const auto* refused = refused_by_all(outcomes_)) {
    const auto reason = *refused;
    return end(lock, reason);
  }
  ended_ = true;
  lock.unlock(); // nobody comes here any more
  std::vector<result<embed_result>> outcomes;
  for (auto& outcome : outcomes_)
    outcomes.push_back(*std::move(outcome));
  const auto all = sum_of(message_, outcomes);
  auto message = write_compress_reply(message_, std::move(outcomes), all, answer_.elapsed());
  // What the answer has in place of what it might have had, which is more: until the client has read it, it is there,
  // so it is counted, whether there is room at this moment or not.
  edge_->replies->add(message.Length());
  reactor_.hold_only({edge_->replies, message.Length()});
  answer_.send(std::move(message), caller_, all.times);
}

uint64_t compress_reply_bytes(const compress_wish& wish, uint64_t text_bytes) noexcept {
  const uint64_t vectors = std::min<uint64_t>(wish.wanted.mega_tokens, text_bytes); // a sentence has a byte at least
  return (wish.wanted.extract ? text_bytes : 0) + (1 + vectors) * item_bytes;
}

grpc::ServerUnaryReactor* start_compress(const std::shared_ptr<edge>& edge,
                                         const std::shared_ptr<document_store>& documents, uint32_t items_max,
                                         grpc::CallbackServerContext& rpc, const grpc::ByteBuffer& in,
                                         grpc::ByteBuffer& out) {
  auto* reactor = new compress_reactor; // OnDone() deletes it
  unary_answer answer(rpc, *reactor, out, *edge, "compress");
  context caller;
  const auto refuse = [&](const failure& reason) {
    answer.fail(reason, caller);
    return reactor;
  };
  if (auto entered = enter_work(*edge, rpc, caller); !entered)
    return refuse(entered.error());
  if (edge->draining)
    return refuse({errc::draining, "the node takes no new calls"});
  auto message = read_compress_request(in, items_max);
  // The texts are strings of their own now; gRPC would keep the message until the RPC ends.
  const_cast<grpc::ByteBuffer&>(in).Clear();
  if (!message)
    return refuse(message.error());
  if (!documents && !message->handles.empty())
    return refuse({errc::unavailable, "this node keeps no documents"});
  reply_room room(message->wish, dimensions_expected(*edge->view, message->model));
  uint64_t reply_bytes = 0;
  uint64_t credit = (1 + message->texts.size() + message->handles.size()) * item_bytes;
  for (const auto& text : message->texts) {
    reply_bytes += compress_reply_bytes(message->wish, text.size());
    credit += room.add(room.of(text));
  }
  if (reply_bytes > compress_reply_bytes_max)
    return refuse(call_too_large("the reply might have more than " + std::to_string(compress_reply_bytes_max) +
                                     " bytes (each text may have all its mega-tokens)",
                                 compress_reply_bytes_max));
  if (!edge->replies->take(credit))
    return refuse(replies_full);
  reactor->hold({edge->replies, credit});
  const auto gather = std::make_shared<compress_gather>(edge, documents, std::move(caller), *std::move(message),
                                                        std::move(room), std::move(answer), *reactor);
  reactor->watch(gather);
  gather->start();
  return reactor;
}

} // namespace weft
