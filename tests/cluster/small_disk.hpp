#pragma once

#include "tests/support/temporary_directory.hpp"

#include <cstdint>
#include <filesystem>
#include <string>

namespace weft::test {

/// A file system of its own for this process and those that it starts, of memory; it goes with the last of them.
class small_disk {
public:
  /// size: as mount takes it: "512m".
  explicit small_disk(const std::string& size);
  ~small_disk();
  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  /// Why there is none: mounting is for root.
  const std::string& problem() const { return problem_; }
  std::filesystem::path path() const { return folder_.path(); }

  /// To the last page.
  void fill();
  /// Frees so much, or all that fill() took.
  void make_room(uintmax_t bytes);

private:
  std::filesystem::path filler() const { return folder_.path() / "filler"; }
  temporary_directory folder_;
  std::string problem_;
};

} // namespace weft::test
