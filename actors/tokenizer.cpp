#include "actors/tokenizer.hpp"

#include "actors/parent.hpp"

namespace weft {

tokenizer_actor::behavior_type tokenizer(tokenizer_actor::stateful_pointer<tokenizer_state> self,
                                         const tokenizer_setup& setup) {
  end_with(self, setup.pool);
  return {
      [self, setup](const chunk_ptr& chunk) {
        auto started = self->clock().now();
        auto done = std::make_shared<tokenized_chunk>(tokenize(*setup.model, *chunk));
        done->elapsed = self->clock().now() - started;
        self->send(setup.pool, tokens_atom_v, setup.number, std::move(done));
      },
  };
}

} // namespace weft
