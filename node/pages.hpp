#pragma once

#include "node/http/http_server.hpp"
#include "node/logging/node_log.hpp"
#include "node/metrics/corpora_collector.hpp"
#include "node/metrics/device_collector.hpp"
#include "node/metrics/jobs_collector.hpp"
#include "node/metrics/membership_collector.hpp"
#include "runtime/ports/node_view.hpp"

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace prometheus {
class Registry;
}

namespace weft {

/// What the pages show. The node outlives its HTTP server, so `draining` may be a reference.
struct page_sources {
  std::shared_ptr<const node_view> view;
  std::shared_ptr<prometheus::Registry> registry;
  std::shared_ptr<const node_log> log;
  std::shared_ptr<const membership_collector> membership;
  devices_look devices; ///< not empty
  jobs_look jobs;       ///< not empty
  corpora_look corpora; ///< not empty
  const std::atomic<bool>& draining;
  std::function<bool()> jobs_read;                  ///< the log of jobs is, or none is kept
  std::shared_ptr<const std::atomic<bool>> current; ///< the settings are: before that the node takes no calls
};

/// /metrics, /healthz (200 while this process can do its work; never asks others) and /readyz (200 while it should get
/// calls; else 503 and why).
std::map<std::string, http_server::page> make_pages(const page_sources& sources);

} // namespace weft
