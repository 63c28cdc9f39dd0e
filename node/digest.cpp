#include "node/digest.hpp"

#include <openssl/evp.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>
#include <vector>

namespace weft {
namespace {

constexpr size_t chunk_bytes = 1'048'576;

std::string hex(const unsigned char* bytes, size_t count) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (size_t i = 0; i < count; ++i) {
    out += digits[bytes[i] >> 4];
    out += digits[bytes[i] & 15];
  }
  return out;
}

} // namespace

running_sha256::running_sha256() : context_(EVP_MD_CTX_new(), EVP_MD_CTX_free) {
  WEFT_ASSERT(context_ != nullptr);
  WEFT_ASSERT(EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) == 1);
}

void running_sha256::add(std::string_view bytes) {
  WEFT_ASSERT(EVP_DigestUpdate(context_.get(), bytes.data(), bytes.size()) == 1);
}

std::string running_sha256::take() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned bytes = 0;
  WEFT_ASSERT(EVP_DigestFinal_ex(context_.get(), digest.data(), &bytes) == 1);
  return hex(digest.data(), bytes);
}

result<std::string> sha256_of_file(const std::filesystem::path& path) {
  const auto failed = [] { return failure{.code = errc::unavailable, .message = std::strerror(errno)}; };
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return failed();
  const std::unique_ptr<const int, void (*)(const int*)> closer{&file, [](const int* f) { ::close(*f); }};
  running_sha256 hash;
  std::vector<char> chunk(chunk_bytes);
  while (true) {
    const auto count = ::read(file, chunk.data(), chunk.size());
    if (count < 0 && errno == EINTR)
      continue;
    if (count < 0)
      return failed();
    if (count == 0)
      break;
    hash.add({chunk.data(), static_cast<size_t>(count)});
  }
  return hash.take();
}

std::string sha256_of_text(std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned bytes = 0;
  WEFT_ASSERT(EVP_Digest(text.data(), text.size(), digest.data(), &bytes, EVP_sha256(), nullptr) == 1);
  return hex(digest.data(), bytes);
}

} // namespace weft
