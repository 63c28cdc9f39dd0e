#include "node/peer/grpc_rank_carrier.hpp"

#include "node/peer/grpc_rank_link.hpp"
#include "runtime/base/assert.hpp"

namespace weft {

result<std::shared_ptr<grpc_rank_carrier>> grpc_rank_carrier::make(const rank_carrier_options& options) {
  auto dialer = rank_dialer::make(options.dialer);
  if (!dialer)
    return dialer.error();
  return std::shared_ptr<grpc_rank_carrier>(new grpc_rank_carrier(options, *std::move(dialer)));
}

grpc_rank_carrier::~grpc_rank_carrier() {
  close();
}

result<std::unique_ptr<collective>> grpc_rank_carrier::join(const rank_seat& seat) {
  const auto& group = seat.group;
  WEFT_ASSERT(seat.addresses.size() == group.ranks);
  if (closed_)
    return failure{errc::unavailable, "the node is stopping"};
  auto link =
      grpc_rank_link::make(desk_, dialer_,
                           {.communicator = {.job = seat.job, .epoch = group.epoch, .formation = group.formation},
                            .rank = group.rank,
                            .addresses = seat.addresses,
                            .meet_time = options_.meet_time});
  if (!link)
    return link.error();
  return std::unique_ptr<collective>(std::make_unique<linked_collective>(group, *std::move(link), options_.pieces));
}

void grpc_rank_carrier::close() {
  closed_ = true;
  dialer_->close();
}

} // namespace weft
