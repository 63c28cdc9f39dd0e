#include "runtime/jobs/segment_cutter.hpp"

#include <utility>

namespace weft {

std::vector<segment_cutter::cut> segment_cutter::add(std::vector<std::string> texts) {
  std::vector<cut> out;
  for (auto& text : texts) {
    // A text that would pass the limit begins the next segment, so that only one alone may be larger.
    if (!texts_.empty() && bytes_ + text.size() > segment_bytes_max)
      out.push_back(close());
    if (texts_.empty())
      texts_.reserve(segment_items_max);
    bytes_ += text.size();
    texts_.push_back(std::move(text));
    if (texts_.size() == segment_items_max || bytes_ >= segment_bytes_max)
      out.push_back(close());
  }
  return out;
}

segment_cutter::cut segment_cutter::finish() {
  return close();
}

segment_cutter::cut segment_cutter::close() {
  cut out{index_, first_item_, std::exchange(texts_, {})};
  bytes_ = 0;
  first_item_ += out.texts.size();
  if (!out.texts.empty())
    ++index_;
  return out;
}

} // namespace weft
