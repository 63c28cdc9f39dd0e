#include "node/metrics/node_meter.hpp"

#include "node/metrics/label_table.hpp"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <array>

namespace weft {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Histogram;
using prometheus::Registry;
using buckets = Histogram::BucketBoundaries;

// From a reply without inference (tens of microseconds) to the longest deadlines.
const buckets latency_seconds{0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                              0.1,    0.25,    0.5,    1,     2.5,    5,     10,   30,    60};
const buckets batch_items{1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096};
const buckets batch_tokens{8, 32, 128, 512, 1024, 2048, 4096, 8192, 16384, 32768, 65536};

std::string_view name_of(canonical code) {
  switch (code) {
  case canonical::ok:
    return "OK";
  case canonical::cancelled:
    return "CANCELLED";
  case canonical::invalid_argument:
    return "INVALID_ARGUMENT";
  case canonical::deadline_exceeded:
    return "DEADLINE_EXCEEDED";
  case canonical::not_found:
    return "NOT_FOUND";
  case canonical::permission_denied:
    return "PERMISSION_DENIED";
  case canonical::resource_exhausted:
    return "RESOURCE_EXHAUSTED";
  case canonical::failed_precondition:
    return "FAILED_PRECONDITION";
  case canonical::internal:
    return "INTERNAL";
  case canonical::unavailable:
    return "UNAVAILABLE";
  case canonical::unauthenticated:
    return "UNAUTHENTICATED";
  }
  return "UNKNOWN";
}

double seconds(std::chrono::nanoseconds time) {
  return std::chrono::duration<double>(time).count();
}

Family<Counter>& counter(Registry& r, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(r);
}
Family<Histogram>& histogram(Registry& r, const char* name, const char* help) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(r);
}

constexpr size_t errc_count = static_cast<size_t>(errc::internal) + 1;

struct operation_instruments {
  std::array<Counter*, errc_count> calls{};
  std::array<Counter*, errc_count> failures{};
  Histogram* total = nullptr;
  Histogram* queue = nullptr;
  Histogram* tokenize = nullptr;
  Histogram* infer = nullptr;
};

struct device_instruments {
  Counter* items = nullptr;
  Counter* tokens = nullptr;
  Counter* batches = nullptr;
  Counter* busy = nullptr;
  Histogram* items_a_batch = nullptr;
  Histogram* tokens_a_batch = nullptr;
};

} // namespace

struct node_meter::families {
  explicit families(std::shared_ptr<Registry> r) : registry(std::move(r)) {
    for (const char* operation : {"embed", "compress"})
      operations.at(operation); // there before the first call, so that a rate starts at zero
  }

  std::unique_ptr<operation_instruments> make_operation(const std::string& name) {
    auto out = std::make_unique<operation_instruments>();
    for (const auto& row : errc_table()) {
      const auto i = static_cast<size_t>(row.code);
      out->calls[i] = &calls.Add({{"operation", name}, {"code", std::string{name_of(row.status)}}});
      if (row.code != errc::none)
        out->failures[i] = &failures.Add({{"operation", name}, {"reason", std::string{row.reason}}});
    }
    const auto phase = [&](const char* which) {
      return &phases.Add({{"operation", name}, {"phase", which}}, latency_seconds);
    };
    out->total = &call_seconds.Add({{"operation", name}}, latency_seconds);
    out->queue = phase("queue");
    out->tokenize = phase("tokenize");
    out->infer = phase("infer");
    return out;
  }

  std::unique_ptr<device_instruments> make_device(const std::string& name) {
    const prometheus::Labels device{{"device", name}};
    auto out = std::make_unique<device_instruments>();
    out->items = &items.Add(device);
    out->tokens = &tokens.Add(device);
    out->batches = &batches.Add(device);
    out->busy = &busy.Add(device);
    out->items_a_batch = &items_a_batch.Add(device, batch_items);
    out->tokens_a_batch = &tokens_a_batch.Add(device, batch_tokens);
    return out;
  }

