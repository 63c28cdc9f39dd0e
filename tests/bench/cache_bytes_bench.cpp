// Bytes an entry takes in L1, L2 and L3, and what packing costs, on real texts and their real vectors.
// Usage: cache_bytes_bench TEXTS_FILE FOLDER [TEXTS] [--json FILE]. One text a line; at most TEXTS (default 4000) of
// them are embedded with all-MiniLM-L6-v2 (WEFT_MODEL_DIR). FOLDER: a store is made there. Two kinds of entries:
// "embed" (text and 384 floats) and "text" (text with a text of half its length as the result, as compress has).
#include "runtime/cache/cache_shard_core.hpp"
#include "runtime/compute/model/bert_model.hpp"
#include "runtime/storage/rocks_entry_store.hpp"
#include "tests/runtime/storage/store_calls.hpp"
#include "tests/support/model_directory.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <future>
#include <malloc.h>
#include <utility>
#include <zdict.h>
#include <zstd.h>

namespace {

using namespace weft;

struct entry {
  identity what;
  cached_value value;
};

std::FILE* json = nullptr;

void row(const char* kind, const char* what, double bytes, double pack_us = 0, double unpack_us = 0) {
  std::printf("%-6s %-34s %7.0f bytes  pack %6.2f us  unpack %6.2f us\n", kind, what, bytes, pack_us, unpack_us);
  if (json != nullptr)
    std::fprintf(json,
                 "{\"kind\":\"%s\",\"what\":\"%s\",\"bytes_per_entry\":%.0f,\"pack_us\":%.2f,\"unpack_us\":%.2f}\n",
                 kind, what, bytes, pack_us, unpack_us);
  std::fflush(stdout);
}

double microseconds(const std::function<void()>& work, size_t each) {
  const auto start = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double, std::micro>(std::chrono::steady_clock::now() - start).count() /
         static_cast<double>(each);
}

std::vector<std::string> read_lines(const char* file, size_t most) {
  std::ifstream in{file};
  std::vector<std::string> lines;
  for (std::string line; lines.size() < most && std::getline(in, line);)
    if (line.size() >= 20)
      lines.push_back(line);
  return lines;
}

std::vector<embedding> embed(const std::vector<std::string>& texts) {
  auto model = open_bert_model({.directory = model_directory(), .name = "m", .version = "bench"});
  if (!model) {
    std::fprintf(stderr, "%s\n", model.error().message.c_str());
    std::exit(1);
  }
  auto engine = (*model)->make_engine({});
  std::vector<embedding> out;
  for (size_t first = 0; first < texts.size(); first += 32) {
    embed_batch batch{.offsets = {0}};
    std::vector<embedding> some;
    for (size_t i = first; i < std::min(first + 32, texts.size()); ++i) {
      auto sequence = (*model)->tokenize(texts[i], {});
      if (!sequence)
        sequence = (*model)->tokenize("not text", {});
      batch.ids.insert(batch.ids.end(), sequence->ids.begin(), sequence->ids.end());
      batch.offsets.push_back(static_cast<uint32_t>(batch.ids.size()));
      batch.normalize.push_back(1);
      some.push_back({.tokens = static_cast<uint32_t>(sequence->ids.size()), .truncated = sequence->truncated});
    }
    std::promise<engine_reply> done;
    (*engine)->run(std::move(batch), [&done](engine_reply reply) { done.set_value(std::move(reply)); });
    const auto reply = done.get_future().get();
    const auto& values = std::get<embed_vectors>(*reply.output).values;
    const size_t width = values.size() / some.size();
    for (size_t i = 0; i < some.size(); ++i)
      some[i].values.assign(values.begin() + static_cast<std::ptrdiff_t>(i * width),
                            values.begin() + static_cast<std::ptrdiff_t>((i + 1) * width));
    std::move(some.begin(), some.end(), std::back_inserter(out));
  }
  return out;
}

void packings(const char* kind, const std::vector<entry>& entries) {
  const std::pair<const char*, packing_options> ways[] = {
      {"not compressed", {.method = packing::none}},
      {"lz4", {.method = packing::lz4}},
      {"zstd 1", {.method = packing::zstd, .zstd_level = 1}},
      {"zstd 3", {.method = packing::zstd, .zstd_level = 3}},
      {"zstd 9", {.method = packing::zstd, .zstd_level = 9}},
      {"zstd 1, vectors fp16", {.method = packing::zstd, .zstd_level = 1, .vectors_fp16 = true}},
  };
  for (const auto& [name, way] : ways) {
    entry_packer packer{way};
    std::vector<std::string> packed(entries.size());
    const double in = microseconds(
        [&] {
          for (size_t i = 0; i < entries.size(); ++i)
            packed[i] = packer.pack(entries[i].what.text, entries[i].value);
        },
        entries.size());
    const double out = microseconds(
        [&] {
          for (const auto& bytes : packed)
            if (!packer.unpack(bytes))
              std::abort();
        },
        entries.size());
    double bytes = 0;
    for (const auto& p : packed)
      bytes += static_cast<double>(p.size());
    row(kind, name, bytes / static_cast<double>(entries.size()), in, out);
  }
}

/// What a dictionary would bring to texts: trained on every other one, measured on the rest.
void dictionary(const char* kind, const std::vector<std::string>& texts) {
  std::string samples;
  std::vector<size_t> sizes;
  for (size_t i = 0; i < texts.size(); i += 2) {
    samples += texts[i];
    sizes.push_back(texts[i].size());
  }
  std::string dict(32 << 10, '\0');
  const size_t made = ZDICT_trainFromBuffer(dict.data(), dict.size(), samples.data(), sizes.data(),
                                            static_cast<unsigned>(sizes.size()));
  if (ZDICT_isError(made)) {
    std::fprintf(stderr, "%s: no dictionary: %s\n", kind, ZDICT_getErrorName(made));
    return;
  }
  ZSTD_CCtx* context = ZSTD_createCCtx();
  ZSTD_CDict* prepared = ZSTD_createCDict(dict.data(), made, 1);
  double plain = 0, without = 0, with = 0, measured = 0;
  std::string out(1 << 20, '\0');
  for (size_t i = 1; i < texts.size(); i += 2) {
    const auto& text = texts[i];
    if (ZSTD_compressBound(text.size()) > out.size())
      continue;
    const auto size = static_cast<double>(text.size());
    measured += 1;
    plain += size;
    without += std::min(
        size, static_cast<double>(ZSTD_compressCCtx(context, out.data(), out.size(), text.data(), text.size(), 1)));
    with += std::min(size, static_cast<double>(ZSTD_compress_usingCDict(context, out.data(), out.size(), text.data(),
                                                                        text.size(), prepared)));
  }
  ZSTD_freeCDict(prepared);
  ZSTD_freeCCtx(context);
  row(kind, "text alone, not compressed", plain / measured);
  row(kind, "text alone, zstd 1", without / measured);
  row(kind, "text alone, zstd 1, dictionary 32 kB", with / measured);
}

/// Lines that follow each other, joined to documents of at least so many bytes: what a compressed text is kept with.
std::vector<std::string> documents(const std::vector<std::string>& lines, size_t bytes) {
  std::vector<std::string> out;
  std::string document;
  for (const auto& line : lines) {
    document += line + '\n';
    if (document.size() >= bytes)
      out.push_back(std::exchange(document, {}));
  }
  return out;
}

uint64_t heap() {
  return mallinfo2().uordblks + mallinfo2().hblkhd;
}

/// What a level says it takes, and what the heap grew by.
void memory(const char* kind, const std::vector<entry>& entries, cache_level level) {
  const auto before = heap();
  cache_shard_core core{{.spaces = {{"embed",
                                     {.l1_bytes_max = level == cache_level::l1 ? 4ULL << 30 : 0,
                                      .l2_bytes_max = 4ULL << 30,
                                      .store = store_mode::never}}}}};
  for (const auto& e : entries) { // copies of all, since a level owns what it keeps
    cached_value copy{.data = {}, .cost = e.value.cost};
    if (const auto vector = e.value.as_embedding())
      copy.data = std::make_shared<const embedding>(*vector);
    else
      copy.data = std::make_shared<const std::string>(*e.value.as_bytes());
    core.put(e.what, key_of(e.what), std::move(copy), time_point{});
  }
  const auto counted = core.counters()[level];
  const std::string name = level == cache_level::l1 ? "L1" : "L2";
  const auto count = static_cast<double>(counted.entries);
  row(kind, (name + ", as accounted").c_str(), static_cast<double>(counted.bytes) / count);
  row(kind, (name + ", by the heap").c_str(), static_cast<double>(heap() - before) / count);
}

void disk(const char* kind, const std::vector<entry>& entries, const std::filesystem::path& folder) {
  rocks_entry_store store{{.path = folder / kind, .free_bytes_min = 0}};
  test::store_calls calls{store};
  entry_packer packer;
  for (const auto& e : entries)
    if (!calls.put({{key_of(e.what), e.what.kind->bytes(), packer.pack(e.what.text, e.value), 0, std::nullopt}}))
      std::abort();
  (void)test::store_calls::wait<status>([&](auto done) { store.flush(std::move(done)); });
  row(kind, "L3, as accounted", static_cast<double>(store.counters().bytes) / static_cast<double>(entries.size()));
  row(kind, "L3, files", static_cast<double>(store.counters().bytes_on_disk) / static_cast<double>(entries.size()));
}

} // namespace

