// What the actors take from the engines: texts a second through the actor tree beside the same engines bare, on the
// real model. Usage: tree_bench [WORDS] [TEXTS_A_CALL] [WORKERS] [SLICES]. Both sides run in turns of about half a
// second with 256 texts in flight; prints JSON with the median of the paired ratios and the quartiles. Bare: tokenized
// before, batches of 2 × batch_tokens_best, two a worker. Tree: tokenizes as well.
#include "actors/actor_tree.hpp"
#include "runtime/compute/model/bert_model.hpp"
#include "tests/support/model_directory.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <semaphore>
#include <string>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;
constexpr auto slice = std::chrono::milliseconds{500};
constexpr int texts_in_flight = 256;

struct settings {
  int words = 126;
  int texts_a_call = 1;
  int workers = 1;
  int slices = 9;
};

double seconds_since(clock_type::time_point start) {
  return std::chrono::duration<double>(clock_type::now() - start).count();
}

class counted_call final : public weft::call {
public:
  counted_call(weft::embed_request request, std::counting_semaphore<>& done)
      : call({}, std::move(request)), done_(done) {}

private:
  void on_reply(weft::embed_result&&) noexcept override { done_.release(); }
  void on_fail(weft::failure&& reason) noexcept override {
    std::fprintf(stderr, "%s\n", reason.message.c_str());
    std::exit(1);
  }

  std::counting_semaphore<>& done_;
};

/// Texts a second through the tree.
double tree_slice(weft::ingress& door, const std::string& text, const settings& with) {
  const int calls = std::max(texts_in_flight / with.texts_a_call, 1);
  std::counting_semaphore<> done{calls};
  const auto start = clock_type::now();
  long submitted = 0;
  while (clock_type::now() - start < slice) {
    done.acquire();
    weft::embed_request request{.texts = std::vector<std::string>(static_cast<size_t>(with.texts_a_call), text)};
    door.submit(std::make_shared<counted_call>(std::move(request), done));
    ++submitted;
  }
  for (int i = 0; i < calls; ++i)
    done.acquire();
  return static_cast<double>(submitted * with.texts_a_call) / seconds_since(start);
}

/// Texts a second of the engines alone.
double bare_slice(std::vector<std::unique_ptr<weft::engine>>& engines, const weft::embed_batch& batch) {
  std::atomic<long> texts{0};
  const auto start = clock_type::now();
  std::vector<std::unique_ptr<std::counting_semaphore<>>> room;
  for (size_t i = 0; i < engines.size(); ++i)
    room.push_back(std::make_unique<std::counting_semaphore<>>(2));
  while (clock_type::now() - start < slice)
    for (size_t i = 0; i < engines.size(); ++i)
      if (room[i]->try_acquire_for(std::chrono::milliseconds{1}))
        engines[i]->run(batch, [&texts, &batch, done = room[i].get()](const weft::engine_reply&) {
          texts += batch.sequences();
          done->release();
        });
  for (auto& done : room)
    for (int i = 0; i < 2; ++i)
      done->acquire();
  return static_cast<double>(texts) / seconds_since(start);
}

weft::embed_batch make_batch(const weft::model& model, const std::string& text, uint64_t tokens) {
  weft::embed_batch batch{.offsets = {0}};
  const auto sequence = model.tokenize(text, {});
  while (batch.ids.size() + sequence->ids.size() <= tokens) {
    batch.ids.insert(batch.ids.end(), sequence->ids.begin(), sequence->ids.end());
    batch.offsets.push_back(static_cast<uint32_t>(batch.ids.size()));
    batch.normalize.push_back(1);
  }
  return batch;
}

double at(std::vector<double> sorted, double share) {
  std::ranges::sort(sorted);
  return sorted[static_cast<size_t>(share * static_cast<double>(sorted.size() - 1) + 0.5)];
}

} // namespace

int main(int argc, char** argv) {
  settings with;
  const auto argument = [&](int index, int& value) {
    if (argc > index)
      value = std::max(std::atoi(argv[index]), 1);
  };
  argument(1, with.words);
  argument(2, with.texts_a_call);
  argument(3, with.workers);
  argument(4, with.slices);
  auto opened = weft::open_bert_model({.directory = weft::model_directory(), .name = "m", .version = "bench"});
  if (!opened) {
    std::fprintf(stderr, "%s\n", opened.error().message.c_str());
    return 1;
  }
  const auto model = *opened;
  std::string text;
  for (int i = 0; i < with.words; ++i)
    text += i % 2 == 0 ? "warp " : "the ";

  std::vector<std::unique_ptr<weft::engine>> engines;
  for (int i = 0; i < with.workers; ++i) {
    auto engine = model->make_engine({.index = static_cast<uint32_t>(i)});
    engines.push_back(std::move(*engine));
  }
  const auto batch = make_batch(*model, text, engines.front()->info().batch_tokens_best);

  weft::tree_options options{.node_name = "bench"};
  options.models.push_back({"m", weft::model_load::kept, [model]() -> weft::result<weft::model_ptr> { return model; }});
  const auto workers = static_cast<uint32_t>(with.workers);
  options.pools.push_back({.model = "m", .workers_min = workers, .workers_max = workers});
  options.cache.enabled = false;
  weft::actor_tree tree{options};

  std::vector<double> bare, whole, ratio;
  tree_slice(tree.entrance(), text, with);
  for (int i = 0; i < with.slices; ++i) {
    bare.push_back(bare_slice(engines, batch));
    whole.push_back(tree_slice(tree.entrance(), text, with));
    ratio.push_back(whole.back() / bare.back());
  }
  std::printf("{\"tokens\": %zu, \"texts_a_call\": %d, \"workers\": %d, \"bare_texts_per_second\": %.0f, "
              "\"tree_texts_per_second\": %.0f, \"ratio_median\": %.3f, \"ratio_quartiles\": [%.3f, %.3f]}\n",
              batch.ids.size() / batch.sequences(), with.texts_a_call, with.workers, at(bare, 0.5), at(whole, 0.5),
              at(ratio, 0.5), at(ratio, 0.25), at(ratio, 0.75));
}
