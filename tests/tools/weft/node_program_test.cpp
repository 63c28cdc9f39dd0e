#include "tests/tools/weft/fake_node.hpp"
#include "tests/tools/weft/run_weft.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace weft;
using namespace weft::test;
using nlohmann::json;

namespace {

ended weft_at(const std::string& endpoint, std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--endpoint", endpoint});
  return run_weft({.arguments = std::move(arguments)});
}

/// A node as others know it.
v1::Node member(const std::string& name, const std::string& endpoint, v1::NodeState state) {
  v1::Node out;
  out.set_name(name);
  out.set_id("id-" + name);
  out.set_endpoint(endpoint);
  out.set_peer_endpoint("127.0.0.1:2");
  out.set_zone("zone-b");
  out.set_state(state);
  out.set_epoch(3);
  out.mutable_load()->set_level(4);
  return out;
}

} // namespace

TEST_CASE("node list shows each node in every output") {
  fake_node node;
  const auto table = weft_at(node.endpoint(), {"node", "list"});
  CHECK(table.exit == 0);
  for (const char* part : {"NAME", "n1", "serving", "1h02m", "42", "1/2", "fake fp32"})
    CHECK_MESSAGE(table.out.find(part) != std::string::npos, part);
  CHECK(weft_at(node.endpoint(), {"node", "list", "-o", "wide"}).out.find(node.endpoint()) != std::string::npos);
  CHECK(weft_at(node.endpoint(), {"node", "list", "-o", "name"}).out == "n1\n");
  // The options of every verb may stand anywhere, and the last one counts.
  for (const std::vector<std::string>& arguments : std::vector<std::vector<std::string>>{
           {"--endpoint", node.endpoint(), "-o", "name", "node", "list"},
           {"node", "--endpoint", node.endpoint(), "-o", "name", "list"},
           {"-o", "json", "--endpoint", node.endpoint(), "node", "list", "-o", "name"}})
    CHECK(run_weft({.arguments = arguments}).out == "n1\n");
  const auto object = json::parse(weft_at(node.endpoint(), {"node", "list", "-o", "json"}).out);
  CHECK(object["state"] == "serving");
  CHECK(object["pools"][0]["queued_items"] == 42);
  CHECK(object["load"]["memory_bytes"] == 123456789);
  CHECK(weft_at(node.endpoint(), {"node", "list", "-o", "yaml"}).out.starts_with("- name: n1\n  state: serving\n"));
}

TEST_CASE("node describe shows one node, or which there are") {
  fake_node node;
  const auto page = weft_at(node.endpoint(), {"node", "describe"});
  CHECK(page.exit == 0);
  for (const char* part : {"name        n1", "state       serving", "reads 256 tokens", "2 workers (1 to 4)"})
    CHECK_MESSAGE(page.out.find(part) != std::string::npos, part);
  for (const char* part : {"cuda:0 NVIDIA H200, fp32: 1 234 567 tokens/s, 2 500 us a batch",
                           "device      cuda:0 NVIDIA H200, 150 GB, 1 engine\n", "88% used, 61 degrees Celsius\n"})
    CHECK_MESSAGE(page.out.find(part) != std::string::npos, page.out);
  const auto object = json::parse(weft_at(node.endpoint(), {"node", "describe", "-o", "json"}).out);
  CHECK(object["pools"][0]["engines"][0]["kind"] == "gpu");
  CHECK(object["devices"][0]["utilization"] == 0.875);
  CHECK(object["devices"][0]["memory_used_bytes"].is_null()); // its driver did not say
  CHECK(weft_at(node.endpoint(), {"node", "describe", "n1", "-o", "name"}).out == "n1\n");
  const auto other = weft_at(node.endpoint(), {"node", "describe", "n9"});
  CHECK(other.exit == 1);
  CHECK(other.err.find("knows no node 'n9'") != std::string::npos);
  CHECK(other.err.find("It knows: n1.") != std::string::npos);
}

