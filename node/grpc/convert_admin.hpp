#pragma once

#include "runtime/base/result.hpp"
#include "runtime/ports/backup_door.hpp"
#include "runtime/ports/cache_lookup.hpp"
#include "runtime/ports/compress_table.hpp"
#include "runtime/settings/settings_request.hpp"

#include <grpcpp/support/byte_buffer.h>

#include <variant>

// Where weft.v1.AdminService's messages and the settings' own types meet. All functions are pure and thread-safe.
namespace weft {

/// Fail with errc::invalid_argument: not such a message.
result<settings_request> read_list_settings(const grpc::ByteBuffer& message);
result<settings_request> read_get_setting(const grpc::ByteBuffer& message);
result<settings_request> read_set_setting(const grpc::ByteBuffer& message);
result<settings_request> read_remove_setting(const grpc::ByteBuffer& message);
result<settings_request> read_clear_cache(const grpc::ByteBuffer& message);
/// Fails also for options that are none.
result<cache_question> read_get_cached(const grpc::ByteBuffer& message);

grpc::ByteBuffer write_list_settings(const settings_rows& rows);
/// REQUIRES, like those below: one row.
grpc::ByteBuffer write_get_setting(const settings_rows& rows);
grpc::ByteBuffer write_set_setting(const settings_rows& rows);
grpc::ByteBuffer write_remove_setting(const settings_rows& rows);
grpc::ByteBuffer write_clear_cache(const settings_rows& rows);
grpc::ByteBuffer write_get_cached(const cache_lookup& found);

/// How many backups are to stay.
result<uint32_t> read_create_backup(const grpc::ByteBuffer& message);
grpc::ByteBuffer write_create_backup(const backup_made& made);

/// The request says nothing.
result<std::monostate> read_describe_policy(const grpc::ByteBuffer& message);
grpc::ByteBuffer write_describe_policy(const compress_table& table);

} // namespace weft
