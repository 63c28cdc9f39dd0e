#pragma once

#include "weft/v1/compress.pb.h"
#include "weft/v1/embed.pb.h"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft::cli {

// The words of options and outputs for the API's enums. A value of a later version is "other", an unset one "unknown".

std::string_view name_of(v1::Source source);
std::string_view name_of(v1::VectorEncoding encoding);
std::string_view name_of(v1::CompressStrategy strategy);
std::string_view name_of(v1::TokenCounter counter);
std::string_view name_of(v1::KeepKind kind);
std::string_view name_of(v1::ContentKind kind);

// The opposite; unset for another word.
std::optional<v1::VectorEncoding> parse_encoding(std::string_view name);
std::optional<v1::CompressStrategy> parse_strategy(std::string_view name);
std::optional<v1::TokenCounter> parse_counter(std::string_view name);
std::optional<v1::KeepKind> parse_keep(std::string_view name);

// What an option takes, in the order of its help.
std::vector<std::string> encoding_words();
std::vector<std::string> strategy_words();
std::vector<std::string> counter_words();
std::vector<std::string> keep_words();

} // namespace weft::cli
