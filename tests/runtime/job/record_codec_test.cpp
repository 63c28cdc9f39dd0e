#include "runtime/job/record_codec.hpp"
#include "tests/runtime/job/random_records.hpp"

#include <doctest/doctest.h>

#include <array>
#include <bit>
#include <functional>
#include <limits>

using namespace weft;
using namespace weft::test;

namespace {

/// Reads bytes as a record of one kind and writes it again.
struct codec {
  const char* name;
  std::function<result<std::string>(std::string_view)> again;
  std::function<std::string(random_records&)> some;
};

template <class Record> result<std::string> encoded(const result<Record>& record) {
  if (!record)
    return record.error();
  return encode(*record);
}

const std::vector<codec>& codecs() {
  static const std::vector<codec> all{
      {"header", [](auto bytes) { return encoded(decode_header(bytes)); },
       [](auto& random) { return encode(random.header()); }},
      {"meta", [](auto bytes) { return encoded(decode_meta(bytes)); },
       [](auto& random) { return encode(random.meta()); }},
      {"texts", [](auto bytes) { return encoded(decode_texts(bytes)); },
       [](auto& random) { return encode(random.texts(1 + random.chance().below(4))); }},
      {"results", [](auto bytes) { return encoded(decode_results(bytes)); },
       [](auto& random) { return encode(random.results(1 + random.chance().below(4))); }},
  };
  return all;
}

void check_refused(const result<std::string>& outcome) {
  REQUIRE(!outcome);
  CHECK(outcome.error().code == errc::state_damaged);
  CHECK(!outcome.error().message.empty());
}

/// What is read is whole: it has exactly the bytes that it was read from.
void check_refused_or_whole(const result<std::string>& outcome, const std::string& bytes) {
  if (outcome)
    CHECK(*outcome == bytes);
  else
    check_refused(outcome);
}

} // namespace

TEST_CASE("a job that compresses and its results come back as they were") {
  random_records random{1};
  auto header = random.header();
  header.spec.operation = "compress";
  header.spec.options.compress = std::string("any\0bytes", 9);
  const auto back = decode_header(encode(header));
  REQUIRE(back);
  CHECK(*back == header);

  segment_results results{.model = "m", .model_version = "v", .items = {}, .usage = {}, .computed_by = node_id{1}};
  for (const std::string& document : {std::string{}, std::string("a\0b", 3)}) {
    item_outcome item;
    item.value.tokens = 9;
    item.value.source = source::store;
    item.value.document = std::make_shared<const std::string>(document);
    results.items.push_back(item);
  }
  const auto read = decode_results(encode(results));
  REQUIRE(read);
  for (size_t i = 0; i < results.items.size(); ++i) {
    REQUIRE(read->items[i].value.document);
    CHECK(*read->items[i].value.document == *results.items[i].value.document);
    CHECK(read->items[i].value.source == source::store);
  }
}

TEST_CASE("headers, summaries, texts and results come back as they were") {
  for (uint64_t seed = 0; seed < 200; ++seed) {
    CAPTURE(seed);
    random_records random{seed};
    const auto header = random.header();
    CHECK(*decode_header(encode(header)) == header);
    const auto meta = random.meta();
    CHECK(*decode_meta(encode(meta)) == meta);

    const auto texts = random.texts(1 + random.chance().below(segment_items_max));
    const auto read_texts = decode_texts(encode(texts));
    REQUIRE(read_texts);
    CHECK(read_texts->spec == texts.spec);
    CHECK(read_texts->texts == texts.texts);

    const auto results = random.results(1 + random.chance().below(segment_items_max));
    const auto read = decode_results(encode(results));
    REQUIRE(read);
    CHECK(read->model == results.model);
    CHECK(read->model_version == results.model_version);
    CHECK(read->precision == results.precision);
    CHECK(read->usage.tokens == results.usage.tokens);
    CHECK(read->usage.device_seconds == results.usage.device_seconds);
    CHECK(read->computed_by == results.computed_by);
    REQUIRE(read->items.size() == results.items.size());
    for (size_t i = 0; i < results.items.size(); ++i) {
      CHECK(read->items[i].code == results.items[i].code);
      CHECK(read->items[i].message == results.items[i].message);
      CHECK(read->items[i].value.values == results.items[i].value.values);
      CHECK(read->items[i].value.tokens == results.items[i].value.tokens);
      CHECK(read->items[i].value.truncated == results.items[i].value.truncated);
      CHECK(read->items[i].value.source == results.items[i].value.source);
    }
  }
}

TEST_CASE("the bytes of version 1 stay as they are: disks and other releases have them") {
  constexpr uint64_t hashes[]{3584795381121627416U, 16271996280639053365U, 705577619205494824U, 13279182760752133830U};
  for (size_t i = 0; i < codecs().size(); ++i) {
    CAPTURE(codecs()[i].name);
    random_records random{42};
    CHECK(body_hash(codecs()[i].some(random)) == hashes[i]);
  }
}

