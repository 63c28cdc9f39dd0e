#pragma once

#include <caf/all.hpp>

namespace weft {

/// The actor quits when its parent has gone, for whatever reason. (A link would do the same, but it also carries the
/// child's death to the parent as an exit, and a killed child would kill it.)
template <class Self, class Parent> void end_with(Self* self, const Parent& parent) {
  self->monitor(parent);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(caf::exit_reason::user_shutdown); });
}

} // namespace weft
