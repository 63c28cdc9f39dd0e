#pragma once

#include "tools/weft/output.hpp"
#include "tools/weft/text_source.hpp"
#include "weft/v1/compress.pb.h"

#include <cstdint>
#include <string>

namespace weft::cli {

/// What became of one text, or of one window of a stream. Valid during the call only.
struct compressed_text {
  uint64_t index = 0;                         ///< of the text in the whole input; of a stream: of the window
  std::string name{};                         ///< the file, "stdin", "--text 1"; "": it has none
  std::string handle{};                       ///< of its document; "": it is none
  const v1::SourceSpan* window = nullptr;     ///< of a stream: its place there
  const v1::Compressed* compressed = nullptr; ///< null: it failed
  const text_problem* trouble = nullptr;      ///< why
  const v1::ResultInfo* info = nullptr;       ///< of its call
};

/// The names that scripts rely on: {"index","name","text","ratio","source_tokens","output_tokens","strategy",…}, or
/// {"index","name","error"}; one object with its line end.
std::string to_json_line(const compressed_text& x);
/// The same as an entry of a list.
std::string to_yaml_entry(const compressed_text& x);

} // namespace weft::cli