  std::shared_ptr<Registry> registry;
  prometheus::Gauge& alone = prometheus::BuildGauge()
                                 .Name("weft_cluster_alone")
                                 .Help("1 while none of the seeds lets this node join, and it serves alone.")
                                 .Register(*registry)
                                 .Add({});
  Family<Counter>& calls = counter(*registry, "weft_calls_total", "Calls that ended, by canonical status code.");
  Family<Counter>& failures =
      counter(*registry, "weft_call_failures_total", "Calls that ended without a result, by stable reason.");
  Family<Histogram>& call_seconds =
      histogram(*registry, "weft_call_seconds", "From a call's arrival to its answer, answers without error.");
  Family<Histogram>& phases =
      histogram(*registry, "weft_call_phase_seconds", "Where a call's time went: waiting, tokenizing, in the engine.");
  Family<Counter>& items = counter(*registry, "weft_engine_items_total", "Texts that a device really computed.");
  Family<Counter>& tokens = counter(*registry, "weft_engine_tokens_total", "Tokens that a device really computed.");
  Family<Counter>& batches = counter(*registry, "weft_engine_batches_total", "Batches that a device computed.");
  Family<Counter>& busy = counter(*registry, "weft_engine_busy_seconds_total", "Time that a device spent computing.");
  Family<Histogram>& items_a_batch = histogram(*registry, "weft_batch_items", "Texts in a batch.");
  Family<Histogram>& tokens_a_batch = histogram(*registry, "weft_batch_tokens", "Tokens in a batch.");
  Family<Counter>& dropped =
      counter(*registry, "weft_items_dropped_total", "Texts that left a queue without being computed, by reason.");
  Family<prometheus::Gauge>& usable = prometheus::BuildGauge()
                                          .Name("weft_device_usable")
                                          .Help("1 while a device computes, 0 once it is lost.")
                                          .Register(*registry);
  Family<Counter>& restarts = counter(*registry, "weft_actor_restarts_total", "Actors that failed and were restarted.");

  // 25 are known (node/grpc/README.md), and all may be in use.
  label_table<operation_instruments> operations{32, [this](const std::string& n) { return make_operation(n); }};
  label_table<device_instruments> devices{256, [this](const std::string& n) { return make_device(n); }};
  label_table<Counter*> actors{64, [this](const std::string& n) {
                                 return std::make_unique<Counter*>(&restarts.Add({{"actor", n}}));
                               }};
};

node_meter::node_meter(std::shared_ptr<prometheus::Registry> registry)
    : families_(std::make_unique<families>(std::move(registry))) {}

node_meter::~node_meter() = default;

void node_meter::show_alone(bool alone) {
  families_->alone.Set(alone);
}

void node_meter::show_device(const std::string& device, bool usable) {
  families_->usable.Add({{"device", device}}).Set(usable);
}

void node_meter::call_ended(std::string_view operation, errc code, std::chrono::nanoseconds total,
                            const call_times& times) {
  auto& to = families_->operations.at(operation);
  to.calls[static_cast<size_t>(code)]->Increment();
  if (code != errc::none) {
    to.failures[static_cast<size_t>(code)]->Increment();
    return;
  }
  to.total->Observe(seconds(total));
  to.queue->Observe(seconds(times.queue));
  to.tokenize->Observe(seconds(times.tokenize));
  to.infer->Observe(seconds(times.infer));
}

std::vector<node_meter::latency_step> node_meter::embed_latency() const {
  std::vector<latency_step> out;
  for (const char* operation : {"embed", "embed_stream", "tei_embed", "tei_embed_stream"}) {
    const auto steps = families_->operations.at(operation).total->Collect().histogram.bucket;
    out.resize(steps.size());
    for (size_t i = 0; i < steps.size(); ++i) {
      out[i].seconds_max = steps[i].upper_bound;
      out[i].calls += steps[i].cumulative_count;
    }
  }
  return out;
}

void node_meter::batch_computed(std::string_view device, uint64_t items, uint64_t tokens,
                                std::chrono::nanoseconds busy) {
  auto& to = families_->devices.at(device);
  to.items->Increment(static_cast<double>(items));
  to.tokens->Increment(static_cast<double>(tokens));
  to.batches->Increment();
  to.busy->Increment(seconds(busy));
  to.items_a_batch->Observe(static_cast<double>(items));
  to.tokens_a_batch->Observe(static_cast<double>(tokens));
}

void node_meter::items_dropped(errc why, uint64_t items) {
  families_->dropped.Add({{"reason", std::string{to_string(why)}}}).Increment(static_cast<double>(items));
}

void node_meter::actor_restarted(std::string_view actor) {
  families_->actors.at(actor)->Increment();
}

} // namespace weft
