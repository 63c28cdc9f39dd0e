#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace weft {

/// For tests of what a crash leaves behind: WEFT_FAILPOINT="PLACE:N" ends the process, as kill -9 does, when PLACE
/// (job_options::failpoint) is passed for the Nth time. Empty where the variable is not set or is not of that form.
std::function<void(std::string_view place)> failpoint_of(const std::map<std::string, std::string>& environment);

} // namespace weft