TEST_CASE("results of every numeric class come back with it") {
  for (const auto precision : numeric_classes) {
    CAPTURE(to_string(precision));
    auto results = random_records{7}.results(2);
    results.precision = precision;
    const auto read = decode_results(encode(results));
    REQUIRE(read);
    CHECK(read->precision == precision);
  }
}

TEST_CASE("every bit of a vector is kept, of numbers that are none too") {
  segment_results results;
  results.items.resize(1);
  for (const uint32_t bits : {0x8000'0000U, 0x7FC0'0001U, 0xFF80'0000U, 1U, 0x7FA0'0000U})
    results.items[0].value.values.push_back(std::bit_cast<float>(bits));
  const auto bytes = encode(results);
  const auto read = decode_results(bytes);
  REQUIRE(read);
  CHECK(encode(*read) == bytes);
  CHECK(std::bit_cast<uint32_t>(read->items[0].value.values[1]) == 0x7FC0'0001U);
}

TEST_CASE("equal values have equal bytes, and a value that differs in one field has others") {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    CAPTURE(seed);
    for (const auto& codec : codecs()) {
      random_records one{seed}, same{seed}, other{seed + 1'000};
      CHECK(codec.some(one) == codec.some(same));
      CHECK(codec.some(one) != codec.some(other));
    }
  }
  // What a failed item's value holds is not part of it.
  segment_results a, b;
  a.items = {item_outcome{{}, errc::engine_failed, "why"}};
  b = a;
  b.items[0].value.values = {1, 2, 3};
  CHECK(encode(a) == encode(b));
  job_spec spec, later;
  later.created = wall_time{std::chrono::milliseconds{1}};
  CHECK(encode(spec) == encode(job_spec{}));
  CHECK(encode(spec) != encode(later));
}

TEST_CASE("a record that is cut short anywhere, or has something behind it, is refused") {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    CAPTURE(seed);
    for (const auto& codec : codecs()) {
      CAPTURE(codec.name);
      random_records random{seed};
      const auto bytes = codec.some(random);
      REQUIRE(codec.again(bytes));
      for (size_t size = 0; size < bytes.size(); ++size) {
        CAPTURE(size);
        check_refused(codec.again(bytes.substr(0, size)));
      }
      check_refused(codec.again(bytes + '\0'));
    }
  }
}

TEST_CASE("a record with any byte changed is refused or is another record, never half of one") {
  for (uint64_t seed = 0; seed < 10; ++seed) {
    CAPTURE(seed);
    for (const auto& codec : codecs()) {
      CAPTURE(codec.name);
      random_records random{seed};
      const auto bytes = codec.some(random);
      for (size_t at = 0; at < bytes.size(); ++at)
        for (const uint8_t mask : {0x01, 0x02, 0x10, 0x80, 0xFF}) {
          CAPTURE(at);
          auto changed = bytes;
          changed[at] = static_cast<char>(static_cast<uint8_t>(changed[at]) ^ mask);
          check_refused_or_whole(codec.again(changed), changed);
        }
    }
  }
}

TEST_CASE("a length that goes far beyond the bytes is refused before anything is made for it") {
  for (const auto& codec : codecs()) {
    CAPTURE(codec.name);
    random_records random{7};
    const auto bytes = codec.some(random);
    for (size_t at = 2; at + 4 <= bytes.size(); ++at) {
      CAPTURE(at);
      for (const char filler : {'\xFF', '\x7F', '\x40'}) {
        auto changed = bytes;
        changed.replace(at, 4, 4, filler);
        check_refused_or_whole(codec.again(changed), changed);
      }
    }
  }
}

TEST_CASE("any bytes at all are refused or are a record") {
  for (uint64_t seed = 0; seed < 2'000; ++seed) {
    CAPTURE(seed);
    random_records random{seed};
    auto bytes = random.text(200);
    for (const auto& codec : codecs()) {
      check_refused_or_whole(codec.again(bytes), bytes);
      if (bytes.size() >= 2)
        bytes[0] = record_version; // past the first look
    }
  }
}

TEST_CASE("a record of another version is refused with both versions in the message") {
  for (const auto& codec : codecs()) {
    CAPTURE(codec.name);
    random_records random{3};
    auto bytes = codec.some(random);
    bytes[0] = 9;
    const auto outcome = codec.again(bytes);
    check_refused(outcome);
    CHECK(outcome.error().message.find("version 9") != std::string::npos);
    CHECK(outcome.error().message.find("version 1") != std::string::npos);
  }
}

TEST_CASE("a record is not read as one of another kind") {
  for (const auto& written : codecs())
    for (const auto& read : codecs()) {
      random_records random{11};
      CHECK(static_cast<bool>(read.again(written.some(random))) == (&written == &read));
    }
}

