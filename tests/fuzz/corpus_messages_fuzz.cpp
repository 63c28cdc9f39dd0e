// Any bytes as what a corpus job says or keeps: refused with a reason, or a value that has exactly these bytes. The
// first byte of the input chooses the kind; the rest is read.
#include "runtime/base/assert.hpp"
#include "runtime/corpus_job/attachment.hpp"
#include "runtime/corpus_job/corpus_member_core.hpp"
#include "runtime/corpus_job/message_codec.hpp"
#include "runtime/corpus_job/search_codec.hpp"

#include <cstdint>
#include <string>

namespace {

template <class Value> void check(const weft::result<Value>& got, std::string_view bytes, weft::errc refused) {
  if (got) {
    WEFT_ASSERT(encode(*got) == bytes);
    return;
  }
  WEFT_ASSERT(got.error().code == refused);
  WEFT_ASSERT(!got.error().message.empty());
}

/// A member obeys any order that can be read, or refuses it.
void obey(const weft::corpus_order& order) {
  weft::corpus_member_core member({weft::node_id{1}, weft::boot_epoch{1}, 0});
  auto prepare = order;
  prepare.wish = weft::corpus_wish::prepare;
  prepare.load.reset();
  prepare.keep.reset();
  const auto ask = [&](const weft::corpus_order& what) {
    const auto answer = weft::decode_corpus_report(encode(member.ordered(what, {})));
    WEFT_ASSERT(answer);
    WEFT_ASSERT(answer->number == order.number);
  };
  ask(prepare);
  ask(order);
}

void join(std::string_view bytes) {
  const std::string body{bytes};
  const auto whole = weft::join_attachment(weft::attached_kind::outcome, {&body, 1});
  if (!whole)
    return;
  const auto again = weft::cut_attachment(weft::attached_kind::outcome, whole->generation, whole->bytes);
  WEFT_ASSERT(again);
  WEFT_ASSERT(again->size() == 1);
  WEFT_ASSERT(again->front() == body);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0)
    return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data + 1), size - 1};
  switch (data[0] % 7) {
  case 0: {
    const auto order = weft::decode_corpus_order(bytes);
    check(order, bytes, weft::errc::invalid_argument);
    if (order)
      obey(*order);
    break;
  }
  case 1:
    check(weft::decode_corpus_report(bytes), bytes, weft::errc::invalid_argument);
    break;
  case 2:
    check(weft::decode_corpus_outcome(bytes), bytes, weft::errc::state_damaged);
    break;
  case 3:
    check(weft::decode_kept_checkpoint(bytes), bytes, weft::errc::state_damaged);
    break;
  case 4:
    join(bytes);
    break;
  case 5:
    check(weft::decode_share_search(bytes), bytes, weft::errc::invalid_argument);
    break;
  default:
    check(weft::decode_share_hits(bytes), bytes, weft::errc::invalid_argument);
  }
  return 0;
}
