#include "tests/cluster/cluster_fixture.hpp"
#include "tests/cluster/lone_answers.hpp"

#include <doctest/doctest.h>

#include <array>
#include <condition_variable>
#include <mutex>

using namespace weft::test;
namespace pb = weft::v1;

namespace {

/// Calls that are all on their way before the first answer is looked at.
class simultaneous_calls {
public:
  simultaneous_calls(cluster_fixture& nodes, const pb::EmbedRequest& request, size_t count) : slots_(count) {
    for (size_t i = 0; i < nodes.size(); ++i)
      stubs_.push_back(pb::EmbedService::NewStub(
          grpc::CreateChannel(nodes[i].client_address(), grpc::InsecureChannelCredentials())));
    for (size_t i = 0; i < count; ++i) {
      auto& one = slots_[i];
      one.context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds{60});
      stubs_[i % stubs_.size()]->async()->Embed(&one.context, &request, &one.reply, [this, &one](auto status) {
        const std::lock_guard hold(mutex_);
        one.status = std::move(status);
        ++answered_;
        ended_.notify_one();
      });
    }
  }
  ~simultaneous_calls() { wait(); }

  void wait() {
    std::unique_lock hold(mutex_);
    ended_.wait(hold, [&] { return answered_ == slots_.size(); }); // their deadline ends them
  }

  struct slot {
    grpc::ClientContext context;
    pb::EmbedResponse reply;
    grpc::Status status;
  };
  const std::vector<slot>& slots() const { return slots_; }

private:
  std::vector<std::unique_ptr<pb::EmbedService::Stub>> stubs_;
  std::vector<slot> slots_;
  std::mutex mutex_; // guards the next two and every status
  std::condition_variable ended_;
  size_t answered_ = 0;
};

double computed(cluster_fixture& nodes) {
  double sum = 0;
  for (size_t i = 0; i < nodes.size(); ++i)
    sum += nodes[i].metric("weft_engine_items_total");
  return sum;
}

} // namespace

TEST_CASE("a thousand identical calls at once over three nodes are one inference") {
  cluster_fixture nodes;
  REQUIRE(computed(nodes) == 0);
  const size_t texts = long_tests() ? 50 : 5;
  for (size_t text = 0; text < texts; ++text) {
    CAPTURE(text);
    const auto request = known_answers().request({text});
    simultaneous_calls calls{nodes, request, 1'000};
    calls.wait();
    for (const auto& call : calls.slots()) {
      REQUIRE_MESSAGE(call.status.ok(), call.status.error_message());
      REQUIRE(known_answers().differs({text}, call.reply) == "");
    }
    CHECK(computed(nodes) == static_cast<double>(text + 1));
  }
}
