#include "node/http/http_server.hpp"

#include "node/http/http_session.hpp"

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include <thread>

namespace weft {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

// When accept fails (no file descriptors left), it would fail again at once: wait, then try again.
constexpr auto accept_retry = std::chrono::milliseconds{100};

struct http_server::parts {
  explicit parts(const http_options& options, std::map<std::string, page> pages)
      : site(std::make_shared<http_site>(http_site{.options = options, .pages = std::move(pages)})) {}

  boost::system::error_code bind() {
    boost::system::error_code error;
    tcp::resolver resolver{io};
    const auto found =
        resolver.resolve(site->options.host, std::to_string(site->options.port), tcp::resolver::passive, error);
    if (error)
      return error;
    const tcp::endpoint where = *found.begin();
    acceptor.open(where.protocol(), error);
    if (!error)
      acceptor.set_option(tcp::acceptor::reuse_address(true), error); // or a restart would wait for old connections
    if (!error)
      acceptor.bind(where, error);
    if (!error)
      acceptor.listen(asio::socket_base::max_listen_connections, error);
    return error;
  }

  void accept() {
    acceptor.async_accept([this](boost::system::error_code error, tcp::socket socket) {
      if (error == asio::error::operation_aborted)
        return;
      if (error) {
        retry.expires_after(accept_retry);
        retry.async_wait([this](boost::system::error_code stopped) {
          if (!stopped)
            accept();
        });
        return;
      }
      serve_connection(std::move(socket), site);
      accept();
    });
  }

  // Declared first, so destroyed last: sessions live in its queue and use the site.
  std::shared_ptr<http_site> site;
  asio::io_context io{1};
  tcp::acceptor acceptor{io};
  asio::steady_timer retry{io};
  std::thread thread;
};

http_server::http_server(std::unique_ptr<parts> p) : parts_(std::move(p)) {}

result<std::unique_ptr<http_server>> http_server::start(const http_options& options,
                                                        std::map<std::string, page> pages) {
  auto p = std::make_unique<parts>(options, std::move(pages));
  if (const auto error = p->bind())
    return failure{.code = errc::unavailable,
                   .message = options.host + ':' + std::to_string(options.port) + ": " + error.message()};
  p->accept();
  p->thread = std::thread{[io = &p->io] { io->run(); }};
  return std::unique_ptr<http_server>(new http_server(std::move(p)));
}

http_server::~http_server() {
  parts_->io.stop();
  parts_->thread.join();
}

uint16_t http_server::port() const noexcept {
  boost::system::error_code ignored;
  return parts_->acceptor.local_endpoint(ignored).port();
}

} // namespace weft
