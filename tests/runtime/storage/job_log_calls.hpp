#pragma once

#include "runtime/job/record_codec.hpp"
#include "runtime/ports/job_log.hpp"

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace weft::test {

inline job_log_batch batch_of(std::vector<segment_record> segments) {
  job_log_batch out;
  out.segments = std::move(segments);
  return out;
}

/// Calls of a job_log that wait for their answers.
class job_log_calls {
public:
  explicit job_log_calls(job_log& log) : log_(log) {}

  status write(job_log_batch batch) {
    return wait<status>([&](auto done) { log_.write(std::move(batch), std::move(done)); });
  }
  status write(std::vector<segment_record> segments) { return write(batch_of(std::move(segments))); }
  auto read(std::vector<segment_id> ids) {
    return wait<result<std::vector<std::optional<segment_record>>>>(
        [&](auto done) { log_.read(std::move(ids), std::move(done)); });
  }
  /// The segment's body, or "" where there is none.
  std::string body(segment_id id) {
    const auto found = read({id});
    return found && (*found)[0] ? *(*found)[0]->body : "";
  }
  result<job_log_contents> load() {
    return wait<result<job_log_contents>>([&](auto done) { log_.load(std::move(done)); });
  }

  template <class Answer, class Start> static Answer wait(Start start) {
    auto answer = std::make_shared<std::promise<Answer>>();
    auto future = answer->get_future();
    start([answer](Answer a) { answer->set_value(std::move(a)); });
    return future.get();
  }

private:
  job_log& log_;
};

/// Spread over the space of ids, as hashes are.
inline job_id numbered_job(uint64_t n) {
  return {(n + 1) * 0x9E37'79B9'7F4A'7C15ULL, n};
}

inline job_header numbered_header(uint64_t n) {
  job_header out;
  out.id = numbered_job(n);
  out.spec.tenant = "acme";
  out.spec.request_id = "job " + std::to_string(n);
  return out;
}

/// Texts that differ by segment and seed, `bytes` long together.
inline segment_record texts_of(segment_id id, size_t bytes, uint64_t seed = 0) {
  segment_texts texts;
  texts.spec = numbered_header(id.job.low).spec;
  std::string text = std::to_string(seed) + ":" + std::to_string(id.job.low) + ":" + std::to_string(id.index) + ":";
  uint64_t bits = seed + id.job.high + id.index;
  while (text.size() < bytes) {
    bits = bits * 6'364'136'223'846'793'005ULL + 1'442'695'040'888'963'407ULL;
    text += static_cast<char>('a' + (bits >> 33) % 26);
  }
  texts.texts = {text};
  return make_record(id, id.index, texts);
}

inline segment_record results_of(segment_id id, size_t dimensions, uint64_t seed = 0) {
  segment_results results;
  results.model = "model";
  results.items.resize(1);
  for (size_t i = 0; i < dimensions; ++i)
    results.items[0].value.values.push_back(static_cast<float>(seed + i));
  results.usage.tokens = 10;
  return make_record(id, id.index, results);
}

} // namespace weft::test
