#include "node/grpc/convert_admin.hpp"

#include "node/grpc/convert.hpp"
#include "node/grpc/parse.hpp"
#include "runtime/base/assert.hpp"
#include "weft/v1/admin.pb.h"

#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>

namespace weft {
namespace {

namespace pb = weft::v1;
using verb = settings_request::verb;

std::string to_hex(uint64_t number) {
  char out[17];
  std::snprintf(out, sizeof out, "%016llx", static_cast<unsigned long long>(number));
  return out;
}

void write_setting(const settings_entry& from, pb::Setting& to) {
  to.set_key(from.key);
  to.set_value(from.value);
  to.set_version(from.number);
  to.set_writer(to_hex(static_cast<uint64_t>(from.writer)));
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

result<cache_question> read_get_cached(const grpc::ByteBuffer& message) {
  auto in = parse<pb::GetCachedRequest>(message);
  if (!in)
    return in.error();
  cache_question out{.model = in->model(), .text = in->text(), .tenant = in->tenant(), .options = {}};
  if (auto read = read_embed_options(in->options().SerializeAsString(), out.options, "options"); !read)
    return read.error();
  return out;
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

grpc::ByteBuffer write_get_cached(const cache_lookup& found) {
  static_assert(pb::CACHE_PLACE_MEMORY == int(entry_place::memory) + 1);
  static_assert(pb::CACHE_PLACE_STORE == int(entry_place::store) + 1);
  pb::GetCachedResponse out;
  out.set_key(to_hex(found.key.high) + to_hex(found.key.low));
  out.set_model(found.model);
  out.set_model_version(found.model_version);
  out.set_precision(std::string{to_string(found.precision)});
  out.set_scope(found.scope);
  out.set_generation(found.generation);
  out.set_owner(found.owner);
  out.set_owner_id(found.owner_id);
  if (found.place)
    out.set_place(static_cast<pb::CachePlace>(static_cast<int>(*found.place) + 1));
  if (found.age)
    out.set_age_ms(static_cast<uint64_t>(std::max<int64_t>(found.age->count(), 0)));
  if (found.expires_in)
    out.set_expires_in_ms(static_cast<uint64_t>(std::max<int64_t>(found.expires_in->count(), 0)));
  out.set_bytes(found.bytes);
  return to_buffer(out);
}

result<uint32_t> read_create_backup(const grpc::ByteBuffer& message) {
  auto in = parse<pb::CreateBackupRequest>(message);
  if (!in)
    return in.error();
  return in->keep();
}

grpc::ByteBuffer write_create_backup(const backup_made& made) {
  pb::CreateBackupResponse out;
  auto& backup = *out.mutable_backup();
  backup.set_id(made.backup.id);
  backup.set_created_unix_ms(made.backup.created.time_since_epoch().count());
  backup.set_bytes(made.backup.bytes);
  backup.set_files(made.backup.files);
  backup.set_node(made.backup.node);
  backup.set_format(made.backup.format);
  out.set_folder(made.folder);
  return to_buffer(out);
}

result<std::monostate> read_describe_policy(const grpc::ByteBuffer& message) {
  if (auto in = parse<pb::DescribePolicyRequest>(message); !in)
    return in.error();
  return std::monostate{};
}

grpc::ByteBuffer write_describe_policy(const compress_table& table) {
  pb::DescribePolicyResponse out;
  out.set_text(table.text);
  out.set_version(table.version);
  out.set_release_text(table.release_text);
  out.set_texts_tried(table.texts_tried);
  out.set_proposed_text(table.proposed_text);
  out.set_proposed_version(table.proposed_version);
  for (const auto& from : table.changes) {
    auto& to = *out.add_changes();
    to.set_content(from.content);
    to.set_size(from.size);
    to.set_from(from.from);
    to.set_to(from.to);
    to.set_reason(from.reason);
  }
  return to_buffer(out);
}

} // namespace weft
