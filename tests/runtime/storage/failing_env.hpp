#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <rocksdb/env.h>
#include <string>

namespace weft::test {

/// A real file system on which writing can be made to fail as on a full disk, and closing a database to take long.
class failing_env final : public rocksdb::EnvWrapper {
public:
  failing_env() : EnvWrapper(rocksdb::Env::Default()) {}
  std::atomic<bool> full{false};
  std::function<void()> at_close{}; ///< runs where a database closes

  const char* Name() const override { return "failing_env"; }

  rocksdb::Status NewWritableFile(const std::string& name, std::unique_ptr<rocksdb::WritableFile>* out,
                                  const rocksdb::EnvOptions& options) override {
    if (full)
      return rocksdb::Status::NoSpace("no space left on this test's device");
    std::unique_ptr<rocksdb::WritableFile> real;
    auto made = EnvWrapper::NewWritableFile(name, &real, options);
    if (made.ok())
      *out = std::make_unique<file>(std::move(real), *this);
    return made;
  }

  rocksdb::Status UnlockFile(rocksdb::FileLock* lock) override {
    if (at_close)
      at_close();
    return EnvWrapper::UnlockFile(lock);
  }

private:
  class file final : public rocksdb::WritableFileWrapper {
  public:
    file(std::unique_ptr<rocksdb::WritableFile> real, failing_env& env)
        : WritableFileWrapper(real.get()), real_(std::move(real)), env_(env) {}
    using WritableFileWrapper::Append;
    rocksdb::Status Append(const rocksdb::Slice& data) override {
      if (env_.full)
        return rocksdb::Status::NoSpace("no space left on this test's device");
      return WritableFileWrapper::Append(data);
    }

  private:
    std::unique_ptr<rocksdb::WritableFile> real_;
    failing_env& env_;
  };
};

} // namespace weft::test
