#include "node/metrics/membership_collector.hpp"

#include "node/metrics/families.hpp"

#include <array>

namespace weft {
namespace {

using family = prometheus::MetricFamily;

/// By the index of message_body.
constexpr std::array<const char*, message_kinds> kinds{"ping",   "ack",          "ping_request", "nack",
                                                       "gossip", "sync_request", "sync_reply"};
const size_t ping_requests = message_body{ping_request{}}.index();

family messages(const membership_counters& counted) {
  auto out = counter_family("weft_membership_messages_total", "Messages between failure detectors.");
  for (size_t kind = 0; kind < kinds.size(); ++kind) {
    add_series(out, static_cast<double>(counted.sent[kind]), {{"direction", "sent"}, {"kind", kinds[kind]}});
    add_series(out, static_cast<double>(counted.received[kind]), {{"direction", "received"}, {"kind", kinds[kind]}});
  }
  return out;
}

family dropped(const membership_counters& counted) {
  auto out = counter_family("weft_membership_dropped_messages_total", "Messages that were not read, by reason.");
  add_series(out, static_cast<double>(counted.foreign), {{"reason", "foreign"}});
  add_series(out, static_cast<double>(counted.misdirected), {{"reason", "misdirected"}});
  add_series(out, static_cast<double>(counted.malformed), {{"reason", "malformed"}});
  return out;
}

} // namespace

void membership_collector::set(const membership_figures& figures) {
  const std::lock_guard hold(mutex_);
  figures_ = figures;
}

std::vector<family> membership_collector::Collect() const {
  std::optional<membership_figures> now;
  {
    const std::lock_guard hold(mutex_);
    now = figures_;
  }
  if (!now)
    return {};
  const auto& counted = now->counters;
  std::vector<family> out{messages(counted), dropped(counted)};
  const auto count = [&](const char* name, const char* help, uint64_t value) {
    add_series(out.emplace_back(counter_family(name, help)), static_cast<double>(value));
  };
  count("weft_membership_probes_total", "Members that this node probed.", counted.probes);
  count("weft_membership_failed_probes_total", "Probes that no answer came to, from helpers neither.",
        counted.probes_failed);
  count("weft_membership_indirect_probes_total", "Helpers asked to probe a member that did not answer in time.",
        counted.sent[ping_requests]);
  count("weft_membership_suspicions_total", "Suspicions that this node had, its own and those it was told of.",
        now->suspicions.begun);
  count("weft_membership_false_suspicions_total", "Suspicions that ended with the member alive.",
        now->suspicions.refuted);
  count("weft_membership_refutations_total", "Claims that this node is suspect or dead, which it contradicted.",
        counted.refutations);
  count("weft_membership_refused_deaths_total", "Members found dead since their machine refused connections.",
        counted.refused_deaths);
  count("weft_membership_stalls_total", "Times that this node's detector found itself late.", counted.stalls);
  add_series(out.emplace_back(
                 gauge_family("weft_membership_local_health", "How slow this node thinks it is itself: 0 is healthy.")),
             now->local_health);
  return out;
}

} // namespace weft
