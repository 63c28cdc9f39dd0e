#pragma once

#include "tools/weft/options.hpp"

#include <string>

namespace weft::cli {

/// What a person whose command stops waiting should know: lines with their ends.
std::string how_to_go_on(const std::string& id);

/// Shows a job until it has ended: one line that changes on a terminal, else a line for each piece of news (an object
/// where JSON was asked for); the last one goes to standard output in any case. `only_last`: the news between are not
/// printed where they are no line that changes.
/// Where the command that waits fails or is ended, it says how to look at the job again.
exit_code show_until_end(session& s, client& to, const std::string& id, bool only_last);

} // namespace weft::cli
