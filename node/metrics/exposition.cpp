#include "node/metrics/exposition.hpp"

#include <prometheus/text_serializer.h>

#include <iterator>

namespace weft {

std::string expose(const std::vector<std::shared_ptr<const prometheus::Collectable>>& collectors) {
  std::vector<prometheus::MetricFamily> families;
  for (const auto& collector : collectors) {
    auto part = collector->Collect();
    // A family without series would be a HELP line alone.
    for (auto& family : part)
      if (!family.metric.empty())
        families.push_back(std::move(family));
  }
  return prometheus::TextSerializer{}.Serialize(families);
}

} // namespace weft