TEST_CASE("of other nodes the cluster's knowledge is shown, and dashes for the rest") {
  fake_node node;
  node.know(member("n2", "127.0.0.1:1", v1::NODE_STATE_SUSPECT));
  const auto table = weft_at(node.endpoint(), {"node", "list"});
  CHECK(table.exit == 0);
  for (const char* part : {"ZONE", "PEER", "n2", "suspect", "127.0.0.1:1", "4/15", "zone-b", "-"})
    CHECK_MESSAGE(table.out.find(part) != std::string::npos, part);
  CHECK(weft_at(node.endpoint(), {"node", "list", "-o", "name"}).out == "n1\nn2\n");
  const auto page = weft_at(node.endpoint(), {"node", "describe", "n2"});
  CHECK(page.exit == 0);
  CHECK(page.out.find("epoch 3") != std::string::npos);
  CHECK(page.out.find("weft node describe --endpoint 127.0.0.1:1") != std::string::npos);
  const auto object = json::parse(weft_at(node.endpoint(), {"node", "describe", "n2", "-o", "json"}).out);
  CHECK(object["state"] == "suspect");
  CHECK(object["epoch"] == 3);
  CHECK(object["load"]["level"] == 4);
}

TEST_CASE("node drain asks the node itself, and with --wait until the others say that it has left") {
  fake_node other;
  int asked = 0;
  std::string own;
  fake_node going{{.name = "n2", .on_drain = [&] {
                     ++asked;
                     other.know(member("n2", own, v1::NODE_STATE_LEFT));
                   }}};
  own = going.endpoint();
  other.know(member("n2", own, v1::NODE_STATE_SERVING));
  const auto waited = weft_at(other.endpoint(), {"node", "drain", "n2", "--wait"});
  CHECK(waited.exit == 0);
  CHECK(waited.out == "n2 left\n");
  CHECK(asked == 1);
  CHECK(weft_at(other.endpoint(), {"node", "drain", "n2", "-o", "json"}).out ==
        "{\"node\":\"n2\",\"state\":\"left\"}\n");
  CHECK(asked == 1); // it has left already
  other.know(member("n2", own, v1::NODE_STATE_SERVING));
  CHECK(weft_at(other.endpoint(), {"node", "drain", "n2"}).out == "n2 draining\n");
  CHECK(weft_at(other.endpoint(), {"node", "drain", "n9"}).exit == 1);
  CHECK(weft_at(other.endpoint(), {"node", "drain", "n1", "--wait", "--timeout", "500ms"}).exit == 6); // it never goes
}

TEST_CASE("health tells people and scripts the state") {
  fake_node good;
  const auto serving = weft_at(good.endpoint(), {"health"});
  CHECK(serving.exit == 0);
  CHECK(serving.out == "n1 at " + good.endpoint() + " is serving\n");
  fake_node bad{{.state = v1::NODE_STATE_UNHEALTHY, .reason = "the engine failed 5 times"}};
  const auto unhealthy = weft_at(bad.endpoint(), {"health"});
  CHECK(unhealthy.exit == 4);
  CHECK(unhealthy.out == "n1 at " + bad.endpoint() + " is unhealthy: the engine failed 5 times\n");
  const auto object = json::parse(weft_at(bad.endpoint(), {"health", "-o", "json"}).out);
  CHECK(object["healthy"] == false);
  CHECK(object["state"] == "unhealthy");
}

TEST_CASE("whether a node serves is told without a key, but not why") {
  fake_node good{{.api_key = "k"}};
  const auto serving = weft_at(good.endpoint(), {"health"});
  CHECK(serving.exit == 0);
  CHECK(serving.out == good.endpoint() + " is serving\n");
  fake_node bad{{.state = v1::NODE_STATE_UNHEALTHY, .reason = "secret", .api_key = "k"}};
  const auto unhealthy = weft_at(bad.endpoint(), {"health"});
  CHECK(unhealthy.exit == 4);
  CHECK(unhealthy.out == bad.endpoint() + " is unhealthy: only an operator's key is told why\n");
}

