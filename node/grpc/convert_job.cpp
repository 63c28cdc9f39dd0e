#include "node/grpc/convert_job.hpp"

#include "node/grpc/convert.hpp"
#include "node/grpc/convert_compress.hpp"
#include "node/grpc/convert_item.hpp"
#include "node/grpc/convert_operation.hpp"
#include "node/grpc/parse.hpp"
#include "node/grpc/wire_reader.hpp"
#include "runtime/base/assert.hpp"
#include "weft/v1/job.pb.h"

#include <algorithm>
#include <cstdio>
#include <utility>

namespace weft {
namespace {

namespace pb = weft::v1;
using std::chrono::milliseconds;

constexpr uint32_t page_size_default = 100;
constexpr uint32_t page_size_max = 1'000;
constexpr milliseconds watch_period_default{1'000}, watch_period_min{100}, watch_period_max{60'000};
constexpr int64_t time_max_ms = 100LL * 366 * 24 * 3'600 * 1'000; // a century: the node's own limits are far below
// Clients take 4 MiB a message by default.
constexpr uint64_t results_bytes_max = 1 << 20;
constexpr uint64_t result_overhead_bytes = 64; // of an item beside its vector

failure wrong(std::string what, std::string field) {
  return {errc::invalid_argument, std::move(what), {{"field", std::move(field)}}};
}

static_assert(pb::JOB_STATE_PENDING == int(job_state::pending) + 1);
static_assert(pb::JOB_STATE_REMOVED == int(job_state::removed) + 1);
pb::JobState to_pb(job_state from) noexcept {
  return static_cast<pb::JobState>(static_cast<int>(from) + 1);
}

static_assert(pb::JOB_PRIORITY_HIGH == int(priority::high) + 1);
static_assert(pb::JOB_PRIORITY_BATCH == int(priority::batch) + 1);
pb::JobPriority to_pb(priority from) noexcept {
  return static_cast<pb::JobPriority>(static_cast<int>(from) + 1);
}

result<priority> read_priority(pb::JobPriority from, const context& caller) {
  if (from == pb::JOB_PRIORITY_UNSPECIFIED)
    return caller.priority;
  if (!pb::JobPriority_IsValid(from))
    return wrong("open.priority is " + std::to_string(static_cast<int>(from)) +
                     "; it must be 1 (high), 2 (normal) or 3 (batch)",
                 "open.priority");
  const auto wanted = static_cast<priority>(static_cast<int>(from) - 1);
  if (wanted == priority::high && caller.caller == role::client)
    return failure{errc::permission_denied,
                   "a job of high priority goes before those of all others; it needs an operator's key"};
  return wanted;
}

result<milliseconds> read_time(int64_t ms, const char* field) {
  if (ms < 1 || ms > time_max_ms)
    return wrong(std::string(field) + " is " + std::to_string(ms) + "; it must be 1 or more milliseconds", field);
  return milliseconds{ms};
}

status read_limits(const pb::JobOpening& in, job_opening& out) {
  if (in.durability().copies() != 0)
    return wrong("open.durability.copies is the cluster's choice; leave it 0", "open.durability.copies");
  if (in.durability().synced() != 0)
    out.synced = in.durability().synced();
  if (in.has_expires_in_ms()) {
    const auto time = read_time(in.expires_in_ms(), "open.expires_in_ms");
    if (!time)
      return time.error();
    out.expires_in = *time;
  }
  if (in.has_retention_ms()) {
    const auto time = read_time(in.retention_ms(), "open.retention_ms");
    if (!time)
      return time.error();
    out.retention = *time;
  }
  return ok;
}

result<job_opening> read_opening(const std::string& bytes, const context& caller) {
  pb::JobOpening in;
  if (!in.ParseFromString(bytes))
    return failure{errc::invalid_argument, "the request is not a weft.v1.JobServiceSubmitRequest message"};
  job_opening out;
  out.tenant = caller.tenant;
  out.request_id = in.request_id();
  out.model = in.model();
  if (out.request_id.empty() || out.request_id.size() > 128)
    return wrong("open.request_id has " + std::to_string(out.request_id.size()) +
                     " bytes; it must have 1 to 128, and a retry must have the same ones",
                 "open.request_id");
  if (auto read = read_operation(in, out); !read)
    return read.error();
  const auto wanted = read_priority(in.priority(), caller);
  if (!wanted)
    return wanted.error();
  out.priority = *wanted;
  if (auto read = read_limits(in, out); !read)
    return read.error();
  return out;
}

/// Of an item that has its result.
void write_value(const embedding& from, pb::ItemResult& to) {
  if (!from.document) {
    write_embedding(from, vector_encoding::float32, *to.mutable_embedding());
    return;
  }
  if (const auto written = write_compressed(from, vector_encoding::float32, *to.mutable_compressed()); !written)
    write_item_error(written.error(), *to.mutable_error());
}

void write_job(const job_status& from, pb::Job& to) {
  const auto& header = from.header;
  const auto& spec = header.spec;
  to.set_id(to_text(header.id));
  to.set_request_id(spec.request_id);
  to.set_tenant(spec.tenant);
  to.set_state(to_pb(header.state));
  to.set_model(spec.model);
  write_operation(from, to);
  to.set_priority(to_pb(spec.priority));
  to.mutable_durability()->set_copies(spec.durability.copies);
  to.mutable_durability()->set_synced(spec.durability.synced);
  to.set_home_region(spec.home_region);
  to.set_created_unix_ms(spec.created.time_since_epoch().count());
  to.set_expires_unix_ms(spec.expires.time_since_epoch().count());
  to.set_retention_ms(spec.retention.count());
  if (header.ended)
    to.set_ended_unix_ms(header.ended->time_since_epoch().count());
  if (header.items_total)
    to.set_items_total(*header.items_total);
  to.set_items_durable(header.progress.items_durable);
  to.set_items_done(header.progress.items_done);
  to.set_items_failed(header.progress.items_failed);
  to.set_items_cached(header.progress.items_cached);
  to.mutable_usage()->set_tokens(header.progress.tokens);
  to.mutable_usage()->set_device_seconds(header.progress.device_seconds);
  to.set_items_per_second(from.items_per_second);
  if (from.time_left)
    to.set_time_left_ms(from.time_left->count());
  char writer[17];
  std::snprintf(writer, sizeof writer, "%016llx",
                static_cast<unsigned long long>(static_cast<uint64_t>(header.stamp.writer)));
  to.mutable_log()->set_writer(writer);
  to.mutable_log()->set_sequence(header.stamp.sequence);
}

template <class Message> grpc::ByteBuffer write_one(const job_status& job) {
  Message out;
  write_job(job, *out.mutable_job());
  return to_buffer(out);
}

template <class Message> result<job_question> read_question(const grpc::ByteBuffer& message, const context& caller) {
  const auto in = parse<Message>(message);
  if (!in)
    return in.error();
  return question_of(in->id(), caller);
}

void write_results_info(const results_page& page, bool with_usage, pb::ResultInfo& to) {
  const auto& from = *page.results;
  to.set_model(from.model);
  to.set_model_version(from.model_version);
  to.set_precision(std::string(to_string(from.precision)));
  const auto any = std::find_if(from.items.begin(), from.items.end(), [](const auto& item) { return !item.failed(); });
  to.set_dimensions(any == from.items.end() ? 0 : static_cast<uint32_t>(any->value.values.size()));
  if (!with_usage)
    return;
  to.mutable_usage()->set_tokens(from.usage.tokens);
  to.mutable_usage()->set_device_seconds(from.usage.device_seconds);
}

} // namespace

result<submit_message> read_submit(const grpc::ByteBuffer& message, const context& caller) {
  using request = pb::JobServiceSubmitRequest;
  submit_message out;
  std::string opening; // parts of a sub-message that comes twice are merged: so are their bytes
  bool opens = false;
  uint64_t number = 0;
  wire_reader in(message);
  while (in.next()) {
    if (in.field() == request::kTextsFieldNumber) {
      if (out.texts.size() == message_items_max)
        return failure{errc::too_many_items,
                       "the message has more than " + std::to_string(message_items_max) + " texts; send several",
                       {{"limit", std::to_string(message_items_max)}}};
      if (std::string text; in.read(text))
        out.texts.push_back(std::move(text));
    } else if (in.field() == request::kOpenFieldNumber) {
      std::string part;
      opens = in.read(part) || opens;
      opening += part;
    } else if (in.field() == request::kFirstItemFieldNumber) {
      if (in.read(number))
        out.first_item = number;
    } else if (in.field() == request::kCompleteFieldNumber) {
      if (in.read(number))
        out.complete = number != 0;
    } else {
      in.skip();
    }
  }
  if (!in.ok())
    return failure{errc::invalid_argument, "the request is not a weft.v1.JobServiceSubmitRequest message"};
  if (!opens)
    return out;
  auto opened = read_opening(opening, caller);
  if (!opened)
    return opened.error();
  out.opening = *std::move(opened);
  return out;
}

grpc::ByteBuffer write_opened(const job_status& job) {
  pb::JobServiceSubmitResponse out;
  write_job(job, *out.mutable_opened()->mutable_job());
  out.mutable_opened()->set_items_durable(job.header.progress.items_durable);
  return to_buffer(out);
}

grpc::ByteBuffer write_durable(uint64_t items) {
  pb::JobServiceSubmitResponse out;
  out.mutable_durable()->set_items(items);
  return to_buffer(out);
}

grpc::ByteBuffer write_completed(const job_status& job) {
  pb::JobServiceSubmitResponse out;
  write_job(job, *out.mutable_completed()->mutable_job());
  return to_buffer(out);
}

result<job_question> question_of(const std::string& id, const context& caller) {
  const auto parsed = parse_job_id(id);
  if (!parsed)
    return wrong("id is not that of a job: it has 32 hex digits", "id");
  return job_question{.id = *parsed, .tenant = caller.tenant, .all_tenants = caller.caller != role::client};
}

result<job_question> read_get_job(const grpc::ByteBuffer& message, const context& caller) {
  return read_question<pb::JobServiceGetRequest>(message, caller);
}

result<job_question> read_cancel_job(const grpc::ByteBuffer& message, const context& caller) {
  return read_question<pb::JobServiceCancelRequest>(message, caller);
}

result<job_filter> read_list_jobs(const grpc::ByteBuffer& message, const context& caller) {
  const auto in = parse<pb::JobServiceListRequest>(message);
  if (!in)
    return in.error();
  if (in->all_tenants() && caller.caller == role::client)
    return failure{errc::permission_denied, "the jobs of all tenants are for operators; ask for your own"};
  job_filter out{.tenant = caller.tenant, .all_tenants = in->all_tenants(), .states = {}, .after = in->page_token()};
  for (const int state : in->states()) {
    if (state == pb::JOB_STATE_UNSPECIFIED || !pb::JobState_IsValid(state))
      return wrong("states has " + std::to_string(state) + ", which is no state", "states");
    out.states.push_back(static_cast<job_state>(state - 1));
  }
  out.jobs_max = in->page_size() == 0 ? page_size_default : std::min(in->page_size(), page_size_max);
  return out;
}

result<watch_request> read_watch_job(const grpc::ByteBuffer& message, const context& caller) {
  const auto in = parse<pb::JobServiceWatchRequest>(message);
  if (!in)
    return in.error();
  auto which = question_of(in->id(), caller);
  if (!which)
    return which.error();
  const auto period =
      in->period_ms() == 0
          ? watch_period_default
          : milliseconds{std::clamp<int64_t>(in->period_ms(), watch_period_min.count(), watch_period_max.count())};
  return watch_request{*std::move(which), period};
}

result<results_request> read_job_results(const grpc::ByteBuffer& message, const context& caller) {
  const auto in = parse<pb::JobServiceResultsRequest>(message);
  if (!in)
    return in.error();
  auto which = question_of(in->id(), caller);
  if (!which)
    return which.error();
  return results_request{*std::move(which), in->from_item(), in->failed_only()};
}

grpc::ByteBuffer write_get_job(const job_status& job) {
  return write_one<pb::JobServiceGetResponse>(job);
}

grpc::ByteBuffer write_cancel_job(const job_status& job) {
  return write_one<pb::JobServiceCancelResponse>(job);
}

grpc::ByteBuffer write_watch_job(const job_status& job) {
  return write_one<pb::JobServiceWatchResponse>(job);
}

grpc::ByteBuffer write_list_jobs(const job_page& page) {
  pb::JobServiceListResponse out;
  for (const auto& job : page.jobs)
    write_job(job, *out.add_jobs());
  out.set_next_page_token(page.next);
  return to_buffer(out);
}

std::vector<grpc::ByteBuffer> write_job_results(const results_page& page, const results_request& asked) {
  WEFT_ASSERT(page.results);
  const auto& items = page.results->items;
  std::vector<grpc::ByteBuffer> out;
  pb::JobServiceResultsResponse message;
  uint64_t bytes = 0;
  const auto leave = [&] {
    if (out.empty()) // who begins in the middle of a group has had its usage, or did not want it
      write_results_info(page, page.whole && asked.from <= page.first_item, *message.mutable_info());
    out.push_back(to_buffer(message));
    message.Clear();
    bytes = 0;
  };
  const uint64_t skipped = asked.from > page.first_item ? asked.from - page.first_item : 0;
  for (uint64_t i = std::min<uint64_t>(skipped, items.size()); i < items.size(); ++i) {
    const auto& from = items[i];
    if (asked.failed_only && !from.failed())
      continue;
    const uint64_t size = bytes_of(from.value) + from.message.size() + result_overhead_bytes;
    if (bytes != 0 && bytes + size > results_bytes_max)
      leave();
    bytes += size;
    auto& to = *message.add_items();
    to.set_index(page.first_item + i);
    if (from.failed())
      write_item_error(from.code, from.message, *to.mutable_error());
    else
      write_value(from.value, to);
  }
  if (bytes != 0)
    leave();
  return out;
}

} // namespace weft
