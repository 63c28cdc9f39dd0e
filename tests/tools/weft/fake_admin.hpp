#pragma once

#include "weft/v1/admin.grpc.pb.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace weft::test {

/// weft.v1.AdminService with settings in a map, in this process on a free port.
class fake_admin final : v1::AdminService::Service {
public:
  fake_admin() {
    int port = 0;
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    endpoint_ = "127.0.0.1:" + std::to_string(port);
  }
  ~fake_admin() override {
    server_->Shutdown(std::chrono::system_clock::now());
    server_->Wait();
  }
  const std::string& endpoint() const { return endpoint_; }
  uint64_t generation() const { return generation_; }
  uint64_t backups_asked() const { return backups_asked_; }
  /// What DescribePolicy answers from now on; before, nobody knows.
  void know(const v1::DescribePolicyResponse& policy) { policy_ = policy; }

private:
  grpc::Status ListSettings(grpc::ServerContext*, const v1::ListSettingsRequest* in,
                            v1::ListSettingsResponse* out) override {
    for (const auto& [key, value] : values_)
      if (key.starts_with(in->prefix()))
        fill(key, value, *out->add_settings());
    return grpc::Status::OK;
  }
  grpc::Status GetSetting(grpc::ServerContext*, const v1::GetSettingRequest* in, v1::GetSettingResponse* out) override {
    const auto found = values_.find(in->key());
    if (found == values_.end())
      return {grpc::StatusCode::NOT_FOUND, in->key() + " is not set"};
    fill(found->first, found->second, *out->mutable_setting());
    return grpc::Status::OK;
  }
  grpc::Status SetSetting(grpc::ServerContext*, const v1::SetSettingRequest* in, v1::SetSettingResponse* out) override {
    if (in->value() == "wrong")
      return {grpc::StatusCode::INVALID_ARGUMENT, "tenant.a takes active|suspended"};
    fill(in->key(), values_[in->key()] = in->value(), *out->mutable_setting());
    return grpc::Status::OK;
  }
  grpc::Status RemoveSetting(grpc::ServerContext*, const v1::RemoveSettingRequest* in,
                             v1::RemoveSettingResponse*) override {
    values_.erase(in->key());
    return grpc::Status::OK;
  }
  grpc::Status ClearCache(grpc::ServerContext*, const v1::ClearCacheRequest*, v1::ClearCacheResponse* out) override {
    out->set_generation(++generation_);
    return grpc::Status::OK;
  }
  /// "cached" is in memory for 1.5 s, whatever else is nowhere.
  grpc::Status GetCached(grpc::ServerContext*, const v1::GetCachedRequest* in, v1::GetCachedResponse* out) override {
    if (in->model() == "unknown")
      return {grpc::StatusCode::NOT_FOUND, "this node has no model 'unknown'"};
    out->set_key("000102030405060708090a0b0c0d0e0f");
    out->set_model("mini");
    out->set_owner("n2");
    out->set_generation(3);
    out->set_scope(in->tenant());
    if (in->text() != "cached" || !in->options().normalize())
      return grpc::Status::OK;
    out->set_place(v1::CACHE_PLACE_MEMORY);
    out->set_age_ms(1'500);
    out->set_bytes(900);
    return grpc::Status::OK;
  }
  grpc::Status CreateBackup(grpc::ServerContext*, const v1::CreateBackupRequest* in,
                            v1::CreateBackupResponse* out) override {
    ++backups_asked_;
    if (in->keep() == 98)
      return {grpc::StatusCode::UNAVAILABLE, "the node is stopping"};
    if (in->keep() == 99)
      return {grpc::StatusCode::RESOURCE_EXHAUSTED, "a backup is being made"};
    out->mutable_backup()->set_id(in->keep() + 1);
    out->mutable_backup()->set_created_unix_ms(1'800'000'000'000);
    out->mutable_backup()->set_bytes(12'300'000);
    out->mutable_backup()->set_node("n1");
    out->set_folder("/mnt/backups/n1");
    return grpc::Status::OK;
  }
  grpc::Status DescribePolicy(grpc::ServerContext*, const v1::DescribePolicyRequest*,
                              v1::DescribePolicyResponse* out) override {
    if (!policy_)
      return {grpc::StatusCode::FAILED_PRECONDITION, "this node compresses nothing"};
    *out = *policy_;
    return grpc::Status::OK;
  }
  static void fill(const std::string& key, const std::string& value, v1::Setting& to) {
    to.set_key(key);
    to.set_value(value);
    to.set_version(3);
    to.set_writer("0123456789abcdef");
    to.set_changed_unix_ms(1'800'000'000'000);
  }

  std::map<std::string, std::string> values_; // the tests make one call after the other
  uint64_t generation_ = 6;
  uint64_t backups_asked_ = 0;
  std::optional<v1::DescribePolicyResponse> policy_;
  std::string endpoint_;
  std::unique_ptr<grpc::Server> server_;
};

} // namespace weft::test