TEST_CASE("numbers out of their range are refused") {
  random_records random{5};
  const auto refused_meta = [&](auto change) {
    auto meta = random.meta();
    change(meta);
    check_refused(encoded(decode_meta(encode(meta))));
  };
  refused_meta([](auto& m) { m.items = 0; });
  refused_meta([](auto& m) { m.items = segment_items_max + 1; });
  refused_meta([](auto& m) { m.failed = m.items + 1; });
  refused_meta([](auto& m) { m.cached = m.items - m.failed + 1; });
  refused_meta([](auto& m) { m.first_item = UINT64_MAX; });
  refused_meta([](auto& m) { m.device_seconds = -1; });
  refused_meta([](auto& m) { m.device_seconds = std::numeric_limits<double>::quiet_NaN(); });
  refused_meta([](auto& m) { m.device_seconds = std::numeric_limits<double>::infinity(); });

  auto header = random.header();
  header.spec.durability = {1'000, 2};
  check_refused(encoded(decode_header(encode(header))));
  header.spec.durability = {2, 3};
  check_refused(encoded(decode_header(encode(header))));

  check_refused(encoded(decode_texts(encode(segment_texts{}))));
  check_refused(encoded(decode_texts(encode(random.texts(segment_items_max + 1)))));
  check_refused(encoded(decode_results(encode(random.results(segment_items_max + 1)))));
}

TEST_CASE("a record of texts or results counts what is in it, and its hash is that of its body") {
  random_records random{21};
  const segment_id id{random.job(), 7};
  const auto texts = random.texts(200);
  const auto first = make_record(id, 1'792, texts);
  CHECK(first.meta.id == id);
  CHECK(first.meta.stage == segment_stage::texts);
  CHECK(first.meta.first_item == 1'792);
  CHECK(first.meta.items == 200);
  CHECK(first.meta.failed == 0);
  CHECK(first.meta.bytes == first.body->size());
  CHECK(first.meta.hash == body_hash(*first.body));
  CHECK(first.meta.stamp == log_stamp{});
  CHECK(decode_texts(*first.body)->texts == texts.texts);

  segment_results results;
  results.items.resize(5);
  results.items[0].value.source = source::memory;
  results.items[1].value.source = source::shared;
  results.items[2].code = errc::text_too_long;
  results.items[2].value.source = source::memory; // of a failed item nothing counts
  results.usage = {1'234, 0.5};
  const auto last = make_record(id, 1'792, results);
  CHECK(last.meta.stage == segment_stage::results);
  CHECK(last.meta.items == 5);
  CHECK(last.meta.failed == 1);
  CHECK(last.meta.cached == 2);
  CHECK(last.meta.tokens == 1'234);
  CHECK(last.meta.device_seconds == 0.5);
  CHECK(last.meta.hash == body_hash(*last.body));
}

TEST_CASE("more items come before fewer, then results before texts, then the lesser hash") {
  const segment_meta texts{.stage = segment_stage::texts, .items = 200, .hash = 1};
  const segment_meta lesser{.stage = segment_stage::results, .items = 200, .hash = 1};
  const segment_meta greater{.stage = segment_stage::results, .items = 200, .hash = 2};
  const segment_meta cut{.stage = segment_stage::results, .items = 100, .hash = 0};
  const std::array order{cut, texts, greater, lesser};
  for (size_t a = 0; a < order.size(); ++a)
    for (size_t b = 0; b < order.size(); ++b)
      CHECK(supersedes(order[a], order[b]) == (a > b));
}

TEST_CASE("a corpus job's header, texts and results come back with what is asked and with their texts") {
  random_records random{3};
  auto header = random.header();
  header.spec.operation = "corpus";
  header.spec.corpus = std::string("what\0is asked", 13);
  const auto back = decode_header(encode(header));
  REQUIRE(back);
  CHECK(*back == header);
  auto texts = random.texts(3);
  texts.spec = header.spec;
  const auto read_texts = decode_texts(encode(texts));
  REQUIRE(read_texts);
  CHECK(read_texts->spec == header.spec);

  auto results = random.results(3);
  const auto without = encode(results);
  results.texts = {"one", "", std::string("th\0ree", 6)};
  const auto with = encode(results);
  CHECK(with.starts_with(without)); // as of the first release, and the texts behind
  const auto read = decode_results(with);
  REQUIRE(read);
  CHECK(read->texts == results.texts);
  CHECK(encode(*read) == with);
  CHECK(decode_results(without)->texts.empty());
  for (auto size = without.size() + 1; size < with.size(); ++size) {
    CAPTURE(size);
    CHECK(!decode_results(with.substr(0, size)));
  }
  CHECK(!decode_results(with + std::string(4, '\0'))); // more texts than items
}

TEST_CASE("of what is attached the greater generation takes the other's place, whatever else they are") {
  const auto part = [](uint64_t generation, uint64_t hash) {
    segment_meta out{.id = {{1, 2}, attached_first + 5}, .stage = segment_stage::results};
    out.first_item = generation;
    out.items = 1;
    out.hash = hash;
    return out;
  };
  CHECK(supersedes(part(2, 9), part(1, 3)));
  CHECK(!supersedes(part(1, 3), part(2, 9)));
  CHECK(supersedes(part(2, 3), part(2, 9))); // the lesser hash, as ever
  CHECK(!supersedes(part(2, 9), part(2, 9)));
  auto a = part(2, 9), b = part(1, 3);
  a.id.index = b.id.index = attached_first - 1; // of items: the place in the job says nothing
  CHECK(!supersedes(a, b));
}
