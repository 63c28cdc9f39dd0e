#include "runtime/corpus_job/search_codec.hpp"

#include "runtime/corpus/corpus_shard.hpp"
#include "runtime/corpus_job/record_fields.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace weft {
namespace {

constexpr uint8_t search_version = 2; // 1 told products and candidates
enum class search_kind : uint8_t { search = 1, hits };
constexpr int32_t exponent_max = 126; // as in runtime/corpus/corpus_codec.cpp

void put_signed(record_writer& out, int32_t number) {
  out.put(static_cast<uint32_t>(number));
}
int32_t read_signed(record_reader& in) {
  return static_cast<int32_t>(in.number<uint32_t>());
}

record_writer begin(search_kind kind) {
  record_writer out;
  out.put(search_version);
  out.put(static_cast<uint8_t>(kind));
  return out;
}

/// Reads a record of this kind with `fields`; all of the bytes are it.
template <class Record, class Fields>
result<Record> read(std::string_view bytes, search_kind kind, std::string_view what, Fields fields) {
  record_reader in{bytes};
  const auto version = in.number<uint8_t>();
  if (in.why().empty() && version != search_version)
    return failure{errc::invalid_argument, std::string{what} + " has version " + std::to_string(version) +
                                               "; this release reads version " + std::to_string(search_version)};
  if (in.number<uint8_t>() != static_cast<uint8_t>(kind))
    in.refuse("it is of another kind");
  Record out = fields(in);
  in.finish();
  if (!in.why().empty())
    return failure{errc::invalid_argument, std::string{what} + " cannot be read: " + std::string{in.why()}};
  return out;
}

search_hit read_hit(record_reader& in) {
  search_hit out;
  out.item = in.number<uint32_t>();
  out.score = in.real();
  if (out.item >= corpus_items_max || !std::isfinite(out.score))
    in.refuse("a hit is out of its range");
  return out;
}

} // namespace

std::string encode(const corpus_share_search& search) {
  auto out = begin(search_kind::search);
  put(out, search.job);
  put_signed(out, search.scale_exponent);
  out.put(search.roster);
  out.put(search.items);
  out.put(search.job_items);
  put(out, search.share);
  out.put(search.queries);
  out.put(search.options.count);
  return out.take();
}

std::string encode(const share_hits& hits) {
  auto out = begin(search_kind::hits);
  put_list(out, hits, [&](const std::vector<search_hit>& of_query) {
    put_list(out, of_query, [&](const search_hit& each) {
      out.put(each.item);
      out.put(each.score);
    });
  });
  return out.take();
}

result<corpus_share_search> decode_share_search(std::string_view bytes) {
  return read<corpus_share_search>(bytes, search_kind::search, "a search of a corpus", [](record_reader& in) {
    corpus_share_search out;
    out.job = read_job(in);
    out.scale_exponent = read_signed(in);
    if (out.scale_exponent < -exponent_max || out.scale_exponent > exponent_max)
      in.refuse("its scale is out of its range");
    out.roster = in.number<uint64_t>();
    out.items = in.below(corpus_items_max + 1);
    out.job_items = in.number<uint64_t>();
    out.share = read_share(in, out.items);
    out.queries = in.floats();
    for (const float value : out.queries)
      if (!std::isfinite(value))
        in.refuse("a query is no vector");
    out.options.count = in.below(search_count_max + 1);
    return out;
  });
}

result<share_hits> decode_share_hits(std::string_view bytes) {
  return read<share_hits>(bytes, search_kind::hits, "what was found in a corpus", [](record_reader& in) {
    uint64_t left = share_hits_max;
    return read_list<std::vector<search_hit>>(in, search_queries_max, [&] {
      auto of_query = read_list<search_hit>(in, search_count_max, [&] { return read_hit(in); });
      if (of_query.size() > left)
        in.refuse("it has too many hits");
      left -= std::min<uint64_t>(left, of_query.size());
      return of_query;
    });
  });
}

} // namespace weft
