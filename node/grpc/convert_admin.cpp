#include "node/grpc/convert_admin.hpp"

#include "node/grpc/convert.hpp"
#include "node/grpc/parse.hpp"
#include "runtime/base/assert.hpp"
#include "weft/v1/admin.pb.h"

#include <cstdio>
#include <string>
#include <utility>

namespace weft {
namespace {

namespace pb = weft::v1;
using verb = settings_request::verb;

std::string to_hex(node_id node) {
  char out[17];
  std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(node));
  return out;
}

void write_setting(const settings_entry& from, pb::Setting& to) {
  to.set_key(from.key);
  to.set_value(from.value);
  to.set_version(from.number);
  to.set_writer(to_hex(from.writer));
  to.set_changed_unix_ms(from.changed.time_since_epoch().count());
}

template <class Message> grpc::ByteBuffer write_one(const settings_rows& rows) {
  WEFT_ASSERT(rows.size() == 1);
  Message out;
  write_setting(rows.front(), *out.mutable_setting());
  return to_buffer(out);
}

} // namespace

result<settings_request> read_list_settings(const grpc::ByteBuffer& message) {
  auto in = parse<pb::ListSettingsRequest>(message);
  if (!in)
    return in.error();
  return settings_request{.what = verb::list, .key = in->prefix(), .value = {}};
}

result<settings_request> read_get_setting(const grpc::ByteBuffer& message) {
  auto in = parse<pb::GetSettingRequest>(message);
  if (!in)
    return in.error();
  return settings_request{.what = verb::get, .key = in->key(), .value = {}};
}

result<settings_request> read_set_setting(const grpc::ByteBuffer& message) {
  auto in = parse<pb::SetSettingRequest>(message);
  if (!in)
    return in.error();
  return settings_request{.what = verb::set, .key = in->key(), .value = in->value()};
}

result<settings_request> read_remove_setting(const grpc::ByteBuffer& message) {
  auto in = parse<pb::RemoveSettingRequest>(message);
  if (!in)
    return in.error();
  return settings_request{.what = verb::remove, .key = in->key(), .value = {}};
}

result<settings_request> read_clear_cache(const grpc::ByteBuffer& message) {
  if (auto in = parse<pb::ClearCacheRequest>(message); !in)
    return in.error();
  return settings_request{.what = verb::clear_cache, .key = {}, .value = {}};
}

grpc::ByteBuffer write_list_settings(const settings_rows& rows) {
  pb::ListSettingsResponse out;
  for (const auto& row : rows)
    write_setting(row, *out.add_settings());
  return to_buffer(out);
}

grpc::ByteBuffer write_get_setting(const settings_rows& rows) {
  return write_one<pb::GetSettingResponse>(rows);
}

grpc::ByteBuffer write_set_setting(const settings_rows& rows) {
  return write_one<pb::SetSettingResponse>(rows);
}

grpc::ByteBuffer write_remove_setting(const settings_rows&) {
  return to_buffer(pb::RemoveSettingResponse{});
}

grpc::ByteBuffer write_clear_cache(const settings_rows& rows) {
  WEFT_ASSERT(rows.size() == 1);
  pb::ClearCacheResponse out;
  out.set_generation(rows.front().number);
  return to_buffer(out);
}

} // namespace weft
