#include "tests/tools/weft/compress_commands.hpp"
#include "tests/tools/weft/fake_node.hpp"
#include "tests/tools/weft/scratch_file.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <tuple>

using namespace weft;
using namespace weft::test;
using nlohmann::json;

namespace {

/// So many lines of ten bytes, numbered.
std::string lines_of_ten(size_t count) {
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    const std::string number = std::to_string(i);
    out += "l" + std::string(8 - number.size(), '.') + number + "\n";
  }
  return out;
}

const std::string text = lines_of_ten(80);

} // namespace

TEST_CASE("compress prints the compressed text and nothing else, at a ratio of 8 unless told otherwise") {
  fake_compressor node;
  const scratch_file file{text};
  const auto r = compress(node, {file.path()});
  CHECK(r.exit == 0);
  CHECK(r.out == text.substr(0, 100));
  CHECK(r.err.empty());
  CHECK(compress(node, {}, text).out == text.substr(0, 100));
  CHECK(compress(node, {"--text", text, "--tokens", "20"}).out == text.substr(0, 20));
  CHECK(compress(node, {"--ratio", "2.5", "-"}, text).out == text.substr(0, 320));
  const auto wide = compress(node, {"-o", "wide"}, text);
  CHECK(wide.out == text.substr(0, 100));
  CHECK(wide.err == "weft: stdin: 800 → 100 WordPiece tokens (8.00×), prose, semantic, 10 of 80 units, coverage 0.80, "
                    "fidelity 0.90\n");
}

TEST_CASE("compress passes its options on") {
  fake_compressor node;
  CHECK(compress(node, {"--model",    "m",      "--ratio",   "4",    "--strategy",    "hierarchical",
                        "--counter",  "bytes",  "--query",   "who?", "--keep",        "names,numbers,names",
                        "--pattern",  "a{1,2}", "--pattern", "b",    "--mega-tokens", "2",
                        "--encoding", "int8",   "-o",        "json"},
                 text)
            .exit == 0);
  const auto request = node.last_request();
  const auto& options = request.options();
  CHECK(request.model() == "m");
  CHECK(request.texts(0) == text);
  CHECK(options.ratio() == 4);
  CHECK_FALSE(options.has_tokens());
  CHECK(options.strategy() == v1::COMPRESS_STRATEGY_HIERARCHICAL);
  CHECK(options.counter() == v1::TOKEN_COUNTER_BYTES);
  CHECK(options.query() == "who?");
  REQUIRE(options.keep_size() == 2);
  CHECK(options.keep(0) == v1::KEEP_KIND_NAMES);
  CHECK(options.keep(1) == v1::KEEP_KIND_NUMBERS);
  REQUIRE(options.patterns_size() == 2);
  CHECK(options.patterns(0) == "a{1,2}");
  CHECK(options.mega_tokens() == 2);
  CHECK(options.encoding() == v1::VECTOR_ENCODING_INT8);
}

TEST_CASE("JSON has text and report, one object a text") {
  fake_compressor node;
  const auto object = objects_of(compress(node, {"-o", "json", "--mega-tokens", "1"}, text).out).at(0);
  CHECK(object["index"] == 0);
  CHECK(object["name"] == "stdin");
  CHECK(object["text"] == text.substr(0, 100));
  CHECK(object["ratio"] == 8);
  CHECK(object["source_tokens"] == 800);
  CHECK(object["output_tokens"] == 100);
  CHECK(object["target_tokens"] == 100);
  CHECK(object["counter"] == "wordpiece");
  CHECK(object["strategy"] == "semantic");
  CHECK(object["policy_version"] == "1");
  CHECK(object["content"] == "prose");
  CHECK(object["coverage"] == 0.8);
  CHECK(object["fidelity"] == 0.9);
  CHECK(object["units"] == 80);
  CHECK(object["units_kept"] == 10);
  CHECK(object["profile"]["language"] == "en");
  CHECK(object["kept"].size() == 10);
  CHECK(object["kept"][9] == json{90, 100});
  CHECK(object["mega_tokens"] == json::parse(R"([{"weight":1.0,"vector":[0.1,-0.25],"spans":[[0,800]]}])"));
  CHECK(object["timing"]["embed_ms"] == 23.4);
  CHECK(object["source"] == "computed");
  CHECK(object["model"] == "fake");
  const auto packed =
      objects_of(compress(node, {"-o", "json", "--mega-tokens", "1", "--encoding", "int8"}, text).out).at(0);
  CHECK(packed["mega_tokens"] == json::parse(R"([{"weight":1.0,"packed":"f4EAAQ==","scale":0.5,"spans":[[0,800]]}])"));
  const auto unmeasured = objects_of(compress(node, {"-o", "json", "--strategy", "frequency"}, text).out).at(0);
  CHECK(unmeasured["coverage"].is_null());
  CHECK(unmeasured["fidelity"].is_null());
  CHECK(unmeasured["mega_tokens"].empty());
}

