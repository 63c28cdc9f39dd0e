#include "node/failpoint.hpp"

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdint>
#include <memory>
#include <unistd.h>

namespace weft {

std::function<void(std::string_view)> failpoint_of(const std::map<std::string, std::string>& environment) {
  const auto found = environment.find("WEFT_FAILPOINT");
  if (found == environment.end())
    return nullptr;
  const auto& text = found->second;
  const auto colon = text.rfind(':');
  uint32_t passes = 0;
  if (colon == std::string::npos ||
      std::from_chars(text.data() + colon + 1, text.data() + text.size(), passes).ec != std::errc{} || passes == 0)
    return nullptr;
  auto left = std::make_shared<std::atomic<uint32_t>>(passes);
  return [where = text.substr(0, colon), left](std::string_view place) {
    if (place == where && left->fetch_sub(1) == 1)
      ::kill(::getpid(), SIGKILL);
  };
}

} // namespace weft
