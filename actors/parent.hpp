#pragma once

#include <caf/all.hpp>

#include <exception>
#include <string>

namespace weft {

/// A handler that throws ends its actor, with what it said as the reason: its supervisor logs that. (CAF would print it
/// to stderr.)
template <class Self> void name_exceptions(Self* self) {
  self->set_exception_handler([](std::exception_ptr& thrown) {
    try {
      std::rethrow_exception(thrown);
    } catch (const std::exception& e) {
      return caf::make_error(caf::sec::runtime_error, std::string{e.what()});
    } catch (...) {
      return caf::make_error(caf::sec::runtime_error);
    }
  });
}

/// The actor quits when its parent has gone, for whatever reason. (A link would do the same, but it also carries the
/// child's death to the parent as an exit, and a killed child would kill it.)
template <class Self, class Parent> void end_with(Self* self, const Parent& parent) {
  name_exceptions(self);
  self->monitor(parent);
  self->set_down_handler([self](const caf::down_msg&) { self->quit(caf::exit_reason::user_shutdown); });
}

} // namespace weft
