#include "tests/tools/weft/fake_node.hpp"
#include "tests/tools/weft/run_weft.hpp"
#include "tests/tools/weft/scratch_file.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <sstream>

using namespace weft;
using namespace weft::test;
using nlohmann::json;

namespace {

std::vector<json> lines_of(const std::string& out) {
  std::vector<json> lines;
  std::istringstream in{out};
  for (std::string line; std::getline(in, line);)
    lines.push_back(json::parse(line));
  return lines;
}

ended embed(const std::string& endpoints, std::vector<std::string> more, const std::string& input = {}) {
  more.insert(more.begin(), "embed");
  return run_weft({.arguments = std::move(more), .input = input, .environment = {"WEFT_ENDPOINT=" + endpoints}});
}

} // namespace

TEST_CASE("embed prints one JSON object a text, in order") {
  fake_node node;
  const auto r = embed(node.endpoint(), {"-o", "json", "--text", "one text", "-"}, "a line\n\nLONG\n");
  CHECK(r.exit == 0);
  CHECK(r.err.empty());
  const auto lines = lines_of(r.out);
  REQUIRE(lines.size() == 4);
  for (size_t i = 0; i < lines.size(); ++i) {
    CHECK(lines[i]["index"] == i);
    CHECK(lines[i]["source"] == "computed");
    CHECK(lines[i]["embedding"].get<std::vector<float>>() == fake_node::fake_vector(node.texts()[i]));
  }
  CHECK(lines[0]["tokens"] == 4);
  CHECK_FALSE(lines[0].contains("truncated"));
  CHECK(lines[3]["truncated"] == true);
  CHECK(node.texts() == std::vector<std::string>{"one text", "a line", "", "LONG"});
}

TEST_CASE("embed passes its options on with the first message") {
  fake_node node;
  CHECK(embed(node.endpoint(), {"--text", "x", "--model", "m", "--no-normalize", "--no-truncate", "--cut", "left"})
            .exit == 0);
  const auto first = node.first_message();
  CHECK(first.model() == "m");
  CHECK_FALSE(first.options().normalize());
  CHECK_FALSE(first.options().truncate());
  CHECK(first.options().truncation_side() == v1::TRUNCATION_SIDE_LEFT);
}

TEST_CASE("embed writes vectors in the encoding that is asked for") {
  fake_node node;
  const auto plain =
      lines_of(embed(node.endpoint(), {"--text", "abc", "-o", "json", "--encoding", "float32"}).out).at(0);
  CHECK(plain["embedding"] == json{0, 1, 1, 1});
  const auto quarter =
      lines_of(embed(node.endpoint(), {"--text", "abc", "-o", "json", "--encoding", "int8"}).out).at(0);
  CHECK(node.first_message().options().encoding() == v1::VECTOR_ENCODING_INT8);
  CHECK(quarter == json{{"index", 0},
                        {"tokens", 3},
                        {"source", "computed"},
                        {"encoding", "int8"},
                        {"packed", "AAEBAQ=="},
                        {"scale", 0.5}});
  const auto bits = lines_of(embed(node.endpoint(), {"--text", "abc", "-o", "json", "--encoding", "binary"}).out).at(0);
  CHECK(bits["encoding"] == "binary");
  CHECK_FALSE(bits.contains("scale"));
  CHECK(embed(node.endpoint(), {"--text", "abc", "-o", "yaml", "--encoding", "float16"}).out ==
        "- index: 0\n  tokens: 3\n  source: computed\n  encoding: \"float16\"\n  packed: \"AAEBAQ==\"\n");
  CHECK(embed(node.endpoint(), {"--text", "abc", "--encoding", "int8"}).out.find("int8, 4 B") != std::string::npos);
  const auto wrong = embed(node.endpoint(), {"--text", "abc", "--encoding", "int4"});
  CHECK(wrong.exit == 2);
  CHECK(wrong.err.find("float32,float16,int8,binary") != std::string::npos);
}

