#include "tests/cluster/weftd_fixture.hpp"
#include "tests/support/tcp_client.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <csignal>
#include <string>
#include <tuple>

using namespace weft::test;

namespace {

bool says(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// What the module of this test does not survive (tests/node/devices/cpu_module.cpp): 75 words, [CLS] and [SEP].
std::string deadly_text() {
  std::string out;
  for (int i = 0; i < 75; ++i)
    out += "word ";
  return out;
}

std::string precision_of(running_weftd& weftd, const std::string& text) {
  const auto [status, reply] = embed(*weftd.stub, texts({text}));
  REQUIRE_MESSAGE(status.ok(), status.error_message());
  return reply.info().precision();
}

size_t count(const std::string& text, const std::string& part) {
  size_t out = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1))
    ++out;
  return out;
}

} // namespace

TEST_CASE("a node without devices says so in one line, and its CPU serves") {
  running_weftd weftd{{"--set", "devices.module=off"}};
  CHECK(precision_of(weftd, "text") != "fp16");
  weftd.process.send_signal(SIGTERM);
  CHECK(weftd.process.wait_exit() == 0);
  CHECK(count(weftd.process.errors(), "no CUDA device, the CPU serves") == 1);
}

TEST_CASE("a module that cannot be used is a warning, and the CPU serves") {
  running_weftd weftd{{"--set", "devices.module=/no/such/module.so"}};
  CHECK(precision_of(weftd, "text") != "fp16");
  weftd.process.send_signal(SIGTERM);
  CHECK(weftd.process.wait_exit() == 0);
  CHECK(count(weftd.process.errors(), "the module for devices cannot be used, the CPU serves") == 1);
}

TEST_CASE("a node computes on its devices, and stays up when it loses them one after the other") {
  running_weftd weftd{{"--set", std::string{"devices.module="} + WEFT_CPU_MODULE_FILE}};
  const auto port = weftd.process.http_port();
  const auto [first, reply] = embed(*weftd.stub, texts({"This is an example sentence"}));
  REQUIRE_MESSAGE(first.ok(), first.error_message());
  CHECK(reply.info().precision() == "fp16");
  CHECK(reply.embeddings(0).values(0) == doctest::Approx(0.06765693).epsilon(1e-4));
  CHECK(says(http_get(port, "/metrics"), "weft_device_usable{device=\"cuda:1\"} 1"));

  // It breaks one device, then the other; then there is nothing left that it could have been computed on in fp16.
  const auto broken = embed(*weftd.stub, texts({deadly_text()})).first;
  CHECK(broken.error_code() == grpc::StatusCode::UNAVAILABLE);
  CHECK(reason(broken) == "UNAVAILABLE");

  // The model is opened anew. Until the node's parts all know, calls say UNAVAILABLE, or get what the cache has in
  // fp16.
  const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds{30};
  auto [status, again] = embed(*weftd.stub, texts({"This is an example sentence"}));
  while ((!status.ok() || again.info().precision() == "fp16") && std::chrono::steady_clock::now() < give_up)
    std::tie(status, again) = embed(*weftd.stub, texts({"This is an example sentence"}));
  REQUIRE_MESSAGE(status.ok(), status.error_message());
  CHECK(again.info().precision() != "fp16");
  CHECK(again.embeddings(0).values(0) == doctest::Approx(0.06765693).epsilon(5e-2));
  CHECK(embed(*weftd.stub, texts({deadly_text()})).first.ok()); // the CPU survives it
  const auto page = http_get(port, "/metrics");
  CHECK(says(page, "weft_device_usable{device=\"cuda:0\"} 0"));
  CHECK(says(page, "weft_device_usable{device=\"cuda:1\"} 0"));
  CHECK(says(page, "weft_engine_items_total{device=\"cpu:0\"}"));
  CHECK(http_get(port, "/readyz").ends_with("serving\n"));
  weftd.process.send_signal(SIGTERM);
  CHECK(weftd.process.wait_exit() == 0);
  const auto& log = weftd.process.errors();
  CHECK(count(log, "devices serve") == 1);
  CHECK(count(log, "cuda:0 is lost") == 1);
  CHECK(count(log, "cuda:1 is lost") == 1);
}

TEST_CASE("in fp32 the CPU goes on where devices were, and no call fails") {
  running_weftd weftd{
      {"--set", std::string{"devices.module="} + WEFT_CPU_MODULE_FILE, "--set", "model.precision=fp32"}};
  CHECK(precision_of(weftd, "text") == "fp32");
  CHECK(embed(*weftd.stub, texts({deadly_text()})).first.ok()); // after both devices, on the CPU
  CHECK(precision_of(weftd, "another text") == "fp32");
  const auto page = http_get(weftd.process.http_port(), "/metrics");
  CHECK(says(page, "weft_device_usable{device=\"cuda:0\"} 0"));
  CHECK(says(page, "weft_device_usable{device=\"cuda:1\"} 0"));
}
