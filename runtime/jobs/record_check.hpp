#pragma once

#include "runtime/job/record_codec.hpp"

namespace weft {

/// Whether a segment that another node sent is what it says it is: the tables believe the metas.
inline bool is_sound(const segment_record& segment) {
  return segment.body && segment.meta.items > 0 && segment.meta.items <= segment_items_max &&
         segment.meta.bytes == segment.body->size() && segment.meta.hash == body_hash(*segment.body);
}

} // namespace weft
