#pragma once

#include "runtime/base/mix_bits.hpp"
#include "runtime/job/record_codec.hpp"
#include "runtime/jobs/jobs_core.hpp"
#include "runtime/jobs/repair_core.hpp"

#include <algorithm>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace weft {

/// A segment's texts or results, made up.
inline segment_record made_segment(uint64_t job, uint32_t index, bool results, const std::string& text = "t") {
  const segment_id id{{job, job}, index};
  if (!results)
    return make_record(id, index, segment_texts{{}, {text}});
  segment_results made;
  made.model = text;
  made.items.resize(1);
  return make_record(id, index, made);
}

inline job_header made_header(uint64_t job, job_state state = job_state::running) {
  job_header header;
  header.id = {job, job};
  header.state = state;
  return header;
}

/// Some nodes with tables in memory, each with a repair_core; what is asked arrives at the next turn.
struct repair_bench {
  struct node {
    std::map<job_id, job_header> headers;
    std::map<segment_id, segment_record> segments;
    std::set<node_id> view; ///< itself too
    bool is_cut = false;
    bool spoils = false; ///< what it sends arrives with other bytes
    std::unique_ptr<repair_core> core;
  };
  struct question {
    node_id from{};
    repair_ask ask;
  };

  explicit repair_bench(uint64_t count, repair_options options = {}) : options_(options) {
    for (uint64_t id = 1; id <= count; ++id)
      add(node_id{id});
    see_all();
  }

  node& at(uint64_t id) { return nodes.at(node_id{id}); }
  owner_list owners_of(node_id self, segment_id id) {
    std::vector<placement_node> placed;
    for (const auto other : nodes.at(self).view)
      placed.push_back({other, 100, ""});
    return placement{placed}.owners(key_of(id), 3);
  }
  static cache_key key_of(segment_id id) {
    return {id.job.low * 0x9e3779b97f4a7c15ULL, id.index * 0xbf58476d1ce4e5b9ULL};
  }

  void set_view(uint64_t id, std::set<node_id> view) {
    auto& it = at(id);
    it.view = std::move(view);
    uint64_t hash = 0;
    std::vector<node_id> others;
    for (const auto other : it.view) {
      hash += mix_bits(static_cast<uint64_t>(other));
      if (other != node_id{id})
        others.push_back(other);
    }
    it.core->set_view(hash, others, false, now);
  }
  void see_all() {
    std::set<node_id> all;
    for (const auto& [id, it] : nodes)
      all.insert(id);
    for (const auto& [id, it] : nodes)
      set_view(static_cast<uint64_t>(id), all);
  }
  void put(uint64_t id, const segment_record& record) { at(id).segments[record.meta.id] = record; }

  void run_for(duration time) {
    for (const auto end = now + time; now < end; now += std::chrono::milliseconds{50})
      turn();
  }
  void turn() {
    for (auto& [id, it] : nodes) {
      if (const auto next = it.core->next_wake(); next && *next <= now)
        it.core->tick(now);
      act(id);
    }
    for (auto& asked : std::exchange(questions, {})) {
      ++messages;
      auto answer = ask(asked);
      auto& asker = nodes.at(asked.from);
      asker.core->answered(asked.ask.ticket, std::move(answer), now);
      act(asked.from);
    }
  }

  std::map<node_id, node> nodes;
  time_point now = time_point{} + std::chrono::hours{1};
  std::deque<question> questions;
  uint64_t messages = 0;
  uint64_t bodies = 0; ///< segments that travelled

private:
  void add(node_id id) {
    auto& it = nodes[id];
    repair_source source;
    source.each_header = [&it](const auto& visit) {
      for (const auto& [job, header] : it.headers)
        visit(header);
    };
    source.each_segment = [&it](const auto& visit) {
      for (const auto& [segment, record] : it.segments)
        visit(record.meta);
    };
    source.header = [&it](job_id job) {
      const auto found = it.headers.find(job);
      return found == it.headers.end() ? nullptr : &found->second;
    };
    source.segment = [&it](segment_id segment) {
      const auto found = it.segments.find(segment);
      return found == it.segments.end() ? nullptr : &found->second.meta;
    };
    source.owners = [this, id](segment_id segment) { return owners_of(id, segment); };
    it.core = std::make_unique<repair_core>(id, std::move(source), options_);
  }
  static void take(node& it, const std::vector<job_header>& headers, const std::vector<segment_record>& segments) {
    for (const auto& header : headers)
      if (const auto [found, is_new] = it.headers.emplace(header.id, header); !is_new)
        merge(found->second, header);
    for (const auto& record : segments)
      if (const auto [found, is_new] = it.segments.emplace(record.meta.id, record);
          !is_new && supersedes(record.meta, found->second.meta))
        found->second = record;
  }
  void act(node_id id) {
    auto& it = nodes.at(id);
    for (auto effects = it.core->take_effects(); !effects.empty(); effects = it.core->take_effects())
      for (auto& effect : effects) {
        if (auto* ask = std::get_if<repair_ask>(&effect)) {
          questions.push_back({id, std::move(*ask)});
        } else if (auto* read = std::get_if<repair_read>(&effect)) {
          it.core->read(read->ticket, records_of(it, read->ids), now);
        } else if (auto* taken = std::get_if<repair_take>(&effect)) {
          take(it, taken->headers, taken->segments);
        } else if (auto* drop = std::get_if<repair_drop>(&effect)) {
          for (const auto& segment : drop->ids)
            it.segments.erase(segment);
        }
      }
  }
  static std::vector<std::optional<segment_record>> records_of(const node& it, const std::vector<segment_id>& ids) {
    std::vector<std::optional<segment_record>> records;
    for (const auto& id : ids) {
      const auto found = it.segments.find(id);
      records.push_back(found == it.segments.end() ? std::nullopt : std::optional{found->second});
    }
    return records;
  }
  result<job_answer> ask(const question& asked) {
    auto& it = nodes.at(asked.ask.to);
    if (it.is_cut || nodes.at(asked.from).is_cut)
      return failure{errc::unavailable, "cut"};
    if (const auto* keep = std::get_if<keep_records>(&asked.ask.request)) {
      take(it, keep->headers, keep->segments);
      bodies += keep->segments.size();
      return job_answer{records_kept{}};
    }
    if (const auto* fetch = std::get_if<fetch_segments>(&asked.ask.request)) {
      segments_fetched found{records_of(it, fetch->ids)};
      for (auto& record : found.segments) {
        bodies += record.has_value();
        if (record && it.spoils)
          record->body = std::make_shared<const std::string>(*record->body + "x");
      }
      return job_answer{std::move(found)};
    }
    if (const auto* survey = std::get_if<survey_job>(&asked.ask.request)) {
      job_surveyed told;
      for (const auto& [id, record] : it.segments)
        if (id.job == survey->job && id.index >= survey->first_segment)
          told.segments.push_back(record.meta);
      return job_answer{std::move(told)};
    }
    return job_answer{it.core->compare(std::get<compare_records>(asked.ask.request))};
  }

  repair_options options_;
};

} // namespace weft
