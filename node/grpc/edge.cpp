#include "node/grpc/edge.hpp"

#include "node/grpc/utf8.hpp"

#include <grpc/support/time.h>

#include <algorithm>
#include <random>

namespace weft {
namespace {

constexpr size_t request_id_bytes_max = 128;
constexpr size_t traceparent_bytes_max = 128;

/// The first value of a metadata key, or "".
std::string_view metadata(const grpc::CallbackServerContext& rpc, const char* key) {
  const auto& all = rpc.client_metadata();
  const auto found = all.find(key);
  return found == all.end() ? std::string_view{} : std::string_view{found->second.data(), found->second.size()};
}

bool usable_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= request_id_bytes_max &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > 0x20 && c < 0x7F; });
}

std::string new_request_id() {
  // Ids need no secrecy, only that no two meet: 128 random bits from a generator a thread.
  thread_local std::mt19937_64 generator{[] {
    std::random_device device;
    std::seed_seq seed{device(), device(), device(), device()};
    return std::mt19937_64(seed);
  }()};
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  out.reserve(32);
  for (int word = 0; word < 2; ++word)
    for (uint64_t bits = generator(), i = 0; i < 16; ++i, bits >>= 4)
      out += digits[bits & 15];
  return out;
}

result<priority> priority_of(std::string_view text) {
  if (text.empty() || text == "normal")
    return priority::normal;
  if (text == "high")
    return priority::high;
  if (text == "batch")
    return priority::batch;
  return failure{errc::invalid_argument,
                 "x-weft-priority is '" + std::string(text) + "'; it must be high, normal or batch",
                 {{"field", "x-weft-priority"}}};
}

} // namespace

time_point deadline_of(const grpc::CallbackServerContext& rpc) {
  const auto deadline = rpc.raw_deadline();
  if (gpr_time_cmp(deadline, gpr_inf_future(deadline.clock_type)) == 0)
    return time_point::max();
  const auto left = gpr_time_sub(deadline, gpr_now(deadline.clock_type));
  constexpr int64_t year_seconds = 31'536'000; // further away is no deadline, and nanoseconds stay in range
  if (left.tv_sec > year_seconds)
    return time_point::max();
  return edge_now() + std::chrono::seconds(left.tv_sec) + std::chrono::nanoseconds(left.tv_nsec);
}

status enter(edge& edge, grpc::CallbackServerContext& rpc, role least, context& out) {
  const auto id = metadata(rpc, "x-request-id");
  out.request_id = usable_id(id) ? std::string(id) : new_request_id();
  rpc.AddInitialMetadata("x-request-id", out.request_id);

  const auto keys = edge.keys.get();
  if (!keys->open()) {
    auto caller = keys->caller(metadata(rpc, "authorization"));
    if (!caller)
      return caller.error();
    if (caller->caller < least)
      return failure{errc::permission_denied, "the API key's role does not allow this call; it needs an operator's"};
    out.tenant = std::move(caller->tenant);
    out.caller = caller->caller;
  }
  auto wanted = priority_of(metadata(rpc, "x-weft-priority"));
  if (!wanted)
    return wanted.error();
  if (*wanted == priority::high && !keys->open() && out.caller != role::operator_)
    return failure{errc::permission_denied,
                   "x-weft-priority: high goes before all other callers; it needs an operator's key"};
  out.priority = *wanted;
  out.deadline = deadline_of(rpc);
  if (const auto trace = metadata(rpc, "traceparent"); trace.size() <= traceparent_bytes_max)
    out.traceparent = trace;
  return ok;
}

status enter_work(edge& edge, grpc::CallbackServerContext& rpc, context& out) {
  if (auto entered = enter(edge, rpc, role::client, out); !entered)
    return entered;
  if (edge.current && !*edge.current)
    return failure{errc::unavailable, "the node starts: it asks the others what changed while it was away"};
  return ok;
}

time_point edge_now() noexcept {
  return std::chrono::steady_clock::now();
}

} // namespace weft
