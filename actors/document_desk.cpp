#include "actors/document_desk.hpp"

#include <utility>

namespace weft {

void document_desk::edit(context caller, document_edit edit, std::function<void(result<document_state>)> done) {
  // Without a keeper it goes here, and whoever waits hears of that.
  auto asked =
      std::make_shared<document_edit_ask>(document_change{std::move(caller), std::move(edit)}, std::move(done));
  if (auto keeper = current())
    caf::anon_send(keeper, std::move(asked));
}

void document_desk::read(context caller, std::string handle, std::function<void(result<document_text>)> done) {
  auto asked =
      std::make_shared<document_read_ask>(document_query{std::move(caller), std::move(handle)}, std::move(done));
  if (auto keeper = current())
    caf::anon_send(keeper, std::move(asked));
}

void document_desk::lead_to(document_keeper_actor keeper) {
  const std::lock_guard lock{mutex_};
  keeper_ = std::move(keeper);
}

document_keeper_actor document_desk::current() const {
  const std::lock_guard lock{mutex_};
  return keeper_;
}

} // namespace weft
