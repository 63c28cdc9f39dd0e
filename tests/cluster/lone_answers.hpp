#pragma once

#include "weft/v1/embed.pb.h"

#include <cstdint>
#include <string>
#include <vector>

namespace weft::test {

/// Seeded short texts, and their vectors as one node computes them that is alone and has no cache: what every reply of
/// a cluster is compared with.
class lone_answers {
public:
  /// Starts that node, and ends it.
  lone_answers(size_t count, uint64_t seed);

  size_t size() const { return texts_.size(); }
  const std::string& text(size_t i) const { return texts_[i]; }
  /// A call for these texts.
  v1::EmbedRequest request(const std::vector<size_t>& indices) const;

  /// "" when the reply has the right vectors for these texts, else what is wrong. Within one numeric class they are
  /// equal to the bit wherever they were computed; across classes to a cosine of 0.9995.
  std::string differs(const std::vector<size_t>& indices, const v1::EmbedResponse& reply) const;

private:
  std::string differs(size_t index, const v1::Embedding& got, bool same_class) const;

  std::vector<std::string> texts_;
  std::vector<v1::Embedding> vectors_;
  std::string precision_;
};

/// The texts of all tests of a program: computed once.
const lone_answers& known_answers();

} // namespace weft::test
