#include "tests/node/grpc/compress_world.hpp"
#include "tests/support/tcp_client.hpp"

#include <optional>

namespace pb = weft::v1;
using weft::errc;
using weft::test::eventually;
using weft::test::soon;
using weft::test::test_node;

namespace {

/// A client that sends calls and gives the server no window for an answer, as gRPC's own clients never do.
class deaf_client {
public:
  explicit deaf_client(uint16_t port) : socket_(port) {
    constexpr std::string_view no_window("\x00\x04\x00\x00\x00\x00", 6); // SETTINGS_INITIAL_WINDOW_SIZE = 0
    socket_.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + frame(4, 0, 0, no_window) + frame(4, 1, 0, ""));
  }

  void call(const std::string& path, const std::string& message) {
    const std::string headers = literal(":method", "POST") + literal(":scheme", "http") + literal(":path", path) +
                                literal(":authority", "x") + literal("content-type", "application/grpc") +
                                literal("te", "trailers");
    socket_.send(frame(1, 4, next_, headers) + // HEADERS, END_HEADERS
                 frame(0, 1, next_, std::string(1, 0) + big_endian(message.size(), 4) + message)); // DATA, END_STREAM
    next_ += 2;
  }

private:
  static std::string big_endian(uint64_t value, int bytes) {
    std::string out;
    for (int i = bytes - 1; i >= 0; --i)
      out += static_cast<char>(value >> (8 * i) & 0xFF);
    return out;
  }
  static std::string frame(int type, int flags, uint32_t stream, std::string_view payload) {
    return big_endian(payload.size(), 3) + static_cast<char>(type) + static_cast<char>(flags) + big_endian(stream, 4) +
           std::string(payload);
  }
  /// HPACK: a field that is not indexed, with a new name.
  static std::string literal(std::string_view name, std::string_view value) {
    return std::string(1, 0) + static_cast<char>(name.size()) + std::string(name) + static_cast<char>(value.size()) +
           std::string(value);
  }

  weft::test::tcp_client socket_;
  uint32_t next_ = 1;
};

pb::EmbedRequest two_texts() {
  pb::EmbedRequest out;
  out.add_texts("a");
  out.add_texts("b");
  return out;
}

grpc::Status embed(const test_node& node) {
  grpc::ClientContext rpc;
  rpc.set_deadline(soon());
  pb::EmbedResponse reply;
  return pb::EmbedService::NewStub(node.channel)->Embed(&rpc, two_texts(), &reply);
}

} // namespace

TEST_CASE("answers that a client does not read keep their place in the node until it reads them or goes") {
  auto options = weft::test::on_any_port();
  options.reply_bytes_max = 3 * 2 * weft::item_bytes;
  auto permit = std::make_shared<int>(0);
  test_node node(
      [&](const weft::call_ptr& call) {
        call->hold(permit);
        weft::test::answer(call);
      },
      options);
  CHECK(embed(node).ok());
  CHECK(eventually([&] { return permit.use_count() == 1; }));
  auto deaf = std::make_optional<deaf_client>(node.port);
  for (int i = 0; i < 3; ++i)
    deaf->call("/weft.v1.EmbedService/Embed", two_texts().SerializeAsString());
  CHECK(eventually([&] { return node.meter->count("embed", errc::none) == 4; })); // all are answered
  const auto refused = embed(node);
  CHECK(refused.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED);
  CHECK(weft::test::error_info(refused).reason() == "OVERLOADED");
  CHECK(permit.use_count() == 4);
  deaf.reset();
  CHECK(eventually([&] { return permit.use_count() == 1; }));
  CHECK(embed(node).ok());
}

TEST_CASE("an unread answer of Compress counts with all that it has, not with what its text let expect") {
  for (const bool large : {true, false}) {
    CAPTURE(large);
    auto options = weft::test::on_any_port();
    options.reply_bytes_max = 30'000;
    test_node node(
        [&](const weft::call_ptr& call) {
          weft::compress_output out;
          for (uint32_t i = 0; large && i < 20'000; ++i) {
            out.kept.push_back({2 * i, 2 * i + 1});
            out.stands_for.push_back(1'000 + i);
          }
          auto made = weft::test::fake_compressed(call->request());
          made.items.front().document = std::make_shared<const std::string>(encode(out));
          call->reply(std::move(made));
        },
        options);
    const auto compressed = [&](uint64_t nth) {
      return eventually([&] { return node.meter->count("compress", errc::none) == nth; });
    };
    // 15 000 and 2 048 bytes are expected; more than 200 000 come, or about 100.
    const auto request = weft::test::halves({std::string(15'000, 'x')});
    auto deaf = std::make_optional<deaf_client>(node.port);
    deaf->call("/weft.v1.CompressService/Compress", request.SerializeAsString());
    CHECK(compressed(1));
    if (large) {
      const auto refused = weft::test::compress(node, weft::test::halves({"small"})).status;
      CHECK(weft::test::error_info(refused).reason() == "OVERLOADED");
    } else {
      for (uint64_t nth = 2; nth < 4; ++nth) { // all of them unread
        deaf->call("/weft.v1.CompressService/Compress", request.SerializeAsString());
        CHECK(compressed(nth));
      }
    }
    deaf.reset();
    CHECK(eventually([&] { return weft::test::compress(node, weft::test::halves({"small"})).status.ok(); }));
  }
}
