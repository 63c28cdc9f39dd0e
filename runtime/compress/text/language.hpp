#pragma once

#include <span>
#include <string>
#include <string_view>

namespace weft {

/// ISO 639-1 of what the parts are written in: by script (zh, ja, ko, ru, uk, el, ar, fa, he, hi, th), and where that
/// is Latin by the commonest words (en, de, fr, es, it, pt, nl, sv, da, pl); "und" where neither tells. REQUIRES: valid
/// UTF-8.
std::string language_of(std::span<const std::string_view> parts);

} // namespace weft
