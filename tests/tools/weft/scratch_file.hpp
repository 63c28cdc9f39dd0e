#pragma once

#include <string>

namespace weft::test {

/// A file with this content that goes with the object.
class scratch_file {
public:
  explicit scratch_file(const std::string& content);
  scratch_file(const scratch_file&) = delete;
  scratch_file& operator=(const scratch_file&) = delete;
  ~scratch_file();
  const std::string& path() const { return path_; }

private:
  std::string path_;
};

} // namespace weft::test
