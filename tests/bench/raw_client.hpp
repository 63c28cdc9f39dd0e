#pragma once

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace weft::bench {

/// A message as bytes, to be sent over and over.
grpc::ByteBuffer message_of(const std::string& bytes);

struct load_result {
  std::vector<double> latencies; ///< microseconds, in the order of the answers
  std::map<grpc::StatusCode, uint64_t> codes;
  double seconds = 0;

  double calls_per_second() const noexcept { return static_cast<double>(latencies.size()) / seconds; }
};

/// Calls one unary RPC through gRPC's callback API without looking into the messages, so that both sides of a
/// comparison have the same client.
class raw_client {
public:
  /// Gives the next request. Thread-safe.
  using request_source = std::function<grpc::ByteBuffer()>;

  raw_client(std::shared_ptr<grpc::Channel> channel, std::string method, request_source next)
      : stub_(std::move(channel)), method_(std::move(method)), next_(std::move(next)) {}
  /// The same request over and over.
  raw_client(std::shared_ptr<grpc::Channel> channel, std::string method, const std::string& request)
      : raw_client(std::move(channel), std::move(method), [message = message_of(request)] { return message; }) {}

  /// Keeps `in_flight` calls in flight for `time`, and waits for the last.
  load_result run(uint32_t in_flight, std::chrono::nanoseconds time);

  /// Starts `calls` at once; `when_sent` runs when all are on their way.
  load_result flood(uint32_t calls, const std::function<void()>& when_sent);

  /// One call's reply.
  grpc::ByteBuffer reply();

private:
  struct loop;
  void start(loop& shared);

  grpc::GenericStub stub_;
  std::string method_;
  request_source next_;
};

} // namespace weft::bench
