#include "tools/weft/byte_reader.hpp"

#include "runtime/base/assert.hpp"

#include <cerrno>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

namespace weft::cli {

stop_signal::stop_signal() : descriptor_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  WEFT_ASSERT(descriptor_ >= 0);
}

stop_signal::~stop_signal() {
  close(descriptor_);
}

void stop_signal::give() noexcept {
  const uint64_t one = 1;
  // A full counter means that the signal was given already.
  [[maybe_unused]] const auto written = write(descriptor_, &one, sizeof one);
}

byte_reader::byte_reader(int descriptor, const stop_signal& stop)
    : descriptor_(descriptor), stop_(stop), buffer_(std::make_unique<char[]>(buffer_bytes)) {}

byte_reader::~byte_reader() {
  if (descriptor_ != STDIN_FILENO)
    close(descriptor_);
}

bool byte_reader::wait() const {
  pollfd wanted[2] = {{descriptor_, POLLIN, 0}, {stop_.descriptor(), POLLIN, 0}};
  while (poll(wanted, 2, -1) < 0)
    if (errno != EINTR)
      return false;
  return wanted[1].revents == 0;
}

std::string_view byte_reader::peek() {
  while (begin_ == end_ && !ended_) {
    if (!wait()) {
      ended_ = true;
      break;
    }
    const ssize_t got = read(descriptor_, buffer_.get(), buffer_bytes);
    if (got < 0 && (errno == EINTR || errno == EAGAIN))
      continue;
    error_ = got < 0 ? errno : 0;
    ended_ = got <= 0;
    begin_ = 0;
    end_ = got > 0 ? static_cast<size_t>(got) : 0;
  }
  return {buffer_.get() + begin_, end_ - begin_};
}

void byte_reader::consume(size_t bytes) {
  WEFT_ASSERT(bytes <= end_ - begin_);
  begin_ += bytes;
  bytes_read_ += bytes;
}

} // namespace weft::cli
