#include "runtime/compute/model/file_mapping.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace weft {

namespace {

failure system_failure(const std::filesystem::path& path, int error) {
  return {errc::model_unusable, path.string() + ": " + std::generic_category().message(error)};
}

} // namespace

result<std::shared_ptr<const file_mapping>> file_mapping::open(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return system_failure(path, errno);
  struct ::stat about {};
  if (::fstat(file, &about) != 0 || !S_ISREG(about.st_mode)) {
    ::close(file);
    return failure{errc::model_unusable, path.string() + ": not a regular file"};
  }
  const auto size = static_cast<size_t>(about.st_size);
  if (size == 0) { // mmap refuses empty files
    ::close(file);
    return std::shared_ptr<const file_mapping>(new file_mapping(nullptr, 0));
  }
  void* data = ::mmap(nullptr, size, PROT_READ, MAP_SHARED, file, 0);
  const int error = errno;
  ::close(file);
  if (data == MAP_FAILED)
    return system_failure(path, error);
  return std::shared_ptr<const file_mapping>(new file_mapping(static_cast<const std::byte*>(data), size));
}

file_mapping::~file_mapping() {
  if (data_)
    ::munmap(const_cast<std::byte*>(data_), size_);
}

} // namespace weft
