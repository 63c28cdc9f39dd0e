#include "node/http/http_session.hpp"

#include <boost/beast/core.hpp>
#include <boost/beast/http.hpp>

#include <optional>

namespace weft {
namespace {

namespace beast = boost::beast;
namespace http = beast::http;
using tcp = boost::asio::ip::tcp;

http_reply plain(unsigned status, std::string body) {
  return {.status = status, .body = std::move(body)};
}

class session : public std::enable_shared_from_this<session> {
public:
  session(tcp::socket socket, std::shared_ptr<http_site> site) : stream_(std::move(socket)), site_(std::move(site)) {
    ++site_->connections;
  }
  ~session() { --site_->connections; }
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  void begin() {
    if (site_->connections > site_->options.connections_max)
      return answer(plain(503, "too many connections\n"), false);
    read();
  }

private:
  void read() {
    head_ = false;
    parser_.emplace();
    parser_->header_limit(site_->options.header_bytes_max);
    parser_->body_limit(uint64_t{0}); // no page takes one
    stream_.expires_after(site_->options.idle_max);
    http::async_read(stream_, buffer_, *parser_,
                     [self = shared_from_this()](beast::error_code error, size_t) { self->on_read(error); });
  }

  void on_read(beast::error_code error) {
    if (error == http::error::header_limit)
      return answer(plain(431, "the header is too large\n"), false);
    if (error == http::error::body_limit)
      return answer(plain(413, "no page here takes a body\n"), false);
    if (error == http::error::end_of_stream || error == beast::error::timeout)
      return close();
    if (error.category() == http::make_error_code(http::error::bad_method).category())
      return answer(plain(400, "not an HTTP request: " + error.message() + "\n"), false);
    if (!error)
      answer(reply_to(parser_->get()), parser_->get().keep_alive());
  }

  http_reply reply_to(const http::request<http::string_body>& request) {
    head_ = request.method() == http::verb::head;
    version_ = request.version();
    auto path = std::string{request.target()};
    path = path.substr(0, path.find('?'));
    const auto found = site_->pages.find(path);
    if (found == site_->pages.end())
      return plain(404, "no such page; there are: " + page_names() + "\n");
    if (request.method() != http::verb::get && !head_)
      return plain(405, "only GET and HEAD\n");
    try {
      return found->second();
    } catch (const std::exception& error) { // a page that throws must not end the thread
      return plain(500, std::string{"the page failed: "} + error.what() + "\n");
    }
  }

  std::string page_names() const {
    std::string out;
    for (const auto& [path, page] : site_->pages)
      out += (out.empty() ? "" : " ") + path;
    return out;
  }

  void answer(http_reply reply, bool keep_alive) {
    response_.emplace();
    response_->version(version_);
    response_->result(reply.status);
    response_->set(http::field::content_type, reply.type);
    response_->set(http::field::cache_control, "no-store");
    if (reply.status == 405)
      response_->set(http::field::allow, "GET, HEAD");
    response_->keep_alive(keep_alive);
    response_->body() = std::move(reply.body);
    response_->prepare_payload();
    stream_.expires_after(site_->options.idle_max);
    const auto sent = [self = shared_from_this(), keep_alive](beast::error_code error, size_t) {
      if (error || !keep_alive)
        return self->close();
      self->read();
    };
    if (!head_)
      return http::async_write(stream_, *response_, sent);
    serializer_.emplace(*response_); // HEAD: the same header, its length included, and no body
    http::async_write_header(stream_, *serializer_, sent);
  }

  void close() {
    beast::error_code ignored;
    stream_.socket().shutdown(tcp::socket::shutdown_send, ignored);
  }

  beast::tcp_stream stream_;
  std::shared_ptr<http_site> site_;
  beast::flat_buffer buffer_;
  std::optional<http::request_parser<http::string_body>> parser_;
  std::optional<http::response<http::string_body>> response_;
  std::optional<http::response_serializer<http::string_body>> serializer_;
  unsigned version_ = 11;
  bool head_ = false;
};

} // namespace

void serve_connection(tcp::socket socket, std::shared_ptr<http_site> site) {
  std::make_shared<session>(std::move(socket), std::move(site))->begin();
}

} // namespace weft
