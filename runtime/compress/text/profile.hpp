#pragma once

#include "runtime/compress/unit.hpp"

namespace weft {

/// What the text of a document is like, from its units; of a large text from three samples of them. Every word is
/// counted as it stands; words of other scripts than Latin, Greek and Cyrillic are estimated at two characters each.
text_profile profile_of(const document& source);

} // namespace weft
