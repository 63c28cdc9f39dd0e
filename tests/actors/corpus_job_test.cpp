#include "actors/actor_tree.hpp"
#include "runtime/corpus_job/corpus_outcome.hpp"
#include "runtime/corpus_job/corpus_terms.hpp"
#include "tests/actors/actor_world.hpp"
#include "tests/actors/embedded_corpus.hpp"
#include "tests/support/memory_job_log.hpp"
#include "tests/support/memory_rank_carrier.hpp"

#include <atomic>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

using namespace weft;
using namespace weft::test;
using namespace std::chrono_literals;

// A corpus job on one node, from the client's texts to its outcome, in virtual time: the rank runs where tasks do.
namespace {

constexpr node_id self{7};
const std::string address = "node:1";

struct client final : submission_listener {
  std::optional<job_id> id;
  bool is_safe = false;
  std::optional<failure> refused;

  void on_open(const job_status& job) override { id = job.header.id; }
  void on_durable(uint64_t) override {}
  void on_end(result<job_status> outcome) override {
    is_safe = static_cast<bool>(outcome);
    if (!outcome)
      refused = outcome.error();
  }
};

std::vector<std::string> some_texts(size_t count) {
  std::vector<std::string> out;
  for (size_t i = 0; i < count; ++i)
    out.push_back(std::string(1 + i % 11, static_cast<char>('a' + i % 23)) + " " + std::to_string(i * 7919 % 1'000));
  return out;
}

/// What the job has to come to: one rank with all its items.
corpus_result wanted(const fake_model& model, const std::vector<std::string>& texts) {
  embedded_corpus corpus;
  corpus.all.dimensions = fake_engine_dimensions;
  for (const auto& text : texts) {
    const auto vector = model.vector(text);
    corpus.all.items.push_back(corpus.items());
    corpus.all.tokens.push_back(static_cast<uint32_t>(model.tokenize(text, {})->ids.size()));
    corpus.all.values.insert(corpus.all.values.end(), vector.begin(), vector.end());
  }
  return plain_outcome(corpus);
}

void set_jobs(tree_options& options, const std::shared_ptr<memory_rank_hub>& hub) {
  options.jobs.self = self;
  options.jobs.core.region = "local";
  options.jobs.core.single_node = true;
  options.jobs.core.durability = {.copies = 3, .synced = 1};
  options.jobs.core.models = {"m"};
  options.jobs.log = std::make_shared<memory_job_log>();
  options.jobs.ranks = hub->carrier(address);
}

cluster_view_ptr alone() {
  auto view = std::make_shared<cluster_view>();
  view->self = self;
  view->members.push_back({.node = self,
                           .epoch = boot_epoch{1},
                           .name = "n1",
                           .data_address = address,
                           .region = "local",
                           .condition = member_condition::serving});
  return view;
}

struct corpus_node : actor_world {
  enum class model_opens : uint8_t { at_once, later, when_wanted };
  explicit corpus_node(model_opens when = model_opens::at_once) {
    hold_tasks = when == model_opens::later;
    if (when == model_opens::when_wanted)
      options.models[0].load = model_load::lazy;
    set_jobs(options, hub);
    options.corpora.niceness = 0; // ranks run on the test's thread
    start();
    caf::anon_send(supervisor, alone());
    step();
  }

  void check_refused_until_open() {
    const auto heard = std::make_shared<client>();
    const auto stream = jobs->open({.tenant = "t", .request_id = "r", .corpus = encode(usual_options)}, heard);
    step();
    REQUIRE(heard->refused);
    CHECK(heard->refused->code == errc::model_loading);
    CHECK(heard->refused->retry_after);
  }
  job_id submit_corpus(std::vector<std::string> texts) {
    const auto heard = std::make_shared<client>();
    const auto stream = jobs->open({.tenant = "t", .request_id = "r", .corpus = encode(usual_options)}, heard);
    step();
    REQUIRE(heard->id);
    stream->append(std::move(texts));
    stream->complete();
    step();
    REQUIRE(heard->is_safe);
    return *heard->id;
  }
  job_state state_of(job_id id) {
    std::optional<job_state> out;
    jobs->get({.id = id, .tenant = "t"}, [&](result<job_status> job) {
      REQUIRE(job);
      out = job->header.state;
    });
    step();
    REQUIRE(out);
    return *out;
  }
  void check_outcome(job_id id, const std::vector<std::string>& texts) {
    std::optional<result<corpus_reading>> reading;
    jobs->read_corpus({.id = id, .tenant = "t"}, [&](auto came) { reading = std::move(came); });
    pass(200ms);
    REQUIRE(reading);
    REQUIRE(*reading);
    const auto outcome = decode_corpus_outcome((*reading)->outcome);
    REQUIRE(outcome);
    REQUIRE(outcome->result);
    CHECK(*outcome->result == wanted(fake_model{device}, texts));
    CHECK(outcome->model_version == "0123456789ab");
    CHECK((*reading)->job.header.spec.corpus ==
          encode(corpus_terms{usual_options, fake_model{device}.info().precision}));
    REQUIRE((*reading)->representatives.size() == outcome->result->clusters.size());
    REQUIRE((*reading)->extract.size() == outcome->result->extract.size());
    for (size_t i = 0; i < outcome->result->extract.size(); ++i)
      CHECK((*reading)->extract[i] == texts.at(outcome->result->extract[i].item));
  }

  std::shared_ptr<memory_rank_hub> hub = memory_rank_hub::make();
};

/// Steps of k-means that each of two devices was given; while the first is stuck it keeps what it has.
struct device_points {
  std::atomic<int> first{0}, second{0}, searches{0};
  std::atomic<bool> is_first_stuck{false}, are_searches_stuck{false};
  std::mutex mutex;
  std::vector<std::function<void()>> kept;

  void go_on() {
    is_first_stuck = are_searches_stuck = false;
    const std::lock_guard hold(mutex);
    for (const auto& run : std::exchange(kept, {}))
      run();
  }
};

/// A fake engine that says it is on a device, and counts what it is given of points.
class device_engine final : public engine {
public:
  device_engine(std::unique_ptr<engine> inner, std::shared_ptr<device_points> points)
      : inner_(std::move(inner)), points_(std::move(points)), info_(inner_->info()) {
    info_.kind = device_kind::gpu;
  }
  const engine_info& info() const noexcept override { return info_; }
  void run(engine_work work, std::function<void(engine_reply)> done) override {
    const bool is_search = std::holds_alternative<nearest_work>(work), is_first = info_.device == "fake:0";
    points_->searches += is_search;
    if (std::holds_alternative<assign_work>(work))
      ++(is_first ? points_->first : points_->second);
    else if (!is_search)
      return inner_->run(std::move(work), std::move(done));
    if (is_search ? !points_->are_searches_stuck : !is_first || !points_->is_first_stuck)
      return inner_->run(std::move(work), std::move(done));
    const std::lock_guard hold(points_->mutex);
    points_->kept.push_back([this, kept = std::make_shared<engine_work>(std::move(work)), done = std::move(done)] {
      inner_->run(std::move(*kept), done);
    });
  }

private:
  const std::unique_ptr<engine> inner_;
  const std::shared_ptr<device_points> points_;
  engine_info info_;
};

class device_model final : public model {
public:
  explicit device_model(std::shared_ptr<device_points> points) : points_(std::move(points)) {}
  const model_info& info() const noexcept override { return texts.info(); }
  result<token_sequence> tokenize(std::string_view text, const embed_options& options) const override {
    return texts.tokenize(text, options);
  }
  uint64_t count_tokens(std::string_view text) const override { return texts.count_tokens(text); }
  result<std::unique_ptr<engine>> make_engine(const engine_options& options) const override {
    auto made = texts.make_engine(options);
    if (!made)
      return made;
    return std::unique_ptr<engine>{std::make_unique<device_engine>(*std::move(made), points_)};
  }
  std::optional<uint32_t> devices() const noexcept override { return 2; }

  const fake_model texts{std::make_shared<fake_device>(fake_device::mode::threads)};

private:
  const std::shared_ptr<device_points> points_;
};

/// Told on another thread, once.
template <class T> struct answer {
  std::promise<result<T>> told;
  std::function<void(result<T>)> teller() {
    return [this](result<T> it) { told.set_value(std::move(it)); };
  }
  result<T> take() { return told.get_future().get(); }
};

/// Hears when a submission is open, or why not, and when it is safe.
struct waiting_client final : submission_listener {
  answer<job_status> open, end;
  bool is_open = false;

  void on_open(const job_status& job) override {
    is_open = true;
    open.told.set_value(job);
  }
  void on_durable(uint64_t) override {}
  void on_end(result<job_status> outcome) override {
    if (!is_open)
      open.told.set_value(outcome);
    end.told.set_value(std::move(outcome));
  }
};

/// A node on real threads whose two engines are on devices.
struct device_node {
  explicit device_node(std::chrono::milliseconds engine_patience = 60s,
                       std::chrono::milliseconds search_patience = 60s) {
    tree_options options{.node_name = "n1", .version = "0.1.0"};
    options.models.push_back(
        {"m", model_load::kept, [made = model]() -> result<model_ptr> { return model_ptr{made}; }});
    options.pools.push_back({.model = "m"});
    options.corpora.engine_patience = engine_patience;
    options.corpora.search_products_min = 2 * 300 * model->texts.info().dimensions; // two questions to 300 items
    options.corpora.search_patience = search_patience;
    set_jobs(options, memory_rank_hub::make());
    tree.emplace(std::move(options));
    tree->set_members(alone());
    jobs = tree->jobs();
  }

  job_id submit(const std::string& request, const std::vector<std::string>& texts) const {
    for (;;) { // until its log has been read
      const auto heard = std::make_shared<waiting_client>();
      const auto stream = jobs->open({.tenant = "t", .request_id = request, .corpus = encode(usual_options)}, heard);
      const auto opened = heard->open.take();
      if (!opened) {
        const bool is_early = opened.error().code == errc::unavailable || opened.error().code == errc::model_loading;
        REQUIRE(is_early);
        continue;
      }
      stream->append(texts);
      stream->complete();
      REQUIRE(heard->end.take());
      return opened->header.id;
    }
  }
  /// What comes of the corpus of these texts.
  corpus_result run(const std::string& request, const std::vector<std::string>& texts) {
    id = submit(request, texts);
    const auto ended = std::make_shared<answer<job_status>>();
    const auto watch = jobs->watch({.id = id, .tenant = "t"}, 10ms, [ended](result<job_status> news) {
      if (!news || is_end(news->header.state))
        ended->told.set_value(std::move(news));
    });
    const auto last = ended->take();
    REQUIRE(last);
    CHECK(last->header.state == job_state::done);
    answer<corpus_reading> reading;
    jobs->read_corpus({.id = id, .tenant = "t"}, reading.teller());
    const auto read = reading.take();
    REQUIRE(read);
    const auto outcome = decode_corpus_outcome(read->outcome);
    REQUIRE(outcome);
    REQUIRE(outcome->result);
    return *outcome->result;
  }
  /// Items of the last corpus that are nearest to this text.
  /// questions: how often it is asked in one call.
  std::vector<uint64_t> nearest_to(const std::string& text, int questions = 2) const {
    corpus_query query;
    query.job = {.id = id, .tenant = "t"};
    const auto vector = model->texts.vector(text);
    for (int i = 0; i < questions; ++i)
      query.vectors.insert(query.vectors.end(), vector.begin(), vector.end());
    query.count = 3;
    const auto told = std::make_shared<answer<corpus_hits>>();
    jobs->rank_corpus(query, told->teller());
    const auto hits = told->take();
    REQUIRE(hits);
    std::vector<uint64_t> out;
    for (const auto& hit : hits->front())
      out.push_back(hit.item);
    return out;
  }

  std::shared_ptr<device_points> points = std::make_shared<device_points>();
  std::shared_ptr<device_model> model = std::make_shared<device_model>(points);
  std::optional<actor_tree> tree;
  std::shared_ptr<job_door> jobs;
  job_id id;
};

} // namespace

TEST_CASE("a corpus job comes to what one rank makes of its items, and its items are found by their vectors") {
  corpus_node world;
  const auto texts = some_texts(300);
  const auto id = world.submit_corpus(texts);
  for (int i = 0; i < 200 && !is_end(world.state_of(id)); ++i)
    world.pass(100ms);
  CHECK(world.state_of(id) == job_state::done);
  world.check_outcome(id, texts);
  CHECK(world.corpora->counters().epochs == 1);
  CHECK(world.corpora->counters().breaks == 0);

  corpus_query query;
  query.job = {.id = id, .tenant = "t"};
  query.vectors = fake_model{world.device}.vector(texts[17]);
  query.count = 3;
  std::optional<result<corpus_hits>> hits;
  world.jobs->rank_corpus(query, [&](auto came) { hits = std::move(came); });
  world.pass(2s);
  REQUIRE(hits);
  REQUIRE(*hits);
  REQUIRE((*hits)->size() == 1);
  const auto& best = (*hits)->front();
  REQUIRE(best.size() == 3);
  CHECK(best[0].score == doctest::Approx(1));
  REQUIRE(best[0].text);
  CHECK(*best[0].text == texts.at(best[0].item));
  CHECK(world.corpora->counters().searches == 1);
}

TEST_CASE("a corpus is refused while the model is not open: nobody knows its class yet; then it is taken") {
  corpus_node node{corpus_node::model_opens::later};
  node.check_refused_until_open();
  node.hold_tasks = false;
  node.run_tasks();
  node.step();
  const auto texts = some_texts(60);
  const auto id = node.submit_corpus(texts);
  for (int i = 0; i < 200 && !is_end(node.state_of(id)); ++i)
    node.pass(100ms);
  CHECK(node.state_of(id) == job_state::done);
}

TEST_CASE("a device group that dies in mid run costs an epoch, not the job") {
  corpus_node world;
  const auto texts = some_texts(300);
  const auto id = world.submit_corpus(texts);
  world.hold_tasks = true;
  bool was_killed = false;
  for (int i = 0; i < 400 && !is_end(world.state_of(id)); ++i) {
    if (!was_killed && world.corpora->counters().ranks == 1) {
      world.kill(world.wiring()->device_group); // the rank's thread has not begun
      was_killed = true;
    }
    if (!world.tasks.empty()) {
      auto task = std::move(world.tasks.front());
      world.tasks.pop_front();
      task();
    }
    world.pass(50ms);
  }
  REQUIRE(was_killed);
  CHECK(world.meter->restarted["device_group"] == 1);
  CHECK(world.state_of(id) == job_state::done);
  CHECK(world.corpora->counters().epochs == 2);
  world.hold_tasks = false;
  world.run_tasks();
  world.check_outcome(id, texts);
}

TEST_CASE("a corpus that is refused as the model is lazy opens it") {
  corpus_node node{corpus_node::model_opens::when_wanted};
  node.check_refused_until_open();
  CHECK(node.models_opened == 1);
  const auto id = node.submit_corpus(some_texts(60));
  for (int i = 0; i < 200 && !is_end(node.state_of(id)); ++i)
    node.pass(100ms);
  CHECK(node.state_of(id) == job_state::done);
}

TEST_CASE("where a node's engines are on devices they take the points of k-means and of searches, on real threads") {
  device_node node;
  const auto texts = some_texts(300);
  CHECK(node.run("r", texts) == wanted(node.model->texts, texts));
  CHECK(node.points->first > 1); // both devices, each with its range of the points
  CHECK(node.points->first == node.points->second);
  CHECK(node.tree->count_corpora().epochs >= 1);

  const auto found = node.nearest_to(texts[17]); // who makes the points of its shard looks at them here
  CHECK(found.size() == 3);
  CHECK(node.nearest_to(texts[17], 1) == found); // too little for a device
  CHECK(node.points->searches == 0);
  CHECK(node.nearest_to(texts[17]) == found);
  CHECK(node.points->searches == 1);
}

TEST_CASE("a device that hangs at the points of one corpus is done without, there and in the next; the other is not") {
  device_node node(5s); // the other device has that long too, also on a busy machine
  const auto texts = some_texts(300);
  node.points->is_first_stuck = true;
  CHECK(node.run("r", texts) == wanted(node.model->texts, texts));
  CHECK(node.points->first == 1);
  node.points->go_on(); // calls wait for it as well
  const int before = node.points->second;
  CHECK(before > 1);
  const auto more = some_texts(310);
  CHECK(node.run("s", more) == wanted(node.model->texts, more));
  CHECK(node.points->first == 1);
  CHECK(node.points->second > before);
  CHECK(node.tree->count_corpora().breaks == 0);
}

TEST_CASE("a device that is too slow for a search is left alone by searches, not by ranks") {
  device_node node(60s, 100ms);
  const auto texts = some_texts(300);
  CHECK(node.run("r", texts) == wanted(node.model->texts, texts));
  const auto found = node.nearest_to(texts[17]);
  node.points->are_searches_stuck = true;
  for (const int searches : {1, 2, 2}) { // each device once
    CHECK(node.nearest_to(texts[17]) == found);
    CHECK(node.points->searches == searches);
  }
  node.points->go_on();
  const int first = node.points->first, second = node.points->second;
  const auto more = some_texts(310);
  CHECK(node.run("s", more) == wanted(node.model->texts, more));
  CHECK(node.points->first > first);
  CHECK(node.points->second > second);
}
