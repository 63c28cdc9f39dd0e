#include "node/grpc/convert_corpus.hpp"

#include "node/grpc/convert.hpp"
#include "node/grpc/convert_item.hpp"
#include "node/grpc/convert_job.hpp"
#include "node/grpc/parse.hpp"
#include "node/grpc/utf8.hpp"
#include "node/grpc/wire_reader.hpp"
#include "runtime/base/assert.hpp"
#include "runtime/base/shorten.hpp"
#include "runtime/corpus/shard_search.hpp"
#include "weft/v1/job.pb.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>

namespace weft {
namespace {

namespace pb = weft::v1;

constexpr uint64_t piece_bytes_max = 1 << 20;
constexpr uint64_t cluster_bytes = 64, duplicate_bytes = 24, pick_bytes = 48; // beside their texts
constexpr uint64_t labels_bytes = 24, label_bytes = 5;                        // of a run of labels, of each
constexpr size_t shown_bytes_max = 4'096;                                     // of a representative's text
constexpr uint32_t hits_default = 10, hits_max = 1'000;

failure wrong(std::string what, std::string field) {
  return {errc::invalid_argument, std::move(what), {{"field", std::move(field)}}};
}

failure too_many_queries() {
  return {errc::invalid_argument,
          "these are more than " + std::to_string(search_queries_max) + " queries; ask for some at a time",
          {{"limit", std::to_string(search_queries_max)}}};
}

double length_of(std::span<const int8_t> centroid) {
  int64_t squares = 0;
  for (const int value : centroid)
    squares += value * value;
  return std::sqrt(static_cast<double>(squares));
}

/// Of a point, which has length `scale`, to its centroid, by their product.
double cosine_of(const corpus_result& from, size_t cluster, double scale) {
  const size_t dimensions = from.facts.dimensions;
  const double length = length_of(std::span(from.centroids).subspan(cluster * dimensions, dimensions));
  return length == 0 ? 0 : std::clamp(from.clusters[cluster].similarity / (length * scale), -1.0, 1.0);
}

void write_facts(const corpus_outcome& from, pb::CorpusFacts& to) {
  to.set_items(from.gaps.embedded());
  to.set_items_failed(from.gaps.failed());
  to.set_model_version(from.model_version);
  if (!from.result) {
    write_item_error(from.why, from.message, *to.mutable_error());
    return;
  }
  const auto& result = *from.result;
  to.set_dimensions(result.facts.dimensions);
  to.set_clusters(static_cast<uint32_t>(result.clusters.size()));
  to.set_duplicates(result.duplicates.size());
  to.set_picks(result.extract.size());
  to.set_iterations(result.iterations);
  uint64_t tokens = 0;
  for (const auto& pick : result.extract)
    tokens += pick.tokens;
  to.set_extract_tokens(tokens);
}

/// Scores are cosines whatever length a client's vector has. What has length 1 as far as floats can tell stays as it
/// is.
void append_scaled(std::vector<float>& out, const google::protobuf::RepeatedField<float>& values) {
  double squares = 0;
  for (const double value : values)
    squares += value * value;
  const bool stays = squares == 0 || std::abs(squares - 1) < 1e-5;
  const double scale = stays ? 1 : 1 / std::sqrt(squares);
  for (const double value : values)
    out.push_back(static_cast<float>(value * scale));
}

/// Reads one vector of `dimensions` numbers, or the first one, which says how many.
status read_vector(const std::string& bytes, size_t vectors_before, corpus_query& out) {
  pb::QueryVector in;
  if (!in.ParseFromString(bytes))
    return wrong("vectors: one is no weft.v1.QueryVector", "vectors");
  const auto& values = in.values();
  const auto size = static_cast<size_t>(values.size());
  if (size == 0 || (vectors_before > 0 && size * vectors_before != out.vectors.size()))
    return wrong("vectors: each needs as many values as the job's model has dimensions; one has " +
                     std::to_string(size),
                 "vectors");
  if (!std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); }))
    return wrong("vectors: a value is not finite", "vectors");
  append_scaled(out.vectors, values);
  return ok;
}

