#include "tools/weft/npy_writer.hpp"

#include "tools/weft/utf8.hpp"

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <limits>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>
#include <vector>

namespace weft::cli {

static_assert(std::endian::native == std::endian::little, "floats are written as they are in memory");

std::array<char, npy_header_bytes> npy_header(uint64_t rows, uint64_t columns) {
  // Magic, version 1.0, and the length of what follows: 2 bytes, little-endian. Then a Python literal with spaces and
  // an end of line behind it; the whole is a multiple of 64, so that the data is aligned.
  constexpr size_t prefix = 10;
  constexpr size_t length = npy_header_bytes - prefix;
  const std::string text = "{'descr': '<f4', 'fortran_order': False, 'shape': (" + std::to_string(rows) + ", " +
                           std::to_string(columns) + "), }";
  std::array<char, npy_header_bytes> out{};
  out.fill(' ');
  std::memcpy(out.data(), "\x93NUMPY\x01\x00", 8);
  out[8] = static_cast<char>(length & 0xFF);
  out[9] = static_cast<char>(length >> 8);
  std::copy(text.begin(), text.end(), out.begin() + prefix); // 92 bytes at most
  out.back() = '\n';
  return out;
}

npy_writer::npy_writer(std::string file) : file_(std::move(file)), partial_(file_ + ".partial") {}

npy_writer::~npy_writer() {
  out_.reset();
  if (descriptor_ < 0)
    return;
  close(descriptor_);
  unlink(partial_.c_str());
}

std::string npy_writer::trouble(int error) const {
  return "cannot write '" + printable(file_) + "': " + std::strerror(error);
}

std::string npy_writer::open() {
  struct stat about {};
  if (stat(file_.c_str(), &about) == 0 && !S_ISREG(about.st_mode)) // else it would turn out at the end of the work
    return "cannot write '" + printable(file_) + "': " + (S_ISDIR(about.st_mode) ? "a directory" : "not a file") +
           " has this name";
  descriptor_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor_ < 0)
    return trouble(errno);
  out_ = std::make_unique<out_file>(descriptor_);
  const auto place = npy_header(0, 0); // of the header that is known at the end
  out_->write({place.data(), place.size()});
  return {};
}

std::string npy_writer::write(std::span<const float> vector) {
  const bool written = out_->write({reinterpret_cast<const char*>(vector.data()), vector.size_bytes()});
  return written ? std::string{} : trouble(out_->error());
}

std::string npy_writer::add(std::span<const float> vector) {
  if (!columns_) { // now it is known how long the missing rows before are
    columns_ = vector.size();
    for (uint64_t missing = std::exchange(rows_, 0); missing > 0; --missing)
      if (auto why = add_missing(); !why.empty())
        return why;
  }
  if (vector.size() != *columns_)
    return "row " + std::to_string(rows_) + " has " + std::to_string(vector.size()) + " dimensions, those before " +
           std::to_string(*columns_);
  ++rows_;
  return write(vector);
}

std::string npy_writer::add_missing() {
  ++rows_;
  if (!columns_)
    return {};
  return write(std::vector<float>(*columns_, std::numeric_limits<float>::quiet_NaN()));
}

std::string npy_writer::finish() {
  if (!out_->flush())
    return trouble(out_->error());
  const auto header = npy_header(rows_, columns());
  if (pwrite(descriptor_, header.data(), header.size(), 0) != static_cast<ssize_t>(header.size()) ||
      fsync(descriptor_) != 0 || std::rename(partial_.c_str(), file_.c_str()) != 0)
    return trouble(errno);
  out_.reset();
  close(std::exchange(descriptor_, -1));
  return {};
}

} // namespace weft::cli
