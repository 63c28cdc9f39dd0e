#pragma once

#include "node/model/model_link.hpp"
#include "weft/peer/v1/model.pb.h"

namespace weft {

void write_model_manifest(const model_manifest& manifest, peer::v1::DescribeModelResponse& out);

/// As it was told: check_manifest() says whether it can be used. Takes the texts out of the message. At most 16 files
/// and 64 addresses are read.
model_offer read_model_offer(peer::v1::DescribeModelResponse& in);

} // namespace weft