int main(int count, char** arguments) {
  std::vector<const char*> plain;
  for (int i = 1; i < count; ++i)
    if (std::strcmp(arguments[i], "--json") == 0 && i + 1 < count)
      json = std::fopen(arguments[++i], "w");
    else
      plain.push_back(arguments[i]);
  if (plain.size() < 2) {
    std::fprintf(stderr, "usage: cache_bytes_bench TEXTS_FILE FOLDER [TEXTS] [--json FILE]\n");
    return 2;
  }
  const auto texts = read_lines(plain[0], plain.size() > 2 ? std::strtoull(plain[2], nullptr, 10) : 4'000);
  const auto vectors = embed(texts);
  const auto kind = std::make_shared<const result_kind>(result_kind_parts{
      .operation = "embed", .model = "all-MiniLM-L6-v2", .model_version = "0123456789ab", .parameters = "normalize"});
  std::vector<entry> embeds, plain_texts;
  for (size_t i = 0; i < texts.size(); ++i) {
    const identity what{kind, texts[i]};
    embeds.push_back({what, {.data = std::make_shared<const embedding>(vectors[i]), .cost = {}}});
    plain_texts.push_back(
        {what, {.data = std::make_shared<const std::string>(texts[i].substr(0, texts[i].size() / 2)), .cost = {}}});
  }
  dictionary("text", texts);
  dictionary("2 kB", documents(texts, 2'000));
  dictionary("8 kB", documents(texts, 8'000));
  dictionary("32 kB", documents(texts, 32'000));
  for (const auto& [name, entries] : {std::pair{"embed", &embeds}, {"text", &plain_texts}}) {
    packings(name, *entries);
    memory(name, *entries, cache_level::l1);
    memory(name, *entries, cache_level::l2);
    disk(name, *entries, plain[1]);
  }
}
