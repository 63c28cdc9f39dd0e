// Any bytes in: the tokenizer answers, and what it answers fits together whatever the options are.
// The first byte of the input chooses the limit and where the text is cut in two; the rest is the text.
#include "runtime/base/assert.hpp"
#include "runtime/compute/tokenizer/tokenizer.hpp"
#include "runtime/compute/tokenizer/utf8.hpp"
#include "tests/runtime/compute/tokenizer/model_vocabulary.hpp"

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace {

using ids = std::vector<int32_t>;
using weft::embed_options;
using weft::tokenizer;

constexpr uint32_t no_limit = 1u << 20; ///< more than any input has

std::span<const int32_t> body(const ids& all) {
  WEFT_ASSERT(all.size() >= 2);
  WEFT_ASSERT(all.front() == 101);
  WEFT_ASSERT(all.back() == 102);
  return std::span(all).subspan(1, all.size() - 2);
}

void check_refused(const tokenizer& t, std::string_view text, size_t valid) {
  for (const auto& options :
       {embed_options{}, embed_options{.side = weft::truncation_side::left}, embed_options{.truncate = false}}) {
    const auto got = t.encode(text, options);
    WEFT_ASSERT(!got);
    WEFT_ASSERT(got.error().code == weft::errc::invalid_utf8);
    WEFT_ASSERT(got.error().metadata.front().second == std::to_string(valid));
  }
}

void check_truncation(const tokenizer& t, std::string_view text, const ids& full) {
  const auto right = t.encode(text, {});
  const auto left = t.encode(text, {.side = weft::truncation_side::left});
  const auto whole = t.encode(text, {.truncate = false});
  WEFT_ASSERT(right);
  WEFT_ASSERT(left);
  const bool too_long = full.size() > t.tokens_max();
  WEFT_ASSERT(right->truncated == too_long);
  WEFT_ASSERT(left->truncated == too_long);
  WEFT_ASSERT(bool(whole) == !too_long);
  if (!too_long) {
    WEFT_ASSERT(right->ids == full);
    WEFT_ASSERT(left->ids == full);
    WEFT_ASSERT(whole->ids == full);
    return;
  }
  WEFT_ASSERT(whole.error().code == weft::errc::text_too_long);
  WEFT_ASSERT(right->ids.size() == t.tokens_max());
  WEFT_ASSERT(left->ids.size() == t.tokens_max());
  const auto kept_first = body(right->ids), kept_last = body(left->ids), everything = body(full);
  WEFT_ASSERT(std::equal(kept_first.begin(), kept_first.end(), everything.begin()));
  WEFT_ASSERT(std::equal(kept_last.rbegin(), kept_last.rend(), everything.rbegin()));
}

/// Two texts with a space between them have the tokens of the one and then of the other.
void check_concatenation(const tokenizer& t, std::string_view text, size_t cut) {
  while (cut < text.size() && (text[cut] & 0xC0) == 0x80)
    ++cut;
  const std::string first(text.substr(0, cut)), second(text.substr(cut));
  const auto a = t.encode(first, {}), b = t.encode(second, {}), both = t.encode(first + " " + second, {});
  WEFT_ASSERT(a);
  WEFT_ASSERT(b);
  WEFT_ASSERT(both);
  ids joined(body(a->ids).begin(), body(a->ids).end());
  joined.insert(joined.end(), body(b->ids).begin(), body(b->ids).end());
  const auto got = body(both->ids);
  WEFT_ASSERT(std::equal(joined.begin(), joined.end(), got.begin(), got.end()));
}

// Loaded before the first input: on a busy machine that takes longer than one input may.
const tokenizer unlimited = weft::test::model_tokenizer(no_limit);
const tokenizer limited[] = {weft::test::model_tokenizer(2), weft::test::model_tokenizer(3),
                             weft::test::model_tokenizer(9), weft::test::model_tokenizer(256)};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0)
    return 0;
  const uint8_t choice = data[0];
  const tokenizer& t = limited[choice % std::size(limited)];
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  if (const size_t valid = weft::utf8_valid_bytes(text); valid != text.size()) {
    check_refused(t, text, valid);
    return 0;
  }
  const auto full = unlimited.encode(text, {});
  WEFT_ASSERT(full);
  WEFT_ASSERT(!full->truncated);
  WEFT_ASSERT(body(full->ids).size() <= text.size());
  for (const int32_t id : full->ids)
    WEFT_ASSERT(id >= 0 && static_cast<uint32_t>(id) < unlimited.vocabulary_size());
  check_truncation(t, text, full->ids);
  check_concatenation(unlimited, text, text.size() * choice / 256);
  return 0;
}
