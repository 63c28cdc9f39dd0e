#include "tests/tools/weft/compress_commands.hpp"
#include "tests/tools/weft/fake_node.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace weft;
using namespace weft::test;

namespace {

/// 24 texts of 100 lines of 8 bytes.
std::vector<std::string> many_texts() {
  std::string text;
  for (int line = 0; line < 100; ++line)
    text += "a line.\n";
  std::vector<std::string> out;
  for (int i = 0; i < 24; ++i)
    out.insert(out.end(), {"--text", text});
  return out;
}

} // namespace

TEST_CASE("texts with many vectors come in as many calls as their replies need") {
  // 800 vectors a text are all that a text of 800 bytes may have: of 4 KiB in float32, and the 2 KiB that a node sets
  // aside for each where they are smaller.
  for (const auto& [arguments, calls] : {std::pair<std::vector<std::string>, uint64_t>{{}, 1},
                                         {{"--mega-tokens", "16", "-o", "json"}, 1},
                                         {{"--mega-tokens", "1024", "-o", "json"}, 2},
                                         {{"--mega-tokens", "1024", "--encoding", "int8", "-o", "json"}, 1}}) {
    CAPTURE(calls);
    fake_compressor node;
    auto all = many_texts();
    all.insert(all.end(), arguments.begin(), arguments.end());
    const auto r = compress(node, all);
    CHECK(r.exit == 0);
    CHECK(r.err.empty());
    CHECK(node.calls() == calls);
    if (!arguments.empty())
      CHECK(std::count(r.out.begin(), r.out.end(), '\n') == 24);
  }
}

TEST_CASE("where a call is too large after all, what to change is said in the options that were given") {
  fake_compressor node{{.refuse = refusal(grpc::StatusCode::INVALID_ARGUMENT, "CALL_TOO_LARGE", "because")}};
  for (const auto& [arguments, advice] :
       {std::pair<std::vector<std::string>, const char*>{{}, "in smaller files, or take it as a stream: --stream."},
        {{"--mega-tokens", "512", "-o", "json"},
         "fewer vectors than --mega-tokens 512, or for smaller ones with --encoding int8, or"},
        {{"--mega-tokens", "512", "--encoding", "binary", "-o", "json"},
         "fewer vectors than --mega-tokens 512, or give"},
        {{"--document", std::string(64, 'a'), "--mega-tokens", "512", "-o", "json"},
         "fewer vectors than --mega-tokens 512"}}) {
    CAPTURE(advice);
    const auto r = compress(node, arguments, "text\n");
    CHECK(r.exit == 1);
    CHECK_MESSAGE(has(r.err, std::string{"because [CALL_TOO_LARGE]\n"}), r.err);
    CHECK_MESSAGE(has(r.err, advice), r.err);
  }
}
