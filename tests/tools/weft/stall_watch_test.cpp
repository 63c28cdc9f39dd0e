#include "tools/weft/stall_watch.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <future>

using namespace weft::cli;
using namespace std::chrono_literals;

TEST_CASE("only a node that owes an answer is given up, and the command says so") {
  for (const bool due : {true, false}) {
    CAPTURE(due);
    grpc::ClientContext context;
    std::atomic<int> looks{0};
    std::promise<void> looked;
    stall_watch watch{context,
                      {.stall_max = 1ms,
                       .is_due =
                           [&] {
                             if (++looks == 3) // what the looks before have found is known
                               looked.set_value();
                             return due;
                           },
                       .is_over = [] { return false; }}};
    watch.start();
    looked.get_future().wait();
    watch.end();
    CHECK(watch.stalled() == due);
  }
  grpc::ClientContext context;
  const stall_watch never_started{context, {.stall_max = 60s, .is_due = [] { return true; }, .is_over = {}}};
  CHECK_FALSE(never_started.stalled());
  const auto said = never_started.explain("host:1");
  CHECK(said.code == exit_code::timed_out);
  CHECK(said.what == "host:1 stopped answering: nothing for 60 s");
}
