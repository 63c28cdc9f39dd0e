#include "runtime/corpus/corpus_codec.hpp"

#include "runtime/job/record_bytes.hpp"
#include "runtime/points/kmeans_steps.hpp"

#include <algorithm>
#include <xxhash.h>

namespace weft {

namespace {

/// Of the layout below. 1 had no labels.
constexpr uint8_t codec_version = 2;
enum class record_kind : uint8_t { checkpoint = 1, outcome, options };
constexpr size_t checksum_bytes = 8;
/// scale_of() stays within.
constexpr int32_t exponent_max = 126;

// These numbers are in the bytes. Another order or another step in between needs another codec_version.
static_assert(static_cast<int>(corpus_step::seeds) == 1 && static_cast<int>(corpus_step::extract) == 5);

void put(record_writer& out, const corpus_facts& facts) {
  out.put(facts.items);
  out.put(facts.dimensions);
  out.put(static_cast<uint32_t>(facts.scale_exponent));
  out.put(facts.squares);
  out.put(facts.fingerprint);
}

corpus_facts read_facts(record_reader& in) {
  corpus_facts facts;
  facts.items = in.below(corpus_items_max + 1);
  facts.dimensions = in.below(point_dimensions_max + 1);
  facts.scale_exponent = static_cast<int32_t>(in.number<uint32_t>());
  facts.squares = in.number<uint64_t>();
  facts.fingerprint = in.number<uint64_t>();
  if (facts.items == 0 || facts.dimensions == 0)
    in.refuse("it is of no items");
  if (facts.scale_exponent < -exponent_max || facts.scale_exponent > exponent_max)
    in.refuse("a scale is out of its range");
  return facts;
}

void put(record_writer& out, const std::vector<int8_t>& centroids) {
  out.put(std::string_view(reinterpret_cast<const char*>(centroids.data()), centroids.size()));
}

/// Up to an item a cluster.
std::vector<int8_t> read_centroids(record_reader& in, const corpus_facts& facts) {
  const auto bytes = in.text();
  if (!in.why().empty())
    return {};
  const size_t clusters = bytes.size() / facts.dimensions;
  if (bytes.size() % facts.dimensions != 0 || clusters > facts.items || clusters > kmeans_clusters_max)
    in.refuse("centroids do not fit the corpus");
  return {bytes.begin(), bytes.end()};
}

/// `read_one` as often as a count says; no length is believed beyond the bytes that are there.
template <class Item, class Read> std::vector<Item> read_list(record_reader& in, uint64_t count_max, Read read_one) {
  std::vector<Item> list;
  const auto count = in.number<uint32_t>();
  if (count > count_max)
    in.refuse("a list is longer than it can be");
  for (uint32_t i = 0; i < count && in.why().empty(); ++i)
    list.push_back(read_one());
  return list;
}

void put(record_writer& out, const std::vector<near_duplicate>& duplicates) {
  out.put(static_cast<uint32_t>(duplicates.size()));
  for (const auto& each : duplicates) {
    out.put(each.item);
    out.put(each.kept);
  }
}

std::vector<near_duplicate> read_duplicates(record_reader& in, const corpus_facts& facts) {
  uint64_t least = 0;
  std::vector<uint32_t> dropped; // so far: what is kept is lower, so it would be among them
  return read_list<near_duplicate>(in, facts.items, [&] {
    near_duplicate each;
    each.item = in.below(static_cast<uint32_t>(facts.items));
    each.kept = in.number<uint32_t>();
    if (each.item < least || each.kept >= each.item)
      in.refuse("duplicates are out of order");
    if (std::binary_search(dropped.begin(), dropped.end(), each.kept))
      in.refuse("an item that is kept is a duplicate itself");
    least = uint64_t{each.item} + 1;
    dropped.push_back(each.item);
    return each;
  });
}

void put(record_writer& out, const std::vector<corpus_cluster>& clusters) {
  out.put(static_cast<uint32_t>(clusters.size()));
  for (const auto& each : clusters) {
    out.put(each.items);
    out.put(each.distinct);
    out.put(each.representative);
    out.put(static_cast<uint32_t>(each.similarity));
  }
}

/// None, or as many as there are centroids.
std::vector<corpus_cluster> read_clusters(record_reader& in, const corpus_facts& facts, size_t centroids) {
  uint64_t items = 0;
  auto clusters = read_list<corpus_cluster>(in, centroids, [&] {
    corpus_cluster each;
    each.items = in.below(static_cast<uint32_t>(facts.items) + 1);
    each.distinct = in.below(each.items + 1);
    each.representative = in.below(static_cast<uint32_t>(facts.items));
    each.similarity = static_cast<int32_t>(in.number<uint32_t>());
    if ((each.items > 0) != (each.distinct > 0))
      in.refuse("a cluster has no item that was kept");
    items += each.items;
    return each;
  });
  if (!clusters.empty() && (clusters.size() != centroids || items != facts.items))
    in.refuse("clusters do not fit the corpus");
  return clusters;
}

void put(record_writer& out, const std::vector<extract_pick>& picks) {
  out.put(static_cast<uint32_t>(picks.size()));
  for (const auto& each : picks) {
    out.put(each.item);
    out.put(each.cluster);
    out.put(each.tokens);
  }
}

std::vector<extract_pick> read_picks(record_reader& in, const corpus_facts& facts, size_t clusters) {
  uint64_t least = 0;
  return read_list<extract_pick>(in, facts.items, [&] {
    extract_pick each;
    each.item = in.below(static_cast<uint32_t>(facts.items));
    each.cluster = in.below(static_cast<uint32_t>(clusters));
    each.tokens = in.number<uint32_t>();
    if (each.item < least)
      in.refuse("an extract is out of order");
    least = uint64_t{each.item} + 1;
    return each;
  });
}

/// Bytes that hold the number of a cluster.
unsigned label_bytes(size_t clusters) noexcept {
  return clusters <= 1U << 8 ? 1 : clusters <= 1U << 16 ? 2 : 4;
}

void put_labels(record_writer& out, const std::vector<uint32_t>& labels, size_t clusters) {
  const auto bytes = label_bytes(clusters);
  for (const auto label : labels)
    for (unsigned i = 0; i < bytes; ++i)
      out.put(static_cast<uint8_t>(label >> (8 * i)));
}

/// One for each item; each cluster has as many as its summary says.
std::vector<uint32_t> read_labels(record_reader& in, const std::vector<corpus_cluster>& clusters, uint64_t items) {
  const auto bytes = label_bytes(clusters.size());
  std::vector<uint32_t> labels;
  std::vector<uint32_t> counts(clusters.size());
  for (uint64_t item = 0; item < items && in.why().empty(); ++item) {
    uint32_t label = 0;
    for (unsigned i = 0; i < bytes; ++i)
      label |= uint32_t{in.number<uint8_t>()} << (8 * i);
    if (label < counts.size())
      ++counts[label];
    labels.push_back(label);
  }
  for (size_t c = 0; c < clusters.size(); ++c)
    if (counts[c] != clusters[c].items)
      in.refuse("labels do not fit the clusters");
  return labels;
}

/// Whether a checkpoint has what its next step needs, as the steps before leave it, and nothing of later ones.
/// REQUIRES: facts.dimensions > 0.
bool is_whole(const corpus_checkpoint& it) {
  const auto is_past = [&](corpus_step step) { return it.next > step; };
  const auto& clusters = it.clusters;
  if (it.next == corpus_step::measure || it.summary.empty() == is_past(corpus_step::summary))
    return false;
  if (!is_past(corpus_step::iterations) && it.duplicates != duplicate_checkpoint{})
    return false;
  if (it.next == corpus_step::seeds)
    return clusters == cluster_checkpoint{};
  return clusters.centroids.size() / it.facts.dimensions == clusters_of(it.options, it.facts.items) &&
         clusters.radius == radius_of(it.facts.squares, it.facts.items) &&
         clusters.settled == is_past(corpus_step::iterations) &&
         (clusters.settled ? clusters.iteration > 0 : clusters.iteration < it.options.iterations_max);
}

corpus_checkpoint read_checkpoint(record_reader& in) {
  corpus_checkpoint it;
  it.options = read_corpus_options(in);
  it.facts = read_facts(in);
  it.next = static_cast<corpus_step>(in.below(static_cast<uint8_t>(corpus_step::done)));
  it.clusters.iteration = in.below(it.options.iterations_max + 1);
  it.clusters.settled = in.flag();
  it.clusters.radius = in.number<uint64_t>();
  it.clusters.centroids = read_centroids(in, it.facts);
  it.duplicates.groups_done = in.below(static_cast<uint32_t>(it.facts.items) + 1);
  it.duplicates.found = read_duplicates(in, it.facts);
  if (!in.why().empty())
    return it;
  const size_t clusters = it.clusters.centroids.size() / it.facts.dimensions;
  it.summary = read_clusters(in, it.facts, clusters);
  if (!is_whole(it))
    in.refuse("it does not have what its next step needs");
  return it;
}

corpus_result read_outcome(record_reader& in) {
  corpus_result it;
  it.facts = read_facts(in);
  it.iterations = in.below(kmeans_iterations_max + 1);
  it.centroids = read_centroids(in, it.facts);
  if (!in.why().empty())
    return it;
  const size_t clusters = it.centroids.size() / it.facts.dimensions;
  it.clusters = read_clusters(in, it.facts, clusters);
  it.duplicates = read_duplicates(in, it.facts);
  it.extract = read_picks(in, it.facts, clusters);
  it.labels = read_labels(in, it.clusters, it.facts.items);
  if (it.clusters.empty() || it.iterations == 0)
    in.refuse("it has no clusters");
  return it;
}

record_writer begin(record_kind kind) {
  record_writer out;
  out.put(codec_version);
  out.put(static_cast<uint8_t>(kind));
  return out;
}

std::string finish(record_writer out) {
  auto bytes = out.take();
  record_writer sum;
  sum.put(uint64_t{XXH3_64bits(bytes.data(), bytes.size())});
  return bytes + sum.take();
}

/// Reads a record of this kind; all of the bytes are it.
template <class Record, class Fields>
result<Record> read(std::string_view bytes, record_kind kind, std::string_view what, Fields fields) {
  const auto refuse = [&](std::string_view why) {
    return failure{errc::state_damaged, std::string{what} + " cannot be read: " + std::string{why}};
  };
  if (bytes.size() < checksum_bytes)
    return refuse("it is cut short");
  const auto body = bytes.substr(0, bytes.size() - checksum_bytes);
  record_reader sum{bytes.substr(body.size())};
  if (sum.number<uint64_t>() != XXH3_64bits(body.data(), body.size()))
    return refuse("its checksum is wrong");
  record_reader in{body};
  if (const auto version = in.number<uint8_t>(); version != codec_version)
    return refuse("it has version " + std::to_string(version) + ", this release reads version " +
                  std::to_string(codec_version));
  if (in.number<uint8_t>() != static_cast<uint8_t>(kind))
    return refuse("it is a record of another kind");
  Record record = fields(in);
  in.finish();
  if (!in.why().empty())
    return refuse(in.why());
  return record;
}

} // namespace

void put(record_writer& out, const corpus_options& options) {
  out.put(options.clusters);
  out.put(options.iterations_max);
  out.put(options.seed);
  out.put(options.duplicate_similarity);
  out.put(options.duplicate_group_items);
  out.put(options.extract_tokens);
}

corpus_options read_corpus_options(record_reader& in) {
  corpus_options options;
  options.clusters = in.number<uint32_t>();
  options.iterations_max = in.number<uint32_t>();
  options.seed = in.number<uint64_t>();
  options.duplicate_similarity = in.number<uint32_t>();
  options.duplicate_group_items = in.number<uint32_t>();
  options.extract_tokens = in.number<uint64_t>();
  if (!check(options))
    in.refuse("an option is out of its range");
  return options;
}

std::string encode(const corpus_options& options) {
  auto out = begin(record_kind::options);
  put(out, options);
  return finish(std::move(out));
}

std::string encode(const corpus_checkpoint& checkpoint) {
  auto out = begin(record_kind::checkpoint);
  put(out, checkpoint.options);
  put(out, checkpoint.facts);
  out.put(static_cast<uint8_t>(checkpoint.next));
  out.put(checkpoint.clusters.iteration);
  out.put(checkpoint.clusters.settled);
  out.put(checkpoint.clusters.radius);
  put(out, checkpoint.clusters.centroids);
  out.put(checkpoint.duplicates.groups_done);
  put(out, checkpoint.duplicates.found);
  put(out, checkpoint.summary);
  return finish(std::move(out));
}

std::string encode(const corpus_result& outcome) {
  auto out = begin(record_kind::outcome);
  put(out, outcome.facts);
  out.put(outcome.iterations);
  put(out, outcome.centroids);
  put(out, outcome.clusters);
  put(out, outcome.duplicates);
  put(out, outcome.extract);
  put_labels(out, outcome.labels, outcome.clusters.size());
  return finish(std::move(out));
}

result<corpus_options> decode_corpus_options(std::string_view bytes) {
  return read<corpus_options>(bytes, record_kind::options, "a corpus's options", read_corpus_options);
}

result<corpus_checkpoint> decode_corpus_checkpoint(std::string_view bytes) {
  return read<corpus_checkpoint>(bytes, record_kind::checkpoint, "a corpus's checkpoint", read_checkpoint);
}

result<corpus_result> decode_corpus_result(std::string_view bytes) {
  return read<corpus_result>(bytes, record_kind::outcome, "a corpus's result", read_outcome);
}

uint64_t fingerprint_of(const corpus_options& options) {
  record_writer out;
  put(out, options);
  const auto bytes = out.take();
  return XXH3_64bits(bytes.data(), bytes.size());
}

} // namespace weft
