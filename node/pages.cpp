#include "node/pages.hpp"

#include "node/metrics/exposition.hpp"
#include "node/metrics/families.hpp"
#include "node/metrics/process_collector.hpp"
#include "node/metrics/view_collector.hpp"

#include <prometheus/registry.h>

namespace weft {
namespace {

class log_collector final : public prometheus::Collectable {
public:
  explicit log_collector(std::shared_ptr<const node_log> log) : log_(std::move(log)) {}
  std::vector<prometheus::MetricFamily> Collect() const override {
    auto lost = counter_family("weft_log_lines_lost_total", "Log lines left out: repeated too often, or queue full.");
    add_series(lost, static_cast<double>(log_->lines_lost()));
    return {std::move(lost)};
  }

private:
  std::shared_ptr<const node_log> log_;
};

std::string with_reason(const node_snapshot& node) {
  return std::string{to_string(node.state)} + (node.reason.empty() ? "" : ": " + node.reason) + '\n';
}

http_reply health(const node_snapshot& node) {
  return {.status = node.state == node_state::unhealthy ? 503u : 200u,
          .body = node.state == node_state::unhealthy ? with_reason(node) : "ok\n"};
}

http_reply readiness(const node_snapshot& node, bool draining, bool current, bool jobs_read) {
  if (draining)
    return {.status = 503, .body = "draining\n"};
  if (node.state == node_state::serving && !current)
    return {.status = 503, .body = "starting: asks the other nodes what changed while it was away\n"};
  if (node.state == node_state::serving && !jobs_read)
    return {.status = 503, .body = "starting: reads the jobs that it keeps\n"};
  return {.status = node.state == node_state::serving ? 200u : 503u, .body = with_reason(node)};
}

} // namespace

std::map<std::string, http_server::page> make_pages(const page_sources& sources) {
  const std::vector<std::shared_ptr<const prometheus::Collectable>> collectors{
      sources.registry,
      std::make_shared<view_collector>(sources.view),
      std::make_shared<process_collector>(),
      std::make_shared<log_collector>(sources.log),
      sources.membership,
      std::make_shared<device_collector>(sources.devices),
      std::make_shared<jobs_collector>(sources.jobs),
      std::make_shared<corpora_collector>(sources.corpora)};
  return {{"/metrics", [collectors] { return http_reply{.type = exposition_type, .body = expose(collectors)}; }},
          {"/healthz", [view = sources.view] { return health(*view->snapshot()); }},
          {"/readyz",
           [view = sources.view, &draining = sources.draining, current = sources.current,
            jobs_read = sources.jobs_read] { return readiness(*view->snapshot(), draining, *current, jobs_read()); }}};
}

} // namespace weft
