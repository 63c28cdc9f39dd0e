#include "actors/job_desk.hpp"

#include <utility>

namespace weft {
namespace {

class submission_at_desk final : public submission {
public:
  submission_at_desk(std::shared_ptr<const job_desk> desk, uint64_t number) : desk_(std::move(desk)), number_(number) {}
  ~submission_at_desk() override { desk_->tell(job_events::abandon{number_}); }

  void append(std::vector<std::string> texts) override { desk_->tell(job_events::append{number_, std::move(texts)}); }
  void complete() override { desk_->tell(job_events::complete{number_}); }

private:
  const std::shared_ptr<const job_desk> desk_;
  const uint64_t number_;
};

class reader_at_desk final : public results_reader {
public:
  reader_at_desk(std::shared_ptr<const job_desk> desk, uint64_t number) : desk_(std::move(desk)), number_(number) {}
  ~reader_at_desk() override { desk_->tell(job_events::unread{number_}); }

  void next() override { desk_->tell(job_events::read_next{number_}); }

private:
  const std::shared_ptr<const job_desk> desk_;
  const uint64_t number_;
};

class watch_at_desk final : public job_watch {
public:
  watch_at_desk(std::shared_ptr<const job_desk> desk, uint64_t number) : desk_(std::move(desk)), number_(number) {}
  ~watch_at_desk() override { desk_->tell(job_events::unwatch{number_}); }

private:
  const std::shared_ptr<const job_desk> desk_;
  const uint64_t number_;
};

} // namespace

std::shared_ptr<submission> job_desk::open(job_opening opening, std::shared_ptr<submission_listener> listener) {
  const auto number = ++numbers_;
  tell(job_events::open{number, std::move(opening), std::make_shared<submission_slip>(std::move(listener))});
  return std::make_shared<submission_at_desk>(shared_from_this(), number);
}

void job_desk::get(job_question question, std::function<void(result<job_status>)> done) {
  tell(job_events::get{std::make_shared<job_slip>(std::move(question), std::move(done))});
}

void job_desk::list(job_filter filter, std::function<void(result<job_page>)> done) {
  tell(job_events::list{std::make_shared<job_list_slip>(std::move(filter), std::move(done))});
}

void job_desk::cancel(job_question question, std::function<void(result<job_status>)> done) {
  tell(job_events::cancel{std::make_shared<job_slip>(std::move(question), std::move(done))});
}

std::shared_ptr<job_watch> job_desk::watch(job_question question, std::chrono::milliseconds period,
                                           std::function<void(result<job_status>)> news) {
  const auto number = ++numbers_;
  tell(job_events::watch{number, std::move(question), period, std::make_shared<watch_slip>(std::move(news))});
  return std::make_shared<watch_at_desk>(shared_from_this(), number);
}

std::shared_ptr<results_reader> job_desk::read(job_question question, uint64_t from,
                                               std::shared_ptr<results_listener> listener) {
  const auto number = ++numbers_;
  tell(job_events::read{number, std::move(question), from, std::make_shared<results_slip>(std::move(listener))});
  return std::make_shared<reader_at_desk>(shared_from_this(), number);
}

void job_desk::read_corpus(job_question question, std::function<void(result<corpus_reading>)> done) {
  tell(job_events::read_corpus{std::make_shared<corpus_reading_slip>(std::move(question), std::move(done))});
}

void job_desk::rank_corpus(corpus_query query, std::function<void(result<corpus_hits>)> done) {
  tell(job_events::rank_corpus{std::make_shared<corpus_query_slip>(std::move(query), std::move(done))});
}

void job_desk::ask(job_request request, std::function<void(result<job_answer>)> done) {
  tell(job_events::asked{std::make_shared<job_request_slip>(std::move(request), std::move(done))});
}

void job_desk::lead_to(job_keeper_actor keeper) {
  const std::lock_guard lock{mutex_};
  keeper_ = std::move(keeper);
}

void job_desk::publish(const job_counts& counts) {
  const std::lock_guard lock{mutex_};
  counts_ = counts;
}

job_counts job_desk::counts() const {
  const std::lock_guard lock{mutex_};
  return counts_;
}

void job_desk::tell(job_event event) const {
  // Without a keeper the event goes here, and whoever waits for it hears of that from its slip.
  if (auto keeper = current())
    caf::anon_send(keeper, std::make_shared<job_event>(std::move(event)));
}

job_keeper_actor job_desk::current() const {
  const std::lock_guard lock{mutex_};
  return keeper_;
}

} // namespace weft
