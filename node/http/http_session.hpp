#pragma once

#include "node/http/http_server.hpp"

#include <boost/asio/ip/tcp.hpp>

#include <map>
#include <memory>
#include <string>

namespace weft {

/// What all connections of one server share. Used on the server's thread only.
struct http_site {
  http_options options;
  std::map<std::string, http_server::page> pages;
  uint32_t connections = 0;
};

/// Serves one connection until it ends: reads a request, answers, and again. Keeps itself alive.
void serve_connection(boost::asio::ip::tcp::socket socket, std::shared_ptr<http_site> site);

} // namespace weft
