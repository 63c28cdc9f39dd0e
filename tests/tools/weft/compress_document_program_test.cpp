#include "tests/tools/weft/compress_commands.hpp"
#include "tests/tools/weft/scratch_file.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace weft;
using namespace weft::test;
using nlohmann::json;

namespace {

const std::string first = "one line\nand another\n";
const std::string more = "a third\nthe last\n";

} // namespace

TEST_CASE("a text is kept as a document, and its handle is told where it does not disturb") {
  fake_compressor node;
  const auto handle = fake_compressor::handle_of(first);
  const auto r = compress(node, {"--handle", "--ratio", "2"}, first);
  CHECK(r.exit == 0);
  CHECK(r.out == "one line\n");
  CHECK(r.err == "weft: stdin: document " + handle + "\n");
  CHECK(compress(node, {"--handle", "-o", "name"}, first).out == handle + "\n");
  const auto object = json::parse(compress(node, {"--handle", "-o", "json"}, first).out);
  CHECK(object["handle"] == handle);
  CHECK(node.last_request().texts_size() == 0);
  CHECK(node.last_request().handles(0) == handle);
}

TEST_CASE("several texts become several documents") {
  fake_compressor node;
  const scratch_file one{first};
  const scratch_file other{more};
  const auto r = compress(node, {"--handle", "-o", "name", one.path(), other.path()});
  CHECK(r.exit == 0);
  CHECK(r.out == fake_compressor::handle_of(first) + "\n" + fake_compressor::handle_of(more) + "\n");
}

TEST_CASE("a document is compressed by its handle through any node, and made longer") {
  const auto shelf = std::make_shared<document_shelf>();
  fake_compressor one{{}, shelf};
  fake_compressor other{{}, shelf};
  const auto handle = fake_compressor::handle_of(first);
  compress(one, {"--handle"}, first);
  const auto r = compress(other, {"--document", handle, "--ratio", "2"});
  CHECK(r.exit == 0);
  CHECK(r.out == "one line\n");
  const scratch_file file{more};
  const auto longer = compress(other, {"--document", handle, "--append", file.path(), "--ratio", "2", "-o", "json"});
  CHECK(longer.exit == 0);
  const auto new_handle = fake_compressor::handle_of(first + more);
  CHECK(longer.err == "weft: document " + new_handle + ": 38 B, 2 chunks, 1 new\n");
  const auto object = json::parse(longer.out);
  CHECK(object["handle"] == new_handle);
  CHECK(object["source_tokens"] == 38);
  CHECK(compress(other, {"--document", handle, "--append", "-"}, more).err == longer.err);
}

TEST_CASE("a handle that nobody knows is a failure with an advice") {
  fake_compressor node;
  const std::string handle(64, 'a');
  const scratch_file file{more};
  for (const auto& arguments :
       {std::vector<std::string>{"--document", handle}, {"--document", handle, "--append", file.path()}}) {
    const auto r = compress(node, arguments);
    CHECK(r.exit == 1);
    CHECK(r.out.empty());
    CHECK(has(r.err, "[UNKNOWN_HANDLE]"));
    CHECK(has(r.err, "weft compress --handle FILE"));
  }
}
