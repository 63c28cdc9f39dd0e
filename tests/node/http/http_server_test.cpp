#include "node/http/http_server.hpp"
#include "tests/support/tcp_client.hpp"

#include <doctest/doctest.h>

#include <vector>

using weft::test::http_exchange;
using weft::test::http_get;
using weft::test::tcp_client;

namespace {

std::unique_ptr<weft::http_server> start(weft::http_options options = {}) {
  auto server =
      weft::http_server::start(options, {{"/hello", [] { return weft::http_reply{.body = "hello\n"}; }},
                                         {"/busy", [] { return weft::http_reply{.status = 503, .body = "busy\n"}; }},
                                         {"/broken", []() -> weft::http_reply { throw std::runtime_error("oh"); }}});
  REQUIRE_MESSAGE(server, (server ? "" : server.error().message));
  return std::move(*server);
}

std::string body_of(const std::string& answer) {
  const auto end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

std::string request(std::string line, std::string rest = "") {
  return line + " HTTP/1.1\r\nHost: x\r\nConnection: close\r\n" + rest + "\r\n";
}

} // namespace

TEST_CASE("pages are served with their status, type and length") {
  const auto server = start();
  const auto answer = http_get(server->port(), "/hello");
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.find("Content-Type: text/plain; charset=utf-8\r\n") != std::string::npos);
  CHECK(answer.find("Content-Length: 6\r\n") != std::string::npos);
  CHECK(body_of(answer) == "hello\n");
  CHECK(http_get(server->port(), "/busy").starts_with("HTTP/1.1 503 "));
  CHECK(http_get(server->port(), "/hello?a=b").starts_with("HTTP/1.1 200 "));
}

TEST_CASE("what is not a GET or HEAD of a page is answered with the right status") {
  const auto server = start();
  for (const auto& [sent, wanted] : std::vector<std::pair<std::string, std::string>>{
           {request("GET /"), "404"},
           {request("GET /hello/"), "404"},
           {request("POST /nothing"), "404"},
           {request("POST /hello"), "405"},
           {request("DELETE /hello"), "405"},
           {request("POST /hello", "Content-Length: 5\r\n") + "12345", "413"},
           {request("GET /hello", "X: " + std::string(20'000, 'x') + "\r\n"), "431"},
           {request("GET /broken"), "500"},
           {"not http\r\n\r\n", "400"},
           {std::string(100, '\0') + "\r\n\r\n", "400"}}) {
    CAPTURE(sent.substr(0, 40));
    const auto answer = http_exchange(server->port(), sent);
    CHECK_MESSAGE(answer.starts_with("HTTP/1.1 " + wanted), answer.substr(0, 80));
  }
  CHECK(http_exchange(server->port(), request("POST /hello")).find("Allow: GET, HEAD\r\n") != std::string::npos);
  CHECK(body_of(http_get(server->port(), "/x")) == "no such page; there are: /broken /busy /hello\n");
  CHECK(http_get(server->port(), "/hello").starts_with("HTTP/1.1 200")); // it lives on
}

TEST_CASE("HEAD has the header of GET and no body") {
  const auto server = start();
  const auto answer = http_exchange(server->port(), request("HEAD /hello"));
  CHECK(answer.starts_with("HTTP/1.1 200 OK\r\n"));
  CHECK(answer.find("Content-Length: 6\r\n") != std::string::npos);
  CHECK(body_of(answer).empty());
}

TEST_CASE("a connection is kept for further requests, also after HEAD") {
  const auto server = start();
  const tcp_client client{server->port()};
  for (int i = 0; i < 3; ++i) {
    client.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.receive("hello\n").starts_with("HTTP/1.1 200"));
    client.send("HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(body_of(client.receive("\r\n\r\n")).empty());
  }
}

TEST_CASE("connections beyond the limit are answered 503, and room is made again") {
  const auto server = start({.connections_max = 2});
  {
    const tcp_client first{server->port()};
    const tcp_client second{server->port()};
    // Both are accepted for sure once they have been answered.
    for (const auto* client : {&first, &second}) {
      client->send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
      CHECK(client->receive("hello\n").starts_with("HTTP/1.1 200"));
    }
    CHECK(tcp_client{server->port()}.receive().starts_with("HTTP/1.1 503"));
  }
  // The server sees the two close in its own time, so ask until it has.
  std::string answer;
  while (!answer.starts_with("HTTP/1.1 200"))
    answer = http_get(server->port(), "/hello");
  CHECK(body_of(answer) == "hello\n");
}

TEST_CASE("a client that says nothing, or only half, is let go after the idle limit") {
  const auto server = start({.idle_max = std::chrono::milliseconds{30}});
  for (const auto* said : {"", "GET /hel"}) {
    const tcp_client client{server->port()};
    client.send(said);
    CHECK(client.receive().empty());
  }
}

TEST_CASE("a port in use is a failure that names the address") {
  const auto server = start();
  const auto second = weft::http_server::start({.port = server->port()}, {});
  REQUIRE_FALSE(second);
  CHECK(second.error().message == "127.0.0.1:" + std::to_string(server->port()) + ": Address already in use");
}

TEST_CASE("a host that is no address is a failure") {
  CHECK_FALSE(weft::http_server::start({.host = "not.a.host.invalid"}, {}));
}

TEST_CASE("the server stops with connections open") {
  auto server = start();
  const tcp_client client{server->port()};
  client.send("GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
  CHECK(client.receive("hello\n").starts_with("HTTP/1.1 200"));
  server.reset();
  CHECK(client.receive().empty());
}
