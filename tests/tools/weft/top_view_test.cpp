#include "tools/weft/top_view.hpp"
#include "tools/weft/utf8.hpp"

#include <doctest/doctest.h>

#include <clocale>
#include <sstream>

using namespace weft::cli;
using namespace std::chrono_literals;

namespace {

top_state busy_state() {
  top_state state{.endpoint = "127.0.0.1:7700", .clock = "03:12:44", .interval = 1000ms};
  for (uint64_t look = 0; look < 40; ++look) {
    weft::v1::ListNodesResponse nodes;
    auto& node = *nodes.add_nodes();
    node.set_name("n1");
    node.set_version("1.2.3"); // it reports
    node.mutable_cache()->mutable_memory()->set_hits(look * 150);
    node.mutable_cache()->set_computed(look * 50);
    auto& step = *node.mutable_load()->add_call_latency();
    step.set_seconds_max(0.01);
    step.set_calls(look);
    node.set_state(weft::v1::NODE_STATE_SERVING);
    node.mutable_load()->set_calls_in_flight(3);
    auto& pool = *node.add_pools();
    pool.set_name("cpu");
    pool.set_model("a-model-with-quite-a-long-name");
    pool.set_workers(2);
    pool.set_queued_items(77);
    pool.set_utilization(0.5);
    pool.set_items_done(look * 250);
    state.rate.look(nodes, node_rates::time_point{} + look * 1s);
    state.nodes = nodes;
  }
  return state;
}

} // namespace

TEST_CASE("the page shows the figures and fits any width") {
  std::setlocale(LC_CTYPE, "C.UTF-8");
  const top_state state = busy_state();
  for (const size_t columns : {40, 60, 80, 100, 200}) {
    CAPTURE(columns);
    std::istringstream page{top_page(state, columns, false)};
    size_t lines = 0;
    for (std::string line; std::getline(page, line); ++lines)
      CHECK_MESSAGE(display_width(line) <= columns, line);
    CHECK(lines >= 8);
  }
  const std::string page = top_page(state, 120, false);
  for (const char* part : {"1 node, 1 serving", "texts/s 250", "p50 5.00 ms", "hits 75%", "75%", "in flight 3",
                           "queued 77", "[|||||     ] 50%", "█"})
    CHECK_MESSAGE(page.find(part) != std::string::npos, part << " is not in\n" << page);
  CHECK(page.find('\x1b') == std::string::npos);
}

TEST_CASE("a lost node leaves the last page with the reason on it") {
  top_state state = busy_state();
  state.trouble = "cannot reach 127.0.0.1:7700 (Connection refused)";
  const std::string page = top_page(state, 100, false);
  CHECK(page.find("! cannot reach 127.0.0.1:7700") != std::string::npos);
  CHECK(page.find("n1") != std::string::npos);
}

TEST_CASE("bars are relative to the highest value") {
  CHECK(sparkline({0, 50, 100}, 10) == "▁▅█");
  CHECK(sparkline({0, 0, 1, 2}, 2) == "▅█");
  CHECK(sparkline({}, 10).empty());
}
