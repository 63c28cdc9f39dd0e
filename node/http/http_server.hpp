#pragma once

#include "runtime/base/result.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

namespace weft {

struct http_reply {
  unsigned status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body;
};

struct http_options {
  std::string host = "127.0.0.1";
  uint16_t port = 0;                          ///< 0 takes a free one
  uint32_t connections_max = 128;             ///< further ones are answered 503 and closed
  uint32_t header_bytes_max = 8'192;          ///< larger ones are answered 431
  std::chrono::milliseconds idle_max{15'000}; ///< without a whole request, or a whole answer: closed
};

/// An asynchronous HTTP/1.1 server for a few small pages, on one thread of its own: scrapes and probes never wait for
/// the work of the node, nor it for them. GET and HEAD; everything else is answered 405, an unknown path 404, a
/// request with a body 413. Pages are called on that thread and must not block.
class http_server {
public:
  using page = std::function<http_reply()>;

  /// Binds and listens, and serves from then on. Fails with errc::unavailable; the message names the address.
  static result<std::unique_ptr<http_server>> start(const http_options& options, std::map<std::string, page> pages);
  /// Closes all connections and joins the thread.
  ~http_server();
  http_server(const http_server&) = delete;
  http_server& operator=(const http_server&) = delete;

  uint16_t port() const noexcept;

private:
  struct parts;
  explicit http_server(std::unique_ptr<parts> p);
  std::unique_ptr<parts> parts_;
};

} // namespace weft
