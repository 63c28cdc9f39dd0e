#pragma once

#include "runtime/ports/job_door.hpp"

#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

/// The jobs of a cluster: keeps what it is asked, for the test to answer. Thread-safe.
class fake_job_door final : public job_door {
public:
  struct opened {
    job_opening opening;
    std::shared_ptr<submission_listener> listener;
    std::vector<std::string> texts; ///< all that were appended
    size_t appends = 0;
    bool complete = false;
    bool gone = false; ///< the submission was let go of
  };
  struct read_under_way {
    job_question question;
    uint64_t from = 0;
    std::shared_ptr<results_listener> listener;
    size_t wanted = 0; ///< pages asked for
    bool gone = false;
  };
  struct watched {
    job_question question;
    std::chrono::milliseconds period{};
    std::function<void(result<job_status>)> news;
    bool gone = false;
  };
  template <class Question, class Answer> struct asked {
    Question question;
    std::function<void(result<Answer>)> done;
  };

  std::shared_ptr<submission> open(job_opening opening, std::shared_ptr<submission_listener> listener) override {
    const std::lock_guard hold(mutex_);
    const auto one = std::make_shared<opened>(opened{std::move(opening), std::move(listener), {}, 0, false, false});
    opened_.push_back(one);
    return std::make_shared<fake_submission>(*this, one);
  }
  void get(job_question question, std::function<void(result<job_status>)> done) override {
    const std::lock_guard hold(mutex_);
    gets_.push_back({std::move(question), std::move(done)});
  }
  void list(job_filter filter, std::function<void(result<job_page>)> done) override {
    const std::lock_guard hold(mutex_);
    lists_.push_back({std::move(filter), std::move(done)});
  }
  void cancel(job_question question, std::function<void(result<job_status>)> done) override {
    const std::lock_guard hold(mutex_);
    cancels_.push_back({std::move(question), std::move(done)});
  }
  std::shared_ptr<job_watch> watch(job_question question, std::chrono::milliseconds period,
                                   std::function<void(result<job_status>)> news) override {
    const std::lock_guard hold(mutex_);
    const auto one = std::make_shared<watched>(watched{std::move(question), period, std::move(news), false});
    watches_.push_back(one);
    return std::make_shared<fake_watch>(*this, one);
  }
  std::shared_ptr<results_reader> read(job_question question, uint64_t from,
                                       std::shared_ptr<results_listener> listener) override {
    const std::lock_guard hold(mutex_);
    const auto one =
        std::make_shared<read_under_way>(read_under_way{std::move(question), from, std::move(listener), 0, false});
    readers_.push_back(one);
    return std::make_shared<fake_reader>(*this, one);
  }

  void read_corpus(job_question question, std::function<void(result<corpus_reading>)> done) override {
    const std::lock_guard hold(mutex_);
    readings_.push_back({std::move(question), std::move(done)});
  }
  void rank_corpus(corpus_query query, std::function<void(result<corpus_hits>)> done) override {
    const std::lock_guard hold(mutex_);
    queries_.push_back({std::move(query), std::move(done)});
  }

  // What was asked, as it is now; the n-th of its kind. False in `has_…` while it has not come.
  bool has_opened(size_t n = 0) const { return size(opened_) > n; }
  opened open_at(size_t n = 0) const { return copy(opened_, n); }
  bool has_reader(size_t n = 0) const { return size(readers_) > n; }
  read_under_way reader_at(size_t n = 0) const { return copy(readers_, n); }
  bool has_watch(size_t n = 0) const { return size(watches_) > n; }
  watched watch_at(size_t n = 0) const { return copy(watches_, n); }
  bool has_get() const { return size(gets_) > 0; }
  bool has_list() const { return size(lists_) > 0; }
  bool has_cancel() const { return size(cancels_) > 0; }
  bool has_reading() const { return size(readings_) > 0; }
  bool has_query() const { return size(queries_) > 0; }
  asked<job_question, corpus_reading> take_reading() { return take(readings_); }
  asked<corpus_query, corpus_hits> take_query() { return take(queries_); }
  asked<job_question, job_status> take_get() { return take(gets_); }
  asked<job_filter, job_page> take_list() { return take(lists_); }
  asked<job_question, job_status> take_cancel() { return take(cancels_); }

private:
  class fake_submission final : public submission {
  public:
    fake_submission(fake_job_door& door, std::shared_ptr<opened> of) : door_(door), of_(std::move(of)) {}
    ~fake_submission() override {
      const std::lock_guard hold(door_.mutex_);
      of_->gone = true;
    }
    void append(std::vector<std::string> texts) override {
      const std::lock_guard hold(door_.mutex_);
      ++of_->appends;
      for (auto& text : texts)
        of_->texts.push_back(std::move(text));
    }
    void complete() override {
      const std::lock_guard hold(door_.mutex_);
      of_->complete = true;
    }

  private:
    fake_job_door& door_;
    const std::shared_ptr<opened> of_;
  };
  class fake_reader final : public results_reader {
  public:
    fake_reader(fake_job_door& door, std::shared_ptr<read_under_way> of) : door_(door), of_(std::move(of)) {}
    ~fake_reader() override {
      const std::lock_guard hold(door_.mutex_);
      of_->gone = true;
    }
    void next() override {
      const std::lock_guard hold(door_.mutex_);
      ++of_->wanted;
    }

  private:
    fake_job_door& door_;
    const std::shared_ptr<read_under_way> of_;
  };
  class fake_watch final : public job_watch {
  public:
    fake_watch(fake_job_door& door, std::shared_ptr<watched> of) : door_(door), of_(std::move(of)) {}
    ~fake_watch() override {
      const std::lock_guard hold(door_.mutex_);
      of_->gone = true;
    }

  private:
    fake_job_door& door_;
    const std::shared_ptr<watched> of_;
  };

  template <class List> size_t size(const List& list) const {
    const std::lock_guard hold(mutex_);
    return list.size();
  }
  template <class Entry> Entry copy(const std::vector<std::shared_ptr<Entry>>& list, size_t n) const {
    const std::lock_guard hold(mutex_);
    return *list.at(n);
  }
  template <class Entry> Entry take(std::vector<Entry>& list) {
    const std::lock_guard hold(mutex_);
    auto out = std::move(list.at(0));
    list.erase(list.begin());
    return out;
  }

  mutable std::mutex mutex_; // guards all below
  std::vector<std::shared_ptr<opened>> opened_;
  std::vector<std::shared_ptr<read_under_way>> readers_;
  std::vector<std::shared_ptr<watched>> watches_;
  std::vector<asked<job_question, job_status>> gets_, cancels_;
  std::vector<asked<job_filter, job_page>> lists_;
  std::vector<asked<job_question, corpus_reading>> readings_;
  std::vector<asked<corpus_query, corpus_hits>> queries_;
};

} // namespace weft::test