TEST_CASE("each way of not answering has its exit code") {
  CHECK(weft_at(closed_endpoint(), {"health"}).exit == 3);
  CHECK(weft_at("no-such-host.invalid:7700", {"node", "list"}).exit == 3);
  fake_node denied{{.api_key = "k"}};
  CHECK(weft_at(denied.endpoint(), {"node", "list"}).exit == 5);
  fake_node busy{{.refuse = refusal(grpc::StatusCode::RESOURCE_EXHAUSTED, "OVERLOADED", "full")}};
  CHECK(weft_at(busy.endpoint(), {"node", "list"}).exit == 7);
  fake_node draining{{.refuse = refusal(grpc::StatusCode::UNAVAILABLE, "DRAINING", "going down")}};
  CHECK(weft_at(draining.endpoint(), {"health"}).exit == 4);
}

TEST_CASE("health --wait ends when the node serves, or says what it last heard") {
  // Two refusals, then it serves: the waiting is over with the third look.
  fake_node node{{.refuse = refusal(grpc::StatusCode::UNAVAILABLE, "MODEL_LOADING", "loading"), .refusals = 2}};
  CHECK(weft_at(node.endpoint(), {"health", "--wait", "--timeout", "30s"}).exit == 0);
  fake_node starting{{.state = v1::NODE_STATE_STARTING, .reason = "loading the model"}};
  const auto late = weft_at(starting.endpoint(), {"health", "--wait", "--timeout", "500ms"});
  CHECK(late.exit == 6);
  CHECK(late.err.find("is starting: loading the model") != std::string::npos);
  const auto nobody = weft_at(closed_endpoint(), {"health", "--wait", "--timeout", "500ms"});
  CHECK(nobody.exit == 6);
  CHECK(nobody.err.find("Connection refused") != std::string::npos);
}

TEST_CASE("a list of endpoints works while one of them answers") {
  fake_node node;
  CHECK(weft_at(closed_endpoint() + "," + node.endpoint(), {"node", "list"}).exit == 0);
  fake_node draining{{.refuse = refusal(grpc::StatusCode::UNAVAILABLE, "DRAINING", "going down")}};
  CHECK(weft_at(draining.endpoint() + "," + node.endpoint(), {"node", "list"}).exit == 0);
}

TEST_CASE("top prints one page into a pipe and objects with -o json") {
  fake_node node;
  const auto page = weft_at(node.endpoint(), {"top", "--interval", "100ms"});
  CHECK(page.exit == 0);
  CHECK(page.out.find("1 node, 1 serving") != std::string::npos);
  CHECK(page.out.find('\x1b') == std::string::npos);
  const auto objects = weft_at(node.endpoint(), {"top", "-o", "json", "--interval", "100ms", "--count", "2"});
  CHECK(objects.exit == 0);
  CHECK(std::count(objects.out.begin(), objects.out.end(), '\n') == 2);
  const auto object = json::parse(objects.out.substr(0, objects.out.find('\n')));
  CHECK(object["nodes"][0]["name"] == "n1");
  CHECK(object["rates"]["items_per_second"] > 0);
  CHECK(weft_at(closed_endpoint(), {"top"}).exit == 3);
}

TEST_CASE("top on a terminal is a screen that q closes") {
  fake_node node;
  const auto r = run_weft_on_terminal(
      {.arguments = {"top", "--interval", "100ms", "--endpoint", node.endpoint()}, .environment = {"TERM=xterm"}}, "n1",
      "q");
  CHECK(r.exit == 0);
  CHECK(r.out.find("\x1b[?1049h") != std::string::npos);
  CHECK(r.out.find("\x1b[?1049l") != std::string::npos);
  CHECK(r.out.find("\x1b[32mserving\x1b[0m") != std::string::npos);
  const auto interrupted = run_weft_on_terminal(
      {.arguments = {"top", "--endpoint", node.endpoint()}, .environment = {"TERM=xterm", "NO_COLOR=1"}}, "n1", "\x03");
  CHECK(interrupted.exit == 0);
  CHECK(interrupted.out.find("\x1b[?1049l") != std::string::npos);
  CHECK(interrupted.out.find("\x1b[32m") == std::string::npos);
}

TEST_CASE("a dumb terminal gets plain lines") {
  fake_node node;
  const auto r = run_weft_on_terminal(
      {.arguments = {"top", "--interval", "100ms", "--endpoint", node.endpoint()}, .environment = {"TERM=dumb"}}, "",
      "");
  CHECK(r.exit == 0);
  CHECK(r.out.find('\x1b') == std::string::npos);
}
