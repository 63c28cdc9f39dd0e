#pragma once

#include "runtime/compress/output.hpp"
#include "runtime/compress/parameters.hpp"
#include "tests/actors/cached_world.hpp"

#include <string>
#include <utility>

// Texts to be made short, and what became of them.
namespace weft::test {

inline constexpr auto frequency = compress_strategy::frequency;
inline constexpr auto semantic = compress_strategy::semantic;

inline std::string sentences(size_t count, const std::string& about = "bridge") {
  std::string out;
  for (size_t i = 0; i < count; ++i)
    out += "The " + about + " number " + std::to_string(i) + " crosses the river near town " +
           std::to_string(i * 7 % 13) + ". ";
  return out;
}

inline call_options to_compress(compress_strategy strategy, double ratio = 4) {
  compress_parameters wanted;
  wanted.ratio = ratio;
  wanted.strategy = strategy;
  call_options out;
  out.embed.compress = canonical_form(wanted);
  return out;
}

inline compress_output made_of(const outcome_ptr& outcome, size_t index = 0) {
  REQUIRE(outcome->answered());
  REQUIRE(outcome->code() == errc::none);
  const auto items = outcome->reply().items;
  REQUIRE(items.size() > index);
  REQUIRE(items[index].document);
  auto out = decode_compress_output(*items[index].document);
  REQUIRE(out);
  return *std::move(out);
}

} // namespace weft::test
