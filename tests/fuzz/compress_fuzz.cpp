// Any bytes as a text that is compressed, by parameters from the first bytes of the input; and as what other nodes and
// disks hold: parameters, tables, outputs. What is asked for is kept or refused with a reason, and nothing is kept that
// the text does not have.
#include "runtime/base/assert.hpp"
#include "runtime/compress/output.hpp"
#include "runtime/compress/policy.hpp"
#include "tests/runtime/compress/run_support.hpp"

#include <cstdint>

namespace {

using namespace weft;

void check_failure(const failure& reason) {
  switch (reason.code) {
  case errc::invalid_utf8:
  case errc::not_text:
  case errc::budget_unreachable:
    WEFT_ASSERT(!reason.message.empty());
    return;
  default:
    WEFT_ASSERT(false);
  }
}

void check_output(std::string_view text, const compress_output& out) {
  const auto& report = out.report;
  WEFT_ASSERT(report.output_tokens <= report.target_tokens || report.output_tokens == report.source_tokens);
  uint64_t last = 0;
  for (const auto& span : out.kept) {
    WEFT_ASSERT(span.begin >= last);
    WEFT_ASSERT(span.begin < span.end);
    WEFT_ASSERT(span.end <= text.size());
    WEFT_ASSERT(out.extract.find(text.substr(span.begin, span.end - span.begin)) != std::string::npos);
    last = span.end;
  }
  const auto bytes = encode(out);
  const auto back = decode_compress_output(bytes);
  WEFT_ASSERT(back);
  WEFT_ASSERT(encode(*back) == bytes);
}

void check_run(uint8_t how, uint8_t more, std::string_view text) {
  compress_parameters wanted;
  wanted.strategy = static_cast<compress_strategy>(how % compress_strategy_count);
  wanted.counter = static_cast<counter_kind>((how >> 3) % counter_kind_count);
  wanted.ratio = 2 + more % 31;
  wanted.mega_tokens = how & 0x40 ? 1 + more % 8 : 0;
  if (how & 0x80)
    wanted.keep = {keep_kind::numbers};
  if (more & 0x80)
    wanted.query = "who";
  wanted = resolve(std::move(wanted), default_policy());
  WEFT_ASSERT(check(wanted));
  if (const auto out = test::compress_text(text, wanted))
    check_output(text, *out);
  else
    check_failure(out.error());
}

void check_forms(std::string_view bytes) {
  if (const auto wanted = parse_parameters(bytes))
    WEFT_ASSERT(canonical_form(*wanted) == bytes);
  if (const auto table = parse_policy(bytes))
    WEFT_ASSERT(parse_policy(canonical_form(*table)));
  if (const auto output = decode_compress_output(bytes))
    WEFT_ASSERT(encode(*output) == bytes);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2)
    return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data + 2), size - 2};
  // In an allocation of its own, so that a read beyond the text is seen.
  const std::string text{bytes};
  if (data[0] == 0xFF)
    check_forms(text);
  else
    check_run(data[0], data[1], text);
  return 0;
}
