#include "runtime/jobs/item_texts.hpp"

#include "runtime/job/record_codec.hpp"
#include "runtime/jobs/job_survey.hpp"
#include "runtime/jobs/text_budget.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <utility>

namespace weft {
namespace {

constexpr uint32_t reads_max = 4;

struct reading : std::enable_shared_from_this<reading> {
  reading(jobs_state& state_, texts_search search_) : state(state_), search(std::move(search_)) {}

  jobs_state& state;
  texts_search search; ///< items ascending, each once
  std::function<void(result<texts_by_item>)> done;
  text_budget texts{item_texts_bytes_max};
  std::vector<uint64_t> whole; ///< ascending: those that are not only shown
  uint64_t bytes = 0;
  size_t next = 0; ///< item
  uint32_t under_way = 0;
  std::optional<failure> problem;

  void begin() {
    whole = search.items;
    std::ranges::sort(whole);
    search.items.insert(search.items.end(), search.shown.begin(), search.shown.end());
    std::ranges::sort(search.items);
    search.items.erase(std::unique(search.items.begin(), search.items.end()), search.items.end());
    go_on();
  }

  /// Where the item is; null: in no segment that is known.
  const segment_holding* segment_of(uint64_t item) const {
    const auto after = std::ranges::upper_bound(search.segments, item, {}, &segment_holding::first_item);
    if (after == search.segments.begin())
      return nullptr;
    const auto& found = *std::prev(after);
    return item < found.first_item + found.items + found.failed ? &found : nullptr;
  }

  void go_on() {
    while (!problem && next < search.items.size() && under_way < reads_max) {
      const auto* segment = segment_of(search.items[next]);
      if (!segment) {
        problem = failure{errc::unavailable,
                          "item " + std::to_string(search.items[next]) + " of the job lies on no node that is there"};
        break;
      }
      const auto first = next;
      const auto end = segment->first_item + segment->items + segment->failed;
      while (next < search.items.size() && search.items[next] < end)
        ++next;
      read(*segment, first, next);
    }
    if (under_way > 0 || !done)
      return;
    auto told = std::exchange(done, {});
    if (problem)
      told(*problem);
    else
      told(texts.take());
  }

  void read(const segment_holding& segment, size_t first, size_t end) {
    ++under_way;
    auto nodes = segment.holders;
    if (const auto own = std::find(nodes.begin(), nodes.end(), state.self); own != nodes.end())
      std::rotate(nodes.begin(), own, own + 1);
    find_record(state, {{search.job, segment.segment}, segment_stage::results, std::move(nodes), search.damaged},
                [me = shared_from_this(), first, end](result<segment_record> record) {
                  --me->under_way;
                  if (record)
                    me->take(*record, first, end);
                  else
                    me->problem = record.error();
                  me->go_on();
                });
  }

  void take(const segment_record& record, size_t first, size_t end) {
    auto results = decode_results(*record.body);
    if (!results) {
      problem = failure{errc::unavailable, results.error().message};
      return;
    }
    for (auto i = first; i < end; ++i) {
      const auto place = search.items[i] - record.meta.first_item; // of another form it may be beyond
      auto text = place < results->texts.size() ? std::move(results->texts[place]) : std::string{};
      bytes += text.size();
      const bool is_whole = std::ranges::binary_search(whole, search.items[i]);
      texts.add(search.items[i], std::move(text), is_whole ? SIZE_MAX : shown_text_bytes_max);
    }
    if (bytes > item_texts_bytes_max && !search.may_cut)
      problem = failure{errc::call_too_large, "the texts have more than " + std::to_string(item_texts_bytes_max) +
                                                  " bytes: ask for fewer items, or read the job's results"};
  }
};

} // namespace

void read_texts(jobs_state& state, texts_search search, std::function<void(result<texts_by_item>)> done) {
  const auto it = std::make_shared<reading>(state, std::move(search));
  it->done = std::move(done);
  state.desk.later([it] { it->begin(); });
}

} // namespace weft
