#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace weft::test {

/// A string of mixed scripts, marks, ideographs, emoji, private use, controls, over-long words and special tokens; the
/// same as tools/golden/tokenizer_corpus.py makes. Valid UTF-8.
std::string fuzz_string(uint64_t index, const std::vector<std::string_view>& tokens);

} // namespace weft::test
