#pragma once

#include "actors/interfaces.hpp"
#include "runtime/ports/call.hpp"

#include <cstdint>
#include <utility>

namespace weft {

/// Items of a job, behind the call port, so that they take the way of any call: cache, router, batches, retries. The
/// answer, whatever it is, goes to the keeper as a message; also when everybody lets go of it.
class job_call final : public call {
public:
  job_call(weft::context context, embed_request request, job_keeper_actor keeper, uint64_t run)
      : call(std::move(context), std::move(request)), keeper_(std::move(keeper)), run_(run) {}
  ~job_call() override;

private:
  void on_reply(embed_result&& value) noexcept override { tell(std::move(value)); }
  void on_fail(failure&& reason) noexcept override { tell(std::move(reason)); }
  void tell(result<embed_result> outcome) noexcept;

  const job_keeper_actor keeper_;
  const uint64_t run_;
};

} // namespace weft
