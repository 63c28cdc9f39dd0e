#pragma once

#include "actors/interfaces.hpp"
#include "runtime/ports/documents.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>

namespace weft {

/// Where transports find the keeper of documents of the moment. What finds none, or one that dies, is answered
/// errc::unavailable. Thread-safe.
class document_desk final : public document_store {
public:
  void edit(context caller, document_edit edit, std::function<void(result<document_state>)> done) override;
  void read(context caller, std::string handle, std::function<void(result<document_text>)> done) override;

  void lead_to(document_keeper_actor keeper);

private:
  document_keeper_actor current() const;

  mutable std::mutex mutex_; ///< held for a copy
  document_keeper_actor keeper_;
};

} // namespace weft
