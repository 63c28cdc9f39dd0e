#include "runtime/compress/text/block_kind.hpp"
#include "runtime/compress/text/splitters.hpp"

namespace weft {

namespace {

void split_as(unit_writer& writer, text_range part, content_kind kind) {
  switch (kind) {
  case content_kind::code:
    return split_code(writer, part);
  case content_kind::log:
    return split_log(writer, part);
  case content_kind::json:
    return split_json(writer, part);
  case content_kind::table: {
    uint32_t columns = 0;
    const auto delimiter = find_delimiter(writer.text(), part, count_lines(writer.text(), part, 128), columns);
    return split_table(writer, part, delimiter == 0 ? '\t' : delimiter);
  }
  default:
    return split_prose(writer, part);
  }
}

} // namespace

void split_mixed(unit_writer& writer, text_range part) {
  text_range run{part.begin, part.begin}; // blocks of one kind in a row go together: a heading sees what follows it
  auto kind = content_kind::prose;
  for (auto at = part.begin; at < part.end;) {
    const auto block = next_block(writer.text(), at, part.end);
    if (block.size() == 0)
      break;
    at = block.end;
    const auto found = block_kind(writer.text(), block);
    const bool joins = found == kind && found != content_kind::json && found != content_kind::table;
    if (!joins && run.size() > 0) {
      split_as(writer, run, kind);
      run.begin = block.begin;
    }
    kind = found;
    run.end = block.end;
  }
  if (run.size() > 0)
    split_as(writer, run, kind);
}

} // namespace weft
