#include "actors/device_group.hpp"

#include <exception>
#include <new>
#include <utility>

namespace weft {
namespace {

/// On a thread aside: what throws there is memory, mostly.
template <class Task> auto guarded(const Task& task) -> decltype(task()) {
  try {
    return task();
  } catch (const std::bad_alloc&) {
    return failure{errc::overloaded, "there is no memory for the vectors of this corpus"};
  } catch (const std::exception& thrown) {
    return failure{errc::internal, std::string{"work on a corpus failed: "} + thrown.what()};
  }
}

struct planned_record {
  segment_record record;
  planned_segment wanted;
};

result<std::vector<corpus_segment_ptr>> decode(const std::vector<planned_record>& records) {
  return guarded([&]() -> result<std::vector<corpus_segment_ptr>> {
    std::vector<corpus_segment_ptr> out;
    for (const auto& [record, wanted] : records) {
      auto read = read_corpus_segment(record, wanted);
      if (!read)
        return read.error();
      out.push_back(*std::move(read));
    }
    return out;
  });
}

using hits_of_queries = std::vector<std::vector<search_hit>>;

} // namespace

void device_group_state::perform(feed_corpus& it, const corpus_slip_ptr& asked) {
  if (it.epoch != 0 && !find(it.job, it.epoch))
    return asked->fail({errc::cancelled, "the node takes part in another epoch of this corpus now"});
  std::vector<planned_record> records;
  for (auto& record : it.records)
    if (const auto wanted = store_->wanted(it.job, record.meta.id.index))
      records.push_back({std::move(record), *wanted});
  it.records.clear();
  setup_.services->aside([asked, records = std::move(records), hdl = device_group_actor{self_}] {
    caf::anon_send(hdl,
                   std::make_shared<corpus_notice>(corpus_notice{corpus_notices::decoded{asked, decode(records)}}));
  });
}

void device_group_state::on(corpus_notices::decoded& it) {
  const auto& fed = std::get<feed_corpus>(it.asked->effect);
  auto* mine = find(fed.job, fed.epoch);
  if (fed.epoch != 0 && !mine)
    return it.asked->fail({errc::cancelled, "the node takes part in another epoch of this corpus now"});
  const auto added = it.segments ? store_->add(fed.job, *it.segments) : status{std::move(it.segments.error())};
  if (mine && !added)
    give_way(fed.job, *mine, added.error());
  it.asked->end(corpus_events::fed{fed.job, fed.epoch, added, fed.number});
}

void device_group_state::perform(encode_corpus& it, const corpus_slip_ptr& asked) {
  auto* mine = find(it.job, it.epoch);
  const bool is_outcome = it.keep.kind == attached_kind::outcome;
  if (!mine || (is_outcome ? !mine->outcome : !mine->checkpoint))
    return asked->fail({errc::unavailable, is_outcome ? "this node has no result of the corpus"
                                                      : "this node has no checkpoint of the corpus"});
  setup_.services->aside([asked, outcome = mine->outcome, checkpoint = mine->checkpoint, roster = mine->load.roster] {
    auto& [job, epoch, keep] = std::get<encode_corpus>(asked->effect);
    auto bytes = guarded([&]() -> result<std::string> {
      if (keep.kind == attached_kind::outcome)
        return encode(corpus_outcome{*outcome, errc::none, {}, keep.gaps, keep.model_version, keep.precision});
      return encode(kept_checkpoint{roster, *checkpoint});
    });
    asked->end(corpus_events::encoded{job, epoch, keep.generation, std::move(bytes)});
  });
}

void device_group_state::perform(search_corpus_share& it, const corpus_slip_ptr& asked) {
  if (!is_scale(it.scale_exponent) || it.share.empty())
    return asked->fail({errc::invalid_argument, "a search needs a share of the corpus, and its scale"});
  if (searches_ >= setup_.options.searches_max)
    return asked->fail({errc::overloaded,
                        "the node searches as many corpora as it may",
                        {{"limit", std::to_string(setup_.options.searches_max)}},
                        std::chrono::milliseconds{500}});
  auto share = store_->find(it.job, it.share);
  if (!share)
    return asked->fail({errc::unavailable, "the vectors of the corpus had to go for others: search again"});
  ++searches_;
  ++counters_.searches;
  if (auto shard = store_->shard(it.job, it.share, it.scale_exponent, now())) {
    store_->begin_search(it.job);
    return search(asked, std::move(shard));
  }
  if (const auto made = making_.find(it.job); made != making_.end())
    return made->second.push_back(asked);
  if (auto room = store_->reserve_shard(it.job, *share); !room) {
    --searches_;
    return asked->fail(std::move(room.error()));
  }
  store_->begin_search(it.job);
  making_[it.job];
  make_and_search(asked, *std::move(share));
}

void device_group_state::make_and_search(const corpus_slip_ptr& asked, std::vector<placed_segment> share) {
  setup_.services->aside([asked, share = std::move(share), hdl = device_group_actor{self_}] {
    auto& it = std::get<search_corpus_share>(asked->effect);
    corpus_notices::searched notice{it.job, true};
    auto hits = guarded([&]() -> result<hits_of_queries> {
      notice.shard = std::make_shared<const corpus_shard>(make_search_shard(share, it.scale_exponent));
      if (auto checked = check_search(*notice.shard, it.queries, it.options); !checked)
        return checked.error();
      return search_shard(*notice.shard, it.queries, it.options);
    });
    if (notice.shard)
      notice.share = std::move(it.share);
    asked->end(corpus_events::found{it.ticket, std::move(hits)});
    caf::anon_send(hdl, std::make_shared<corpus_notice>(corpus_notice{std::move(notice)}));
  });
}

/// A large one by a device, where there is one.
void device_group_state::search(const corpus_slip_ptr& asked, std::shared_ptr<const corpus_shard> shard) {
  const auto& wanted = std::get<search_corpus_share>(asked->effect);
  auto points = store_->shard_points(wanted.job);
  const uint64_t products = uint64_t{wanted.queries.size()} / shard->dimensions * points->values.size();
  auto go_on = [this, asked, shard = std::move(shard),
                points = std::move(points)](const std::vector<corpus_engine>& engines) {
    setup_.services->aside([asked, shard, points, hdl = device_group_actor{self_},
                            engine = engines.empty() ? corpus_engine{} : engines.front()] {
      auto& it = std::get<search_corpus_share>(asked->effect);
      auto hits = guarded([&]() -> result<hits_of_queries> {
        if (auto checked = check_search(*shard, it.queries, it.options); !checked)
          return checked.error();
        return engine ? search_shard_on(engine, *shard, points, it.queries, it.options)
                      : search_shard(*shard, it.queries, it.options);
      });
      asked->end(corpus_events::found{it.ticket, std::move(hits)});
      caf::anon_send(hdl, std::make_shared<corpus_notice>(corpus_notice{corpus_notices::searched{it.job}}));
    });
  };
  if (products < setup_.options.search_products_min)
    return go_on({});
  with_engines(setup_.options.search_patience, std::move(go_on));
}

void device_group_state::on(corpus_notices::searched& it) {
  --searches_;
  if (it.was_maker)
    store_->free_shard(it.job);
  if (it.shard)
    store_->keep_shard(it.job, std::move(it.share), std::move(it.shard));
  store_->end_search(it.job);
  if (!it.was_maker)
    return;
  auto waited = making_.extract(it.job);
  if (!waited)
    return;
  for (const auto& asked : waited.mapped()) {
    --searches_;
    --counters_.searches;
    std::visit([&](auto& effect) { perform(effect, asked); }, asked->effect);
  }
}

} // namespace weft
