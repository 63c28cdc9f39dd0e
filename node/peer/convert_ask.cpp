#include "node/peer/convert.hpp"

#include <cstring>
#include <optional>
#include <utility>

namespace weft {
namespace {

namespace pb = weft::peer::v1;

// As in convert_membership.cpp: 0 means "unset" on the wire.
static_assert(pb::CALL_PRIORITY_HIGH == int(priority::high) + 1);
static_assert(pb::CALL_PRIORITY_BATCH == int(priority::batch) + 1);
static_assert(pb::CALLER_ROLE_CLIENT == int(role::client) && pb::CALLER_ROLE_OPERATOR == int(role::operator_));
static_assert(pb::ITEM_SOURCE_COMPUTED == int(source::computed) + 1);
static_assert(pb::ITEM_SOURCE_SHARED == int(source::shared) + 1);

failure wrong(std::string what) {
  return {errc::invalid_argument, "a peer's request " + std::move(what)};
}

std::optional<numeric_class> read_precision(std::string_view text) {
  for (const auto c : numeric_classes)
    if (to_string(c) == text)
      return c;
  return std::nullopt;
}

result<result_kind_ptr> read_kind(const pb::ResultKind& from) {
  const auto precision = read_precision(from.precision());
  if (!precision)
    return wrong("has a numeric class that this release does not know: '" + from.precision() + "'");
  return result_kind_ptr{std::make_shared<const result_kind>(result_kind_parts{.operation = from.operation(),
                                                                               .model = from.model(),
                                                                               .model_version = from.model_version(),
                                                                               .precision = *precision,
                                                                               .parameters = from.parameters(),
                                                                               .scope = from.scope(),
                                                                               .generation = from.generation()})};
}

status read_context(pb::CallContext& from, context& to) {
  if (!pb::CallerRole_IsValid(from.role()) || !pb::CallPriority_IsValid(from.priority()) ||
      from.priority() == pb::CALL_PRIORITY_UNSPECIFIED)
    return wrong("has a role or priority that this release does not know");
  to.request_id = std::move(*from.mutable_request_id());
  to.tenant = std::move(*from.mutable_tenant());
  to.caller = static_cast<role>(from.role());
  to.priority = static_cast<priority>(from.priority() - 1);
  to.traceparent = std::move(*from.mutable_traceparent());
  return ok;
}

// What engines can be, generously. Beyond that, or no number at all, it is a fault of the teller, and would make costs
// that cannot be compared.
bool is_speed(double tokens_per_second) {
  return tokens_per_second >= 1e-3 && tokens_per_second <= 1e12;
}
bool is_fixed_cost(double batch_seconds) {
  return batch_seconds >= 0 && batch_seconds <= 3'600;
}

} // namespace

void write_ask_request(const peer_request& from, pb::AskRequest& to) {
  auto& context = *to.mutable_context();
  context.set_request_id(from.context.request_id);
  context.set_tenant(from.context.tenant);
  context.set_role(static_cast<pb::CallerRole>(from.context.caller));
  context.set_priority(static_cast<pb::CallPriority>(static_cast<int>(from.context.priority) + 1));
  context.set_traceparent(from.context.traceparent);
  const auto& parts = from.kind->parts();
  auto& kind = *to.mutable_kind();
  kind.set_operation(parts.operation);
  kind.set_model(parts.model);
  kind.set_model_version(parts.model_version);
  kind.set_precision(std::string{to_string(parts.precision)});
  kind.set_parameters(parts.parameters);
  kind.set_scope(parts.scope);
  kind.set_generation(parts.generation);
  to.set_model(from.model);
  to.mutable_options()->set_normalize(from.options.normalize);
  to.mutable_options()->set_truncate(from.options.truncate);
  to.mutable_options()->set_truncate_left(from.options.side == truncation_side::left);
  to.mutable_options()->set_compress(from.options.compress);
  to.mutable_options()->set_uncached(!from.options.cached);
  to.mutable_texts()->Reserve(static_cast<int>(from.texts.size()));
  for (const auto& text : from.texts)
    to.add_texts(text);
  to.set_compute_only(from.compute_only);
}

result<asked> read_ask_request(pb::AskRequest& from) {
  asked to;
  if (!from.has_kind() || !from.has_options() || !from.has_context())
    return wrong("lacks its kind, options or context");
  if (from.texts_size() == 0)
    return failure{errc::empty_call, "a peer's request has no texts"};
  if (from.texts_size() > static_cast<int>(ask_items_max))
    return failure{errc::too_many_items,
                   "a peer's request has " + std::to_string(from.texts_size()) + " texts",
                   {{"limit", std::to_string(ask_items_max)}}};
  if (auto done = read_context(*from.mutable_context(), to.context); !done)
    return done.error();
  auto kind = read_kind(from.kind());
  if (!kind)
    return kind.error();
  to.origin = {.kind = *std::move(kind), .compute_only = from.compute_only()};
  to.request.model = std::move(*from.mutable_model());
  to.request.options = {.normalize = from.options().normalize(),
                        .truncate = from.options().truncate(),
                        .side = from.options().truncate_left() ? truncation_side::left : truncation_side::right,
                        .compress = from.options().compress(),
                        .cached = !from.options().uncached()};
  to.request.texts.reserve(static_cast<size_t>(from.texts_size()));
  for (auto& text : *from.mutable_texts())
    to.request.texts.push_back(std::move(text));
  return to;
}

void write_ask_item(uint32_t index, const embedding& from, pb::AskItem& to) {
  to.set_index(index);
  const auto size = static_cast<int>(from.values.size());
  to.mutable_values()->Reserve(size);
  if (size > 0)
    std::memcpy(to.mutable_values()->AddNAlreadyReserved(size), from.values.data(), from.values.size() * sizeof(float));
  to.set_tokens(from.tokens);
  to.set_truncated(from.truncated);
  to.set_source(static_cast<pb::ItemSource>(static_cast<int>(from.source) + 1));
  if (from.document)
    to.set_document(*from.document);
}

peer_item read_ask_item(const pb::AskItem& from) {
  auto value = std::make_shared<embedding>();
  value->values.assign(from.values().begin(), from.values().end());
  value->tokens = from.tokens();
  value->truncated = from.truncated();
  if (from.source() != pb::ITEM_SOURCE_UNSPECIFIED && pb::ItemSource_IsValid(from.source()))
    value->source = static_cast<source>(from.source() - 1);
  if (from.has_document())
    value->document = std::make_shared<const std::string>(from.document());
  return {.index = from.index(), .value = std::move(value)};
}

void write_ask_summary(const std::optional<node_load>& load, const usage& spent, pb::AskSummary& to) {
  if (load) {
    auto& exact = *to.mutable_load();
    exact.set_queued_tokens(load->queued_tokens);
    exact.set_calls_in_flight(load->calls_in_flight);
    exact.set_workers(load->workers);
    exact.set_tokens_per_second(load->tokens_per_second);
    for (const auto& group : load->groups) {
      if (group.engines == 0)
        break;
      auto& told = *exact.add_engine_groups();
      told.set_engines(group.engines);
      told.set_batch_seconds(group.batch_seconds);
      told.set_tokens_per_second(group.tokens_per_second);
    }
  }
  to.set_usage_tokens(spent.tokens);
  to.set_usage_device_seconds(spent.device_seconds);
}

node_load read_load(const pb::ExactLoad& from) {
  node_load out{.queued_tokens = from.queued_tokens(),
                .calls_in_flight = from.calls_in_flight(),
                .workers = from.workers(),
                .tokens_per_second = is_speed(from.tokens_per_second()) ? from.tokens_per_second() : 0};
  for (const auto& group : from.engine_groups())
    if (group.engines() > 0 && is_speed(group.tokens_per_second()) && is_fixed_cost(group.batch_seconds()) &&
        !add_group(out, {.engines = group.engines(),
                         .batch_seconds = group.batch_seconds(),
                         .tokens_per_second = group.tokens_per_second()}))
      break; // a later release may tell of more
  return out;
}

} // namespace weft
