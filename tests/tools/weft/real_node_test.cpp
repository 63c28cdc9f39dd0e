#include "tests/node/grpc/certificates.hpp"
#include "tests/tools/weft/run_weft.hpp"
#include "tests/tools/weft/running_weftd.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

#include <cmath>
#include <sstream>

using namespace weft::test;
using nlohmann::json;

namespace {

ended weft_at(const std::string& endpoint, std::vector<std::string> arguments, const std::string& input = {}) {
  arguments.insert(arguments.end(), {"--endpoint", endpoint});
  return run_weft({.arguments = std::move(arguments), .input = input});
}

} // namespace

TEST_CASE("the programs work together") {
  running_weftd node;
  CHECK(weft_at(node.endpoint(), {"health", "--wait", "--timeout", "60s"}).exit == 0);

  SUBCASE("a known text has its known vector") {
    const auto r = weft_at(node.endpoint(), {"embed", "-o", "json", "--text", "This is an example sentence"});
    REQUIRE(r.exit == 0);
    const auto answer = json::parse(r.out);
    CHECK(answer["tokens"] == 7);
    const auto vector = answer["embedding"].get<std::vector<float>>();
    REQUIRE(vector.size() == 384);
    const double dot = vector[0] * 0.06765693 + vector[1] * 0.06349593 + vector[2] * 0.04871314;
    CHECK(dot == doctest::Approx(0.01098206).epsilon(0.01));
  }
  SUBCASE("many texts of a stream are all answered, the bad ones by name") {
    std::string input;
    for (int i = 0; i < 500; ++i)
      input += "sentence number " + std::to_string(i) + (i == 250 ? "\xff\n" : "\n");
    const auto r = weft_at(node.endpoint(), {"embed", "-o", "json", "--timeout", "100s"}, input);
    CHECK(r.exit == 1);
    std::istringstream lines{r.out};
    size_t index = 0;
    for (std::string line; std::getline(lines, line); ++index) {
      const auto answer = json::parse(line);
      CHECK(answer["index"] == index);
      CHECK(answer.contains(index == 250 ? "error" : "embedding"));
    }
    CHECK(index == 500);
  }
  SUBCASE("the paragraph that answers the question comes first") {
    const auto r =
        weft_at(node.endpoint(), {"rank", "--query", "Which animal barks?", "-o", "name", "-"},
                "Bread is baked in an oven.\n\nThe dog next door is loud at night.\n\nStocks fell on Monday.\n");
    CHECK(r.exit == 0);
    CHECK(r.out.starts_with("stdin:3\n"));
  }
  SUBCASE("the same paragraph comes first by codes of the vectors") {
    for (const auto& how :
         {std::vector<std::string>{"int8"}, {"binary"}, {"binary", "--rescore", "0"}, {"binary", "--center"}}) {
      std::vector<std::string> arguments{"rank", "--query", "Which animal barks?", "-n", "1", "-", "--encoding"};
      arguments.insert(arguments.end(), how.begin(), how.end());
      const auto r =
          weft_at(node.endpoint(), arguments,
                  "Bread is baked in an oven.\n\nThe dog next door is loud at night.\n\nStocks fell on Monday.\n");
      CHECK(r.exit == 0);
      CHECK_MESSAGE(r.out.find("  stdin:3  ") != std::string::npos, r.out);
      CHECK_MESSAGE(r.out.find(": 1 of 1 result found by full vectors too") != std::string::npos, r.out);
    }
  }
  SUBCASE("a model that is not there is named") {
    const auto r = weft_at(node.endpoint(), {"embed", "--text", "x", "--model", "no-such-model"});
    CHECK(r.exit == 1);
    CHECK(r.err.find("UNKNOWN_MODEL") != std::string::npos);
  }
  SUBCASE("the node shows what it did") {
    CHECK(weft_at(node.endpoint(), {"embed", "--text", "x"}).exit == 0);
    // What a node says of itself is up to half a second old.
    json described;
    do
      described = json::parse(weft_at(node.endpoint(), {"node", "describe", "-o", "json"}).out);
    while (described["pools"][0]["items_done"] == 0);
    CHECK(described["state"] == "serving");
    CHECK(described["models"][0]["dimensions"] == 384);
    CHECK(weft_at(node.endpoint(), {"top", "-o", "json", "--count", "1", "--interval", "100ms"}).exit == 0);
  }
  CHECK(node.stop() == 0);
  CHECK(weft_at(node.endpoint(), {"health"}).exit == 3);
}

TEST_CASE("TLS and client certificates are asked for and given") {
  const certificates files;
  const auto file = [&](const char* name) { return files.path(name).string(); };
  running_weftd node{{"--set", "tls.cert=" + file("server.pem"), "--set", "tls.key=" + file("server.key"), "--set",
                      "tls.client_ca=" + file("ca.pem")}};
  const std::vector<std::string> own{"--tls-cert", file("client.pem"), "--tls-key", file("client.key")};
  const auto health = [&](std::vector<std::string> flags) {
    flags.insert(flags.begin(), "health");
    return weft_at(node.endpoint(), flags);
  };
  auto flags = own;
  flags.insert(flags.end(), {"--tls-ca", file("ca.pem"), "--wait", "--timeout", "60s"});
  CHECK(health(flags).exit == 0);
  const auto plaintext = health({"--timeout", "3s"});
  CHECK(plaintext.exit != 0);
  CHECK_MESSAGE(plaintext.err.find("--tls-ca") != std::string::npos, plaintext.err);
  CHECK(health({"--tls-ca", file("ca.pem"), "--timeout", "3s"}).exit != 0); // no certificate of its own
  flags = own;
  flags.insert(flags.end(), {"--tls-ca", file("other-ca.pem")});
  const auto other = health(flags);
  CHECK(other.exit == 3);
  CHECK_MESSAGE(other.err.find("not signed by the given CA") != std::string::npos, other.err);
}
