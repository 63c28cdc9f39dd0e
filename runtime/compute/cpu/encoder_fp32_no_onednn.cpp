#include "runtime/compute/cpu/encoder_fp32.hpp"

namespace weft {

cpu_encoder_factory_ptr make_fp32_onednn_factory(std::shared_ptr<const bert_weights>) {
  return nullptr;
}

} // namespace weft
