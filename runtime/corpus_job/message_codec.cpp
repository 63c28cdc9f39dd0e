#include "runtime/corpus_job/message_codec.hpp"

#include "runtime/corpus/corpus_codec.hpp"
#include "runtime/corpus_job/record_fields.hpp"
#include "runtime/points/similarity.hpp"

#include <algorithm>
#include <functional>
#include <utility>

namespace weft {
namespace {

constexpr uint8_t message_version = 2; // 1 had no numeric classes
enum class message_kind : uint8_t { order = 1, report };
constexpr uint32_t model_version_bytes_max = 1'024;

// These numbers are in the bytes. Another order needs another message_version.
static_assert(static_cast<int>(corpus_wish::end) == 3 && static_cast<int>(corpus_stage::failed) == 7);
static_assert(static_cast<int>(corpus_step::done) == 6);

template <class Enum> Enum read_enum(record_reader& in, Enum last) {
  return static_cast<Enum>(in.below<uint8_t>(static_cast<uint8_t>(static_cast<uint8_t>(last) + 1)));
}

void put(record_writer& out, const group_worker& worker) {
  out.put(static_cast<uint64_t>(worker.node));
  out.put(static_cast<uint64_t>(worker.boot));
  out.put(worker.number);
}
group_worker read_worker(record_reader& in) {
  const auto node = static_cast<node_id>(in.number<uint64_t>());
  const auto boot = static_cast<boot_epoch>(in.number<uint64_t>());
  return {node, boot, in.number<uint64_t>()};
}

uint64_t read_epoch(record_reader& in) {
  return in.below(corpus_epoch_max);
}

std::string read_short(record_reader& in, size_t bytes_max) {
  const auto text = in.text();
  if (text.size() > bytes_max)
    in.refuse("a text is too long");
  return std::string{text.substr(0, bytes_max)};
}

std::vector<group_worker> read_ranks(record_reader& in) {
  auto out = read_list<group_worker>(in, collective_ranks_max, [&] { return read_worker(in); });
  if (out.empty() || !std::is_sorted(out.begin(), out.end(), std::less_equal<>{}))
    in.refuse("its ranks are not a group");
  return out;
}

void put(record_writer& out, const corpus_load& load) {
  put(out, load.options);
  put_list(out, load.ranks, [&](const group_worker& each) { put(out, each); });
  out.put(load.roster);
  out.put(load.items);
  out.put(load.job_items);
  put(out, load.share);
  out.put(load.from.has_value());
  if (load.from)
    out.put(static_cast<uint8_t>(*load.from));
}
corpus_load read_load(record_reader& in) {
  corpus_load out;
  out.options = read_corpus_options(in);
  out.ranks = read_ranks(in);
  out.roster = in.number<uint64_t>();
  out.items = in.below(corpus_items_max + 1);
  out.job_items = in.number<uint64_t>();
  out.share = read_share(in, out.items);
  if (in.flag())
    out.from = read_enum(in, attached_kind::checkpoint_b);
  if (out.from == attached_kind::outcome)
    in.refuse("an outcome is no checkpoint");
  return out;
}

void put(record_writer& out, const corpus_keep& keep) {
  out.put(static_cast<uint8_t>(keep.kind));
  out.put(keep.generation);
  put(out, keep.gaps);
  out.put(std::string_view{keep.model_version}.substr(0, model_version_bytes_max));
  put(out, keep.precision);
}
corpus_keep read_keep(record_reader& in) {
  corpus_keep out;
  out.kind = read_enum(in, attached_kind::checkpoint_b);
  out.generation = in.below(corpus_epoch_max * generations_of_epoch);
  out.gaps = read_gaps(in);
  out.model_version = read_short(in, model_version_bytes_max);
  out.precision = read_class(in);
  return out;
}

void put(record_writer& out, const loaded_share& loaded) {
  put_list(out, loaded.gaps, [&](const item_run& run) {
    out.put(run.first);
    out.put(run.count);
  });
  out.put(std::string_view{loaded.model_version}.substr(0, model_version_bytes_max));
  out.put(loaded.dimensions);
  put(out, loaded.precision);
}
loaded_share read_loaded(record_reader& in) {
  loaded_share out;
  out.gaps = read_list<item_run>(in, gap_runs_max, [&] {
    const auto first = in.number<uint64_t>();
    return item_run{first, in.number<uint32_t>()};
  });
  out.model_version = read_short(in, model_version_bytes_max);
  out.dimensions = in.below(point_dimensions_max + 1);
  out.precision = read_class(in);
  return out;
}

record_writer begin(message_kind kind) {
  record_writer out;
  out.put(message_version);
  out.put(static_cast<uint8_t>(kind));
  return out;
}

/// Reads a message of this kind with `fields`; all of the bytes are it.
template <class Message, class Fields>
result<Message> read(std::string_view bytes, message_kind kind, std::string_view what, Fields fields) {
  record_reader in{bytes};
  const auto version = in.number<uint8_t>();
  if (in.why().empty() && version != message_version)
    return failure{errc::invalid_argument, std::string{what} + " has version " + std::to_string(version) +
                                               "; this release reads version " + std::to_string(message_version)};
  if (in.number<uint8_t>() != static_cast<uint8_t>(kind))
    in.refuse("it is of another kind");
  Message out = fields(in);
  in.finish();
  if (!in.why().empty())
    return failure{errc::invalid_argument, std::string{what} + " cannot be read: " + std::string{in.why()}};
  return out;
}

} // namespace

std::string encode(const corpus_order& order) {
  auto out = begin(message_kind::order);
  put(out, order.job);
  out.put(order.number);
  out.put(order.epoch);
  put(out, order.coordinator);
  out.put(static_cast<uint8_t>(order.wish));
  out.put(order.load.has_value());
  if (order.load)
    put(out, *order.load);
  out.put(order.keep.has_value());
  if (order.keep)
    put(out, *order.keep);
  return out.take();
}

result<corpus_order> decode_corpus_order(std::string_view bytes) {
  return read<corpus_order>(bytes, message_kind::order, "an order of a corpus job", [](record_reader& in) {
    corpus_order out;
    out.job = read_job(in);
    out.number = in.number<uint64_t>();
    out.epoch = read_epoch(in);
    out.coordinator = read_worker(in);
    out.wish = read_enum(in, corpus_wish::end);
    if (in.flag())
      out.load = read_load(in);
    if (in.flag())
      out.keep = read_keep(in);
    if (out.load.has_value() != (out.wish == corpus_wish::load) || (out.keep && out.wish != corpus_wish::run))
      in.refuse("what it wants and what it brings do not belong together");
    return out;
  });
}

std::string encode(const corpus_report& report) {
  auto out = begin(message_kind::report);
  put(out, report.job);
  out.put(report.number);
  put(out, report.worker);
  out.put(report.epoch);
  out.put(static_cast<uint8_t>(report.stage));
  out.put(report.roster);
  out.put(static_cast<uint8_t>(report.progress.step));
  out.put(report.progress.iteration);
  out.put(report.progress.groups);
  out.put(report.loaded.has_value());
  if (report.loaded)
    put(out, *report.loaded);
  out.put(report.why.has_value());
  if (report.why) {
    out.put(to_string(report.why->code));
    out.put(std::string_view{report.why->message}.substr(0, corpus_message_bytes_max));
  }
  for (const auto number : {report.result_hash, report.kept, report.keep_failed})
    out.put(number);
  return out.take();
}

result<corpus_report> decode_corpus_report(std::string_view bytes) {
  return read<corpus_report>(bytes, message_kind::report, "a report of a corpus job", [](record_reader& in) {
    corpus_report out;
    out.job = read_job(in);
    out.number = in.number<uint64_t>();
    out.worker = read_worker(in);
    out.epoch = read_epoch(in);
    out.stage = read_enum(in, corpus_stage::failed);
    out.roster = in.number<uint64_t>();
    out.progress.step = read_enum(in, corpus_step::done);
    out.progress.iteration = in.number<uint32_t>();
    out.progress.groups = in.number<uint32_t>();
    if (in.flag())
      out.loaded = read_loaded(in);
    if (in.flag()) {
      const auto code = read_code(in);
      out.why = corpus_break{code, read_short(in, corpus_message_bytes_max)};
    }
    if (out.why.has_value() != (out.stage == corpus_stage::failed))
      in.refuse("only a part that failed has a reason");
    for (auto* number : {&out.result_hash, &out.kept, &out.keep_failed})
      *number = in.number<uint64_t>();
    return out;
  });
}

} // namespace weft
