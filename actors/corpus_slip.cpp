#include "actors/corpus_slip.hpp"

#include <optional>

namespace weft {
namespace {

using answer = std::optional<corpus_event>;

answer failed(const plan_corpus& it, failure why) {
  return corpus_events::lacks{it.job, it.epoch, std::move(why), it.number};
}
answer failed(const feed_corpus& it, failure why) {
  return corpus_events::fed{it.job, it.epoch, std::move(why), it.number};
}
answer failed(const seal_corpus& it, failure why) {
  return corpus_events::loaded{it.job, it.epoch, std::move(why), it.number};
}
answer failed(const start_corpus& it, failure why) {
  return corpus_events::finished{it.job, it.epoch, std::move(why)};
}
answer failed(const encode_corpus& it, failure why) {
  return corpus_events::encoded{it.job, it.epoch, it.keep.generation, std::move(why)};
}
answer failed(const search_corpus_share& it, failure why) {
  return corpus_events::found{it.ticket, std::move(why)};
}
answer failed(const stop_corpus&, const failure&) {
  return std::nullopt;
}
answer failed(const forget_corpus&, const failure&) {
  return std::nullopt;
}

} // namespace

corpus_slip::~corpus_slip() {
  fail({errc::unavailable, "the node's part for corpora has started anew, or is stopping; what is kept is safe"});
}

void corpus_slip::fail(failure why) {
  if (!tell_)
    return;
  if (auto event = std::visit([&](const auto& it) { return failed(it, std::move(why)); }, effect))
    end(*std::move(event));
}

} // namespace weft
