#include "node/peer/convert_ranks.hpp"

#include "runtime/ports/collective.hpp"

#include <string>

namespace weft {

void write_rank_pair(const rank_pair& from, peer::v1::RankPair& to) {
  to.mutable_job()->set_high(from.communicator.job.high);
  to.mutable_job()->set_low(from.communicator.job.low);
  to.set_epoch(from.communicator.epoch);
  to.set_ranks(from.ranks);
  to.set_from(from.from);
  to.set_to(from.to);
  to.set_formation(from.communicator.formation);
}

result<rank_pair> read_rank_pair(const peer::v1::RankPair& from) {
  if (from.ranks() > collective_ranks_max)
    return failure{errc::invalid_argument,
                   "a communicator of " + std::to_string(from.ranks()) + " ranks",
                   {{"limit", std::to_string(collective_ranks_max)}}};
  if (from.from() >= from.to() || from.to() >= from.ranks())
    return failure{errc::invalid_argument, "no stream goes from rank " + std::to_string(from.from()) + " to rank " +
                                               std::to_string(from.to()) + " of " + std::to_string(from.ranks())};
  return rank_pair{.communicator = {.job = {.high = from.job().high(), .low = from.job().low()},
                                    .epoch = from.epoch(),
                                    .formation = from.formation()},
                   .ranks = from.ranks(),
                   .from = from.from(),
                   .to = from.to()};
}

} // namespace weft