TEST_CASE("bad texts fail alone, are named, and the exit code says so") {
  fake_node node;
  const auto r = embed(node.endpoint(), {"-o", "json"}, "good\nbad \xff byte\nFAIL\nlast\n");
  CHECK(r.exit == 1);
  const auto lines = lines_of(r.out);
  REQUIRE(lines.size() == 4);
  CHECK(lines[1]["index"] == 1);
  CHECK(lines[1]["error"]["reason"] == "INVALID_UTF8");
  CHECK(lines[1]["error"]["code"] == "INVALID_ARGUMENT");
  CHECK(lines[2]["error"]["reason"] == "TEXT_TOO_LONG");
  CHECK(lines[3].contains("embedding"));
  CHECK(r.err.find("weft: stdin:2: the text is not valid UTF-8 at its byte 4 [INVALID_UTF8]") != std::string::npos);
  CHECK(r.err.find("weft: stdin:3: the text has 300 tokens [TEXT_TOO_LONG]") != std::string::npos);
  CHECK(node.texts() == std::vector<std::string>{"good", "FAIL", "last"});
}

TEST_CASE("more bad lines than the window holds are no reason to hang") {
  fake_node node;
  std::string input;
  for (int i = 0; i < 10000; ++i)
    input += "\xff\n";
  const auto r = embed(node.endpoint(), {"-o", "json"}, input + "good\n");
  CHECK(r.exit == 1);
  CHECK(lines_of(r.out).size() == 10001);
  CHECK(r.err.find("and 9 990 texts more") != std::string::npos);
}

TEST_CASE("many texts stay in order through a small window") {
  fake_node node;
  std::string input;
  for (int i = 0; i < 20000; ++i)
    input += "text number " + std::to_string(i) + "\n";
  const auto r = embed(node.endpoint(), {"-o", "json"}, input);
  CHECK(r.exit == 0);
  const auto lines = lines_of(r.out);
  REQUIRE(lines.size() == 20000);
  for (size_t i = 0; i < lines.size(); i += 997)
    CHECK(lines[i]["embedding"].get<std::vector<float>>() ==
          fake_node::fake_vector("text number " + std::to_string(i)));
}

TEST_CASE("the table is a summary, and not coloured in a pipe") {
  fake_node node;
  std::string input;
  for (int i = 0; i < 30; ++i)
    input += "line " + std::to_string(i) + "\n";
  const auto r = embed(node.endpoint(), {}, input);
  CHECK(r.exit == 0);
  for (const char* part : {"INDEX", "line 9", "and 20 more", "30 texts, 120 tokens in", "computed 30",
                           "fake 0123456789ab fp32, 4 dimensions"})
    CHECK_MESSAGE(r.out.find(part) != std::string::npos, part);
  CHECK(r.out.find("line 10") == std::string::npos);
  CHECK(r.out.find('\x1b') == std::string::npos);
}

TEST_CASE("other outputs are what they say") {
  fake_node node;
  CHECK(embed(node.endpoint(), {"-o", "name"}, "a\nb\n").out == "stdin:1\nstdin:2\n");
  CHECK(embed(node.endpoint(), {"-o", "yaml", "--text", "d"}).out ==
        "- index: 0\n  tokens: 3\n  source: computed\n  embedding: [1,0,0,0]\n");
  CHECK(embed(node.endpoint(), {"-o", "wide"}, "a\nb\n").out.find("stdin:2  b") != std::string::npos);
}

TEST_CASE("no input asks no node") {
  const auto r = embed(closed_endpoint(), {"-o", "json"}, "");
  CHECK(r.exit == 0);
  CHECK(r.out.empty());
}

TEST_CASE("a lost node is replaced by the next endpoint, and nothing is lost or doubled") {
  fake_node first{{.lost_after = 3}};
  fake_node second;
  std::string input;
  for (int i = 0; i < 10; ++i)
    input += "t" + std::to_string(i) + "\n";
  const auto r = embed(first.endpoint() + "," + second.endpoint(), {"-o", "json"}, input);
  CHECK(r.exit == 0);
  const auto lines = lines_of(r.out);
  REQUIRE(lines.size() == 10);
  for (size_t i = 0; i < 10; ++i)
    CHECK(lines[i]["embedding"].get<std::vector<float>>() == fake_node::fake_vector("t" + std::to_string(i)));
  CHECK(second.texts().front() == "t3");
}

TEST_CASE("vectors of two precisions never end up in one output") {
  fake_node first{{.lost_after = 3}};
  fake_node second{{.precision = "bf16"}};
  const auto r = embed(first.endpoint() + "," + second.endpoint(), {"-o", "json"}, "1\n2\n3\n4\n5\n");
  CHECK(r.exit == 1);
  CHECK(lines_of(r.out).size() == 3);
  CHECK(r.err.find("computes in bf16 instead of fp32") != std::string::npos);
}

