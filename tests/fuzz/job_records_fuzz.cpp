// Any bytes as a record of a job: refused with a reason, or a record that has exactly these bytes. The first byte of
// the input chooses the kind; the rest is the record.
#include "runtime/base/assert.hpp"
#include "runtime/job/record_codec.hpp"

#include <cstdint>

namespace {

template <class Record> void check(const weft::result<Record>& got, std::string_view bytes) {
  if (got) {
    WEFT_ASSERT(encode(*got) == bytes);
    return;
  }
  WEFT_ASSERT(got.error().code == weft::errc::state_damaged);
  WEFT_ASSERT(!got.error().message.empty());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0)
    return 0;
  const std::string_view bytes{reinterpret_cast<const char*>(data + 1), size - 1};
  switch (data[0] % 4) {
  case 0:
    check(weft::decode_header(bytes), bytes);
    break;
  case 1:
    check(weft::decode_meta(bytes), bytes);
    break;
  case 2:
    check(weft::decode_texts(bytes), bytes);
    break;
  default:
    check(weft::decode_results(bytes), bytes);
  }
  return 0;
}
