#pragma once

#include "actors/question_slip.hpp"
#include "runtime/compress/document/document_step.hpp"
#include "runtime/job/context.hpp"
#include "runtime/ports/documents.hpp"
#include "runtime/ports/entry_link.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace weft {

struct document_change {
  context caller;
  document_edit edit;
};
/// Errors: as document_store::edit() says.
using document_edit_ask = question_slip<document_change, document_state>;

struct document_query {
  context caller;
  std::string handle;
};
/// Errors: as document_store::read() says.
using document_read_ask = question_slip<document_query, document_text>;

/// What one place answered to a part of a step's question.
struct document_reply {
  uint64_t operation = 0;
  std::vector<size_t> at; ///< of the step's keys or entries: those that it was asked about
  std::variant<result<found_entries>, status> answer;
};

} // namespace weft