TEST_CASE("vectors of two models never end up in one output") {
  fake_node first{{.lost_after = 3}};
  fake_node second{{.model_version = "ffffffffffff"}};
  const auto r = embed(first.endpoint() + "," + second.endpoint(), {"-o", "json"}, "1\n2\n3\n4\n5\n");
  CHECK(r.exit == 1);
  CHECK(lines_of(r.out).size() == 3);
  CHECK(r.err.find("another model") != std::string::npos);
}

TEST_CASE("an endpoint that is down is skipped") {
  fake_node node;
  CHECK(embed(closed_endpoint() + "," + node.endpoint(), {"--text", "x"}).exit == 0);
}

TEST_CASE("a node that gives up again and again ends the command") {
  fake_node node{{.lost_after = 0}};
  const auto r = embed(node.endpoint(), {"--text", "x"});
  CHECK(r.exit == 3);
  CHECK(node.calls() == 3);
  CHECK(r.err.find("lost the connection to " + node.endpoint()) != std::string::npos);
}

TEST_CASE("a refusal ends embed with its exit code, its reason and an advice") {
  using code = grpc::StatusCode;
  for (auto [status, reason, exit, advice] :
       {std::tuple{code::RESOURCE_EXHAUSTED, "OVERLOADED", 7, "Try again in a moment"},
        {code::PERMISSION_DENIED, "PERMISSION_DENIED", 5, "whose role allows"},
        {code::NOT_FOUND, "UNKNOWN_MODEL", 1, "weft node describe"},
        {code::DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED", 6, "--timeout"}}) {
    CAPTURE(reason);
    fake_node node{{.refuse = refusal(status, reason, "because")}};
    const auto r = embed(node.endpoint(), {"--text", "x"});
    CHECK(r.exit == exit);
    CHECK(node.calls() == 1); // only UNAVAILABLE is tried again
    CHECK(r.err.find(std::string{"because ["} + reason + "]") != std::string::npos);
    CHECK(r.err.find(advice) != std::string::npos);
    CHECK(r.err.find("(request req-7)") != std::string::npos);
  }
}

TEST_CASE("a node that drains for a moment is asked again, unless it forbids that") {
  const auto draining = refusal(grpc::StatusCode::UNAVAILABLE, "DRAINING", "going down");
  fake_node moment{{.refuse = draining, .refusals = 1, .pushback = "5"}};
  CHECK(embed(moment.endpoint(), {"--text", "x"}).exit == 0);
  CHECK(moment.calls() == 2);
  fake_node never{{.refuse = draining, .pushback = "-1"}};
  CHECK(embed(never.endpoint(), {"--text", "x"}).exit == 4);
  CHECK(never.calls() == 1);
}

TEST_CASE("a node that does not answer meets the timeout") {
  fake_node node{{.silent = true}};
  const auto r = embed(node.endpoint(), {"--text", "x", "--timeout", "300ms"});
  CHECK(r.exit == 6);
  CHECK(r.err.find("did not answer in time") != std::string::npos);
}

TEST_CASE("a reader that went away ends embed quietly") {
  fake_node node;
  std::string input;
  for (int i = 0; i < 50000; ++i)
    input += "text number " + std::to_string(i) + "\n";
  const auto r = run_weft({.arguments = {"embed", "-o", "json"},
                           .input = input,
                           .environment = {"WEFT_ENDPOINT=" + node.endpoint()},
                           .out_bytes_max = 1000});
  CHECK(r.exit == 0);
  CHECK(r.err.empty());
}

TEST_CASE("the API key comes from the environment, a file or an option") {
  fake_node node{{.api_key = "secret-1"}};
  const scratch_file file{"secret-1\n"};
  const auto denied = embed(node.endpoint(), {"--text", "x"});
  CHECK(denied.exit == 5);
  CHECK(denied.err.find("WEFT_API_KEY") != std::string::npos);
  CHECK(embed(node.endpoint(), {"--text", "x", "--api-key-file", file.path()}).exit == 0);
  CHECK(embed(node.endpoint(), {"--text", "x", "--api-key", "secret-1"}).exit == 0);
  CHECK(run_weft({.arguments = {"embed", "--text", "x", "--endpoint", node.endpoint()},
                  .environment = {"WEFT_API_KEY=secret-1"}})
            .exit == 0);
  CHECK(embed(node.endpoint(), {"--text", "x", "--api-key-file", "/nowhere"}).exit == 2);
}
