// A closed-loop load generator: keeps a number of texts in flight against one node and reports what came back.
//
//   node_load --endpoint 127.0.0.1:7700 --in-flight 256 --texts-per-call 1 --tokens 128 --seconds 5
//
// Prints one JSON object: calls, texts and tokens answered, refused calls, latency percentiles in milliseconds.
#include "weft/v1/embed.grpc.pb.h"

#include <CLI/CLI.hpp>
#include <grpcpp/grpcpp.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <iostream>
#include <memory>
#include <mutex>
#include <random>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;
namespace pb = weft::v1;

struct options {
  std::string endpoint = "127.0.0.1:7700";
  uint32_t in_flight = 256; ///< texts
  uint32_t texts_per_call = 1;
  uint32_t tokens = 128; ///< per text, specials included
  double seconds = 5;
  uint64_t calls_max = 0; ///< 0 = until the time is over
  double deadline = 120;
  uint64_t seed = 1;
};

/// Words that are one WordPiece token each, so that a text of n words has n + 2 tokens.
std::string text_of(uint32_t tokens, std::mt19937_64& random) {
  static constexpr const char* words[] = {"time",       "year",   "people",  "way",     "day",     "man",      "thing",
                                          "woman",      "life",   "child",   "world",   "school",  "state",    "family",
                                          "student",    "group",  "country", "problem", "hand",    "part",     "place",
                                          "case",       "week",   "company", "system",  "program", "question", "work",
                                          "government", "number", "night",   "point"};
  std::string text;
  for (uint32_t i = 2; i < tokens; ++i) {
    if (i > 2)
      text += ' ';
    text += words[random() % std::size(words)];
  }
  return text;
}

/// Everything that the completion callbacks share.
class load {
public:
  explicit load(const options& o) : options_(o) {
    grpc::ChannelArguments arguments;
    arguments.SetMaxReceiveMessageSize(-1);
    stub_ =
        pb::EmbedService::NewStub(grpc::CreateCustomChannel(o.endpoint, grpc::InsecureChannelCredentials(), arguments));
    std::mt19937_64 random{o.seed};
    for (int i = 0; i < 64; ++i) {
      auto& request = requests_.emplace_back();
      for (uint32_t k = 0; k < o.texts_per_call; ++k)
        request.add_texts(text_of(o.tokens, random));
    }
  }

  nlohmann::json run() {
    started_ = clock_type::now();
    stop_at_ =
        started_ + std::chrono::duration_cast<clock_type::duration>(std::chrono::duration<double>(options_.seconds));
    auto calls = std::max(1u, options_.in_flight / options_.texts_per_call);
    running_ = calls;
    for (uint32_t i = 0; i < calls; ++i)
      start();
    std::unique_lock lock{mutex_};
    done_.wait(lock, [&] { return running_ == 0; });
    return report();
  }

private:
  struct one {
    grpc::ClientContext context;
    pb::EmbedResponse response;
    clock_type::time_point began;
  };

  void start() {
    auto* rpc = new one;
    rpc->began = clock_type::now();
    rpc->context.set_deadline(std::chrono::system_clock::now() +
                              std::chrono::milliseconds(static_cast<int64_t>(options_.deadline * 1000)));
    auto number = next_++;
    stub_->async()->Embed(&rpc->context, &requests_[number % requests_.size()], &rpc->response,
                          [this, rpc](const grpc::Status& status) { ended(std::unique_ptr<one>(rpc), status); });
  }

  void ended(std::unique_ptr<one> rpc, const grpc::Status& status) {
    auto now = clock_type::now();
    bool again = now < stop_at_ && (options_.calls_max == 0 || next_ < options_.calls_max);
    {
      std::lock_guard lock{mutex_};
      if (status.ok()) {
        ++answered_;
        last_ = now;
        texts_ += static_cast<uint64_t>(rpc->response.embeddings_size());
        tokens_ += rpc->response.info().usage().tokens();
        latencies_.push_back(std::chrono::duration<double, std::milli>(now - rpc->began).count());
        // Rate over the stretch where the load is full: what is answered after the end is the run-out.
        if (now < stop_at_)
          texts_in_time_ += static_cast<uint64_t>(rpc->response.embeddings_size());
      } else if (status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED) {
        ++refused_;
      } else {
        ++failed_;
        problem_ = std::to_string(status.error_code()) + " " + status.error_message();
      }
      if (!again && --running_ == 0)
        done_.notify_all();
    }
    if (again)
      start();
  }

  nlohmann::json report() {
    std::sort(latencies_.begin(), latencies_.end());
    auto at = [&](double q) {
      return latencies_.empty() ? 0.0 : latencies_[static_cast<size_t>(q * static_cast<double>(latencies_.size() - 1))];
    };
    double whole = std::chrono::duration<double>(last_ - started_).count();
    return {{"answered", answered_},
            {"refused", refused_},
            {"failed", failed_},
            {"problem", problem_},
            {"texts", texts_},
            {"tokens", tokens_},
            {"seconds", whole},
            {"texts_per_second", whole > 0 ? static_cast<double>(texts_) / whole : 0.0},
            {"texts_in_time", texts_in_time_},
            {"p50_ms", at(0.5)},
            {"p90_ms", at(0.9)},
            {"p99_ms", at(0.99)}};
  }

  options options_;
  std::unique_ptr<pb::EmbedService::Stub> stub_;
  std::vector<pb::EmbedRequest> requests_;
  std::atomic<uint64_t> next_{0};
  clock_type::time_point started_, stop_at_, last_;
  std::mutex mutex_;
  std::condition_variable done_;
  uint64_t running_ = 0, answered_ = 0, refused_ = 0, failed_ = 0, texts_ = 0, tokens_ = 0, texts_in_time_ = 0;
  std::string problem_;
  std::vector<double> latencies_;
};

} // namespace

int main(int argc, char** argv) {
  options o;
  CLI::App app{"Keeps texts in flight against a Weft node and reports the answers as JSON."};
  app.add_option("--endpoint", o.endpoint, "HOST:PORT of the node")->capture_default_str();
  app.add_option("--in-flight", o.in_flight, "texts in flight")->capture_default_str();
  app.add_option("--texts-per-call", o.texts_per_call, "texts in one call")->capture_default_str();
  app.add_option("--tokens", o.tokens, "tokens a text, specials included")->capture_default_str();
  app.add_option("--seconds", o.seconds, "how long new calls are started")->capture_default_str();
  app.add_option("--calls-max", o.calls_max, "stop after this many calls (0: by time)")->capture_default_str();
  app.add_option("--deadline", o.deadline, "seconds a call may take")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  std::cout << load{o}.run().dump() << "\n";
}
