#pragma once

#include "google/rpc/status.pb.h"
#include "node/grpc/server.hpp"
#include "tests/support/fake_ingress.hpp"
#include "tests/support/fake_node_view.hpp"
#include "weft/v1/embed.grpc.pb.h"

#include <doctest/doctest.h>
#include <grpcpp/grpcpp.h>

#include <condition_variable>
#include <map>
#include <mutex>
#include <thread>

namespace weft::test {

/// Remembers how calls ended.
class counting_meter final : public meter {
public:
  void call_ended(std::string_view operation, errc code, std::chrono::nanoseconds, const call_times&) override {
    const std::lock_guard hold(mutex_);
    ++counts_[{std::string(operation), code}];
  }
  void batch_computed(std::string_view, uint64_t, uint64_t, std::chrono::nanoseconds) override {}
  void items_dropped(errc, uint64_t) override {}
  void actor_restarted(std::string_view) override {}

  uint64_t count(const std::string& operation, errc code) const {
    const std::lock_guard hold(mutex_);
    const auto found = counts_.find({operation, code});
    return found == counts_.end() ? 0 : found->second;
  }

private:
  mutable std::mutex mutex_;
  std::map<std::pair<std::string, errc>, uint64_t> counts_;
};

inline grpc_server_options on_any_port() {
  grpc_server_options out;
  out.listen = {"127.0.0.1:0"};
  return out;
}

/// A real server on a free port of this machine, with an ingress that the test drives.
struct test_node {
  explicit test_node(fake_ingress::handler handler = answer, grpc_server_options options = on_any_port())
      : entrance(std::move(handler)), server(std::move(options), entrance, view, meter) {
    auto started = server.start();
    REQUIRE_MESSAGE(started, (started ? "" : started.error().message));
    port = *started;
    server.set_serving(true);
    channel = connect();
  }

  /// A channel of its own connection.
  std::shared_ptr<grpc::Channel>
  connect(std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials()) const {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    arguments.SetMaxReceiveMessageSize(-1);
    return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port), credentials, arguments);
  }

  fake_ingress entrance;
  std::shared_ptr<fake_node_view> view = std::make_shared<fake_node_view>();
  std::shared_ptr<counting_meter> meter = std::make_shared<counting_meter>();
  grpc_server server;
  uint16_t port = 0;
  std::shared_ptr<grpc::Channel> channel;
};

/// The ErrorInfo of a status; fails the test where there is none.
inline google::rpc::ErrorInfo error_info(const grpc::Status& status) {
  google::rpc::Status details;
  google::rpc::ErrorInfo out;
  REQUIRE(details.ParseFromString(status.error_details()));
  REQUIRE(details.details_size() > 0);
  REQUIRE(details.details(0).UnpackTo(&out));
  CHECK(details.code() == static_cast<int>(status.error_code()));
  CHECK(out.domain() == "weft");
  return out;
}

/// So that a test which would hang fails instead.
inline std::chrono::system_clock::time_point soon() {
  return std::chrono::system_clock::now() + std::chrono::seconds(60);
}

/// Waits for something that another thread is about to do; false when it does not come. Looks once a millisecond, so
/// that the threads it waits for have the cores.
template <class Condition> bool eventually(Condition condition) {
  const auto end = soon();
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  while (!condition()) {
    if (std::chrono::system_clock::now() > end)
      return false;
    never.wait_for(lock, std::chrono::milliseconds(1));
  }
  return true;
}

} // namespace weft::test