TEST_CASE("templates come with their counts, as arrays beside the places and in words") {
  fake_compressor node;
  const auto counts = json{71, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  for (const bool streams : {false, true}) {
    std::vector<std::string> arguments{"-o", "json", "--strategy", "template"};
    if (streams)
      arguments.push_back("--stream");
    CHECK(objects_of(compress(node, arguments, text).out).at(0)["stands_for"] == counts);
  }
  CHECK(objects_of(compress(node, {"-o", "json"}, text).out).at(0)["stands_for"] == json::array());
  CHECK(has(compress(node, {"-o", "yaml", "--strategy", "template"}, text).out, "\n  stands_for: [71,1,1,"));
  const auto explained = compress(node, {"--explain", "--strategy", "template"}, text).out;
  CHECK_MESSAGE(has(explained, "             71 × l.......0"), explained);
  CHECK_FALSE(has(explained, " 1 × "));
}

TEST_CASE("the other outputs are what they say") {
  fake_compressor node;
  CHECK(compress(node, {"-o", "name"}, text).out == "stdin\n");
  const auto yaml = compress(node, {"-o", "yaml"}, text).out;
  CHECK(yaml.starts_with("- index: 0\n  name: stdin\n  text: \"l.......0\\nl"));
  CHECK(has(yaml, "\n  strategy: semantic\n"));
  CHECK(has(yaml, "\n  kept: [[0,10],[10,20]"));
}

TEST_CASE("several texts are told apart, and more than a call takes come in order") {
  fake_compressor node;
  const scratch_file one{text};
  const scratch_file other{"short\nand long\n"};
  const auto r = compress(node, {"--ratio", "2", one.path(), other.path()});
  CHECK(r.exit == 0);
  CHECK(r.out == "==> " + one.path() + " <==\n" + text.substr(0, 400) + "\n==> " + other.path() + " <==\nshort\n");
  std::vector<std::string> many{"-o", "json"};
  for (int i = 0; i < 150; ++i)
    many.insert(many.end(), {"--text", "text " + std::to_string(i) + "\n" + text});
  const auto before = node.calls();
  const auto objects = objects_of(compress(node, many).out);
  CHECK(node.calls() == before + 3);
  REQUIRE(objects.size() == 150);
  for (size_t i = 0; i < objects.size(); ++i) {
    CHECK(objects[i]["index"] == i);
    CHECK(objects[i]["name"] == "--text " + std::to_string(i + 1));
    CHECK(objects[i]["text"].get<std::string>().starts_with("text " + std::to_string(i) + "\n"));
  }
}

TEST_CASE("a text that fails is named with an advice, the others are printed, and the exit code says so") {
  fake_compressor node;
  const scratch_file fails{"FAIL\n"};
  const scratch_file binary{std::string{"\x7f"
                                        "ELF\0\xff\xfe",
                                        7}};
  const scratch_file latin{"caf\xe9\n"};
  const std::vector<std::string> files{fails.path(), binary.path(), latin.path(), "-"};
  const auto r = compress(node, files, text);
  CHECK(r.exit == 1);
  CHECK(r.out == "==> stdin <==\n" + text.substr(0, 100));
  CHECK(has(r.err,
            "weft: " + fails.path() + ": the smallest line has 70 tokens [BUDGET_UNREACHABLE]\n      Ask for more"));
  CHECK(has(r.err, binary.path() + ": it is binary data, no text [NOT_TEXT]\n      Convert it"));
  CHECK(has(r.err, latin.path() + ": the text is not valid UTF-8 at its byte 3 [INVALID_UTF8]\n      Decode"));
  CHECK(node.last_request().texts_size() == 2);
  auto with_json = files;
  with_json.insert(with_json.end(), {"-o", "json"});
  const auto objects = objects_of(compress(node, with_json, text).out);
  REQUIRE(objects.size() == 4);
  CHECK(objects[0]["error"]["reason"] == "BUDGET_UNREACHABLE");
  CHECK(objects[0]["error"]["code"] == "FAILED_PRECONDITION");
  CHECK(objects[1]["error"]["reason"] == "NOT_TEXT");
  CHECK(objects[2]["name"] == latin.path());
  CHECK(objects[3]["index"] == 3);
}

TEST_CASE("where no extract fits, the best that is possible is said in options that can be given") {
  fake_compressor node;
  const auto with_ratio = compress(node, {}, "FAIL 2\n");
  CHECK(with_ratio.exit == 1);
  CHECK(has(with_ratio.err, "      The best that is possible: --tokens 70 or --ratio 2.5. Less kept by"));
  const auto without = compress(node, {"-o", "json"}, "FAIL 1\n");
  CHECK(has(without.err, "      The best that is possible: --tokens 70. Less kept by"));
  CHECK(objects_of(without.out).at(0)["error"]["metadata"] == json{{"leastTokens", "70"}, {"bestRatio", "1.4"}});
  CHECK(has(compress(node, {"--stream"}, "FAIL 2\n").err, "possible: --ratio 2.5. Less"));
  CHECK(has(compress(node, {"--stream"}, "FAIL 1\n").err, "possible: a ratio of 1.4. Less"));
}

TEST_CASE("--explain is a report for people") {
  fake_compressor node;
  const auto r = compress(node, {"--explain", "--keep", "numbers"}, text);
  CHECK(r.exit == 0);
  for (const char* part :
       {"stdin\n", "content    prose: 1 of 1 paragraphs", "strategy   semantic: the table has it for prose",
        "policy     version 1 of the table", "800 → 100 of at most 100 WordPiece tokens", "ratio      8.00×",
        "10 of 80 units (sentences or lines), 13%; 1 of these by rule (10%), 9 by rank",
        "coverage   0.80  nearly every sentence", "fidelity   0.90  as a whole it leans", "words      0.25",
        "split 1.00 ms · embed 23.4 ms", "not a language model's; --counter llm_estimate"})
    CHECK_MESSAGE(has(r.out, part), part << "\n" << r.out);
  CHECK_FALSE(has(r.out, "l.......0"));
  const auto unmeasured = compress(node, {"--explain", "--strategy", "frequency", "--counter", "bytes"}, text).out;
  for (const char* part :
       {"policy     none: the strategy was asked for", "coverage   not measured", "of at most 100 bytes"})
    CHECK_MESSAGE(has(unmeasured, part), part);
  CHECK_FALSE(has(unmeasured, "WordPiece"));
}

TEST_CASE("a terminal gets no control characters out of a text") {
  fake_compressor node;
  const scratch_file file{"a\x1b[31mb\n\tc\n" + std::string(200, 'x') + "\n"};
  const auto arguments =
      std::vector<std::string>{"compress", "--tokens", "30", file.path(), "--endpoint", node.endpoint()};
  CHECK(run_weft({.arguments = arguments}).out == "a\x1b[31mb\n\tc\n");
  const auto shown = run_weft_on_terminal({.arguments = arguments}, "", "").out;
  CHECK(has(shown, "a [31mb\r\n\tc\r\n"));
}

TEST_CASE("a wrong command line ends with 2 before any call, and says what is wrong") {
  fake_compressor node;
  const std::string handle(64, 'a');
  const std::string patterns(9'000, 'p');
  for (const auto& [arguments, says] : std::vector<std::pair<std::vector<std::string>, const char*>>{
           {{"--ratio", "8", "--tokens", "5"}, "--ratio and --tokens both say how much is kept"},
           {{"--ratio", "1"}, "'1' is no ratio from 2 to 32"},
           {{"--ratio", "1000"}, "'1000' is no ratio from 2 to 32"},
           {{"--ratio", "nan"}, "'nan' is no ratio"},
           {{"--ratio", "8x"}, "'8x' is no ratio"},
           {{"--tokens", "0"}, "'0' is not a whole number from 1"},
           {{"--strategy", "best"}, "auto,hierarchical,semantic,frequency,template,ensemble"},
           {{"--counter", "tiktoken"}, "wordpiece,llm_estimate,bytes"},
           {{"--keep", "numbers,dates"}, "numbers,names,code"},
           {{"--pattern", ""}, "an empty one would keep everything"},
           {{"--pattern", patterns}, "9000 bytes together, more than 8192"},
           {{"--query", patterns}, "--query: it has 9000 bytes"},
           {{"--query", "\xff"}, "--query is not UTF-8"},
           {{"--mega-tokens", "1025"}, "whole number from 1 to 1024"},
           {{"--mega-tokens", "4"}, "Add -o json"},
           {{"--encoding", "int8"}, "--encoding is about the vectors of --mega-tokens"},
           {{"--mega-tokens", "4", "--encoding", "int4"}, "float32,float16,int8,binary"},
           {{"--window", "65536"}, "--window is about --stream"},
           {{"--stream", "--window", "100"}, "whole number from 16384 to 4194304"},
           {{"--stream", "--tokens", "5"}, "--stream and --tokens: each window"},
           {{"--stream", "--handle"}, "--stream and --handle"},
           {{"--stream", "--text", "x"}, "--stream and --text"},
           {{"--document", "abc"}, "'abc' is no handle: it has 64 hex digits"},
           {{"--document", handle, "--handle"}, "--document and --handle"},
           {{"--document", handle, "x"}, "--document and a text"},
           {{"--append", "x"}, "--append needs the document"},
           {{"--document", handle, "--append", "/nowhere"}, "cannot read '/nowhere'"},
           {{"/nowhere"}, "cannot read '/nowhere'"}}) {
    CAPTURE(says);
    const auto r = compress(node, arguments, text);
    CHECK(r.exit == 2);
    CHECK(r.out.empty());
    CHECK_MESSAGE(has(r.err, says), r.err);
  }
  std::vector<std::string> many;
  for (int i = 0; i < 65; ++i)
    many.insert(many.end(), {"--pattern", "x"});
  CHECK(has(compress(node, many, text).err, "65 are more than 64"));
  CHECK(node.calls() == 0);
}

TEST_CASE("a refusal ends compress with its exit code and an advice, a node that is down is skipped") {
  using code = grpc::StatusCode;
  for (auto [status, reason, exit, advice] :
       {std::tuple{code::RESOURCE_EXHAUSTED, "OVERLOADED", 7, "Try again in a moment"},
        {code::INVALID_ARGUMENT, "INVALID_ARGUMENT", 1, "Correct what"},
        {code::NOT_FOUND, "UNKNOWN_MODEL", 1, "weft node describe"}}) {
    CAPTURE(reason);
    fake_compressor node{{.refuse = refusal(status, reason, "because")}};
    for (const auto& more : {std::vector<std::string>{}, {"--stream"}}) {
      const auto r = compress(node, more, text);
      CHECK(r.exit == exit);
      CHECK(r.out.empty());
      CHECK(has(r.err, std::string{"because ["} + reason + "]"));
      CHECK(has(r.err, advice));
    }
  }
  fake_compressor up;
  const std::string endpoints = "WEFT_ENDPOINT=" + closed_endpoint() + "," + up.endpoint();
  for (const auto& arguments : {std::vector<std::string>{"compress"}, {"compress", "--stream"}})
    CHECK(run_weft({.arguments = arguments, .input = text, .environment = {endpoints}}).out == text.substr(0, 100));
  CHECK(run_weft({.arguments = {"compress", "--endpoint", closed_endpoint()}, .input = text}).exit == 3);
}