/// What stands in one field of the request; false: not here.
result<bool> read_query(wire_reader& in, rank_request& out) {
  using request = pb::JobServiceRankCorpusRequest;
  const bool is_text = in.field() == request::kTextsFieldNumber;
  if (!is_text && in.field() != request::kVectorsFieldNumber)
    return false;
  std::string bytes;
  if (!in.read(bytes))
    return true;
  if (out.queries == search_queries_max)
    return too_many_queries();
  if (is_text)
    out.texts.push_back(std::move(bytes));
  else if (auto read = read_vector(bytes, out.queries - out.texts.size(), out.query); !read)
    return read.error();
  ++out.queries;
  return true;
}

status check_rank(rank_request& out, uint64_t count) {
  if (out.queries == 0)
    return wrong("there is no query: give texts, or vectors in their place", "texts");
  if (!out.texts.empty() && !out.query.vectors.empty())
    return wrong("texts and vectors are both queries; give one of them", "vectors");
  if (count > hits_max)
    return wrong("count is " + std::to_string(count) + "; it must be 1 to " + std::to_string(hits_max), "count");
  out.query.count = count == 0 ? hits_default : static_cast<uint32_t>(count);
  return ok;
}

} // namespace

result<corpus_request> read_corpus_request(const grpc::ByteBuffer& message, const context& caller) {
  const auto in = parse<pb::JobServiceCorpusRequest>(message);
  if (!in)
    return in.error();
  auto question = question_of(in->id(), caller);
  if (!question)
    return question.error();
  return corpus_request{*std::move(question), in->with_labels()};
}

result<corpus_pieces> corpus_pieces::of(corpus_reading reading, bool with_labels) {
  auto outcome = decode_corpus_outcome(reading.outcome);
  if (!outcome)
    return outcome.error();
  if (outcome->result && !with_labels)
    outcome->result->labels.clear();
  return corpus_pieces{std::move(reading), *std::move(outcome)};
}

corpus_pieces::corpus_pieces(corpus_reading&& reading, corpus_outcome&& outcome)
    : outcome_(std::move(outcome)), representatives_(std::move(reading.representatives)),
      extract_(std::move(reading.extract)) {
  if (!outcome_.result)
    return;
  // What has no text here has none in the reply: the numbers are of use without.
  representatives_.resize(outcome_.result->clusters.size());
  extract_.resize(outcome_.result->extract.size());
  scale_ = std::ldexp(1.0, outcome_.result->facts.scale_exponent);
}

bool corpus_pieces::done() const noexcept {
  return began_ && (!outcome_.result ||
                    (clusters_ == representatives_.size() && duplicates_ == outcome_.result->duplicates.size() &&
                     picks_ == extract_.size() && labels_ == outcome_.result->labels.size()));
}

