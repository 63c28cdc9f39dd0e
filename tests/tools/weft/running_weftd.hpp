#pragma once

#include "tests/support/temporary_directory.hpp"

#include <cstdint>
#include <string>
#include <sys/types.h>
#include <vector>

namespace weft::test {

/// The real weftd with the real model in a process of its own, on free ports of this machine. Gone with the object.
class running_weftd {
public:
  /// more: flags beside addresses, folders and the model.
  explicit running_weftd(const std::vector<std::string>& more = {});
  running_weftd(const running_weftd&) = delete;
  running_weftd& operator=(const running_weftd&) = delete;
  ~running_weftd();

  const std::string& endpoint() const { return endpoint_; }
  /// The most bytes that were resident so far.
  uint64_t memory_peak() const;
  /// SIGTERM, then its exit status.
  int stop();

private:
  temporary_directory folder_;
  std::string endpoint_;
  pid_t process_ = -1;
};

} // namespace weft::test
