#pragma once

#include "runtime/membership/member_table.hpp"
#include "runtime/ports/cluster_view.hpp"

namespace weft {

/// What a member is to those who give it work, out of what the detector says of it and what it says of itself. One that
/// takes no work by its own word never looks as if it did.
member_condition condition_of(const member_record& record) noexcept;

/// All members of the table: oneself, then the others by name. Weights in hundredths.
cluster_view_ptr make_view(const member_table& members, node_id self, uint64_t version);

} // namespace weft