grpc::ByteBuffer corpus_pieces::next() {
  WEFT_ASSERT(!done());
  pb::JobServiceCorpusResponse out;
  uint64_t bytes = 0;
  const auto has_room = [&](uint64_t more) {
    const bool room = bytes == 0 || bytes + more <= piece_bytes_max;
    bytes += room ? more : 0;
    return room;
  };
  if (!std::exchange(began_, true))
    write_facts(outcome_, *out.mutable_facts());
  if (!outcome_.result)
    return to_buffer(out);
  const auto& result = *outcome_.result;
  const auto& gaps = outcome_.gaps;
  for (; clusters_ < representatives_.size(); ++clusters_) {
    auto& text = representatives_[clusters_];
    if (!has_room(cluster_bytes + std::min(text.size(), shown_bytes_max)))
      return to_buffer(out);
    const auto& from = result.clusters[clusters_];
    auto& to = *out.add_clusters();
    to.set_items(from.items);
    to.set_distinct(from.distinct);
    if (from.distinct == 0)
      continue;
    to.set_representative(gaps.item_of(from.representative));
    to.set_similarity(cosine_of(result, clusters_, scale_));
    to.set_text(shortened(std::exchange(text, {}), shown_bytes_max));
  }
  for (; duplicates_ < result.duplicates.size(); ++duplicates_) {
    if (!has_room(duplicate_bytes))
      return to_buffer(out);
    auto& to = *out.add_duplicates();
    to.set_item(gaps.item_of(result.duplicates[duplicates_].item));
    to.set_of(gaps.item_of(result.duplicates[duplicates_].kept));
  }
  for (; picks_ < extract_.size(); ++picks_) {
    if (!has_room(pick_bytes + extract_[picks_].size()))
      return to_buffer(out);
    const auto& from = result.extract[picks_];
    auto& to = *out.add_extract();
    to.set_item(gaps.item_of(from.item));
    to.set_cluster(from.cluster);
    to.set_tokens(from.tokens);
    to.set_text(std::exchange(extract_[picks_], {}));
  }
  while (labels_ < result.labels.size() && has_room(labels_bytes + label_bytes))
    add_labels(out, bytes);
  return to_buffer(out);
}

/// As many as have room, of items that follow each other. bytes: those of the reply, this run's first label counted.
void corpus_pieces::add_labels(pb::JobServiceCorpusResponse& out, uint64_t& bytes) {
  const auto& labels = outcome_.result->labels;
  auto& to = *out.add_labels();
  const uint64_t first = outcome_.gaps.item_of(labels_);
  to.set_item(first);
  const uint64_t room = bytes < piece_bytes_max ? (piece_bytes_max - bytes) / label_bytes : 0;
  const size_t end = std::min(labels.size(), labels_ + 1 + room);
  const size_t begin = labels_;
  for (; labels_ < end && outcome_.gaps.item_of(labels_) == first + (labels_ - begin); ++labels_)
    to.add_clusters(labels[labels_]);
  bytes += (labels_ - begin - 1) * label_bytes;
}

result<rank_request> read_rank_corpus(const grpc::ByteBuffer& message, const context& caller) {
  using request = pb::JobServiceRankCorpusRequest;
  rank_request out;
  std::string id;
  uint64_t count = 0, without_texts = 0;
  wire_reader in(message);
  while (in.next()) {
    const auto is_query = read_query(in, out);
    if (!is_query)
      return is_query.error();
    if (*is_query)
      continue;
    if (in.field() == request::kIdFieldNumber)
      in.read(id);
    else if (in.field() == request::kModelVersionFieldNumber)
      in.read(out.query.model_version);
    else if (in.field() == request::kCountFieldNumber)
      in.read(count);
    else if (in.field() == request::kWithoutTextsFieldNumber)
      in.read(without_texts);
    else
      in.skip();
  }
  if (!in.ok())
    return failure{errc::invalid_argument, "the request is not a weft.v1.JobServiceRankCorpusRequest message"};
  auto question = question_of(id, caller);
  if (!question)
    return question.error();
  out.query.job = *std::move(question);
  out.query.with_texts = without_texts == 0;
  if (auto checked = check_rank(out, count); !checked)
    return checked.error();
  return out;
}

uint64_t bytes_of(const corpus_hits& hits) noexcept {
  uint64_t bytes = 0;
  for (const auto& query : hits)
    for (const auto& hit : query)
      bytes += hit_bytes + (hit.text ? hit.text->size() : 0);
  return bytes;
}

grpc::ByteBuffer write_rank_corpus(const corpus_hits& hits) {
  pb::JobServiceRankCorpusResponse out;
  for (const auto& query : hits) {
    auto& to = *out.add_queries();
    for (const auto& hit : query) {
      auto& one = *to.add_hits();
      one.set_item(hit.item);
      one.set_score(hit.score);
      if (hit.text)
        one.set_text(*hit.text);
    }
  }
  return to_buffer(out);
}

} // namespace weft
