#include "runtime/compress/document/document_list.hpp"
#include "runtime/ports/documents.hpp"
#include "tests/runtime/compress/document/texts.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace weft::test;

TEST_CASE("a list comes back from its bytes, and equal texts have equal handles") {
  random_source chance{1};
  for (const size_t bytes : {0, 10, 500'000}) {
    const auto text = random_text(chance, look::prose, bytes);
    const auto list = list_of(text);
    CHECK(bytes_of(list) == text.size());
    CHECK(decode_document_list(encode(list)) == list);
    CHECK(is_document_handle(handle_of(list)));
    CHECK(handle_of(list_of(std::string{text})) == handle_of(list));
    CHECK(handle_of(list_of(text + "!")) != handle_of(list));
  }
}

TEST_CASE("bytes that no list has are refused") {
  random_source chance{2};
  const auto good = encode(list_of(random_text(chance, look::prose, 100'000)));
  for (size_t bytes = 0; bytes < good.size(); ++bytes)
    CHECK_FALSE(decode_document_list(std::string_view{good}.substr(0, bytes)));
  CHECK_FALSE(decode_document_list(good + "x"));
  auto other = good;
  other[0] = 2;
  CHECK_FALSE(decode_document_list(other));
  for (const auto size : {char{0}, char{-1}}) { // the first chunk's bytes: too few, too many
    other = good;
    for (size_t i = 0; i < 4; ++i)
      other[5 + 32 + i] = size;
    CHECK_FALSE(decode_document_list(other));
  }
  other = good;
  for (size_t i = 1; i < 5; ++i)
    other[i] = char{-1}; // their number
  CHECK_FALSE(decode_document_list(other));
}

TEST_CASE("ids and handles are the same in every release") {
  CHECK(to_hex(chunk_id_of("")) == "c9e6adf208f0a365958b8193eaedde0efbf1d71c456e7a03a3624158f8a9e2e6");
  CHECK(to_hex(chunk_id_of("chunk")) == "eeafb744214b87be0127f84ee7d6e0a6d440c65e4c95ac9019a8c9f4666c61b3");
  CHECK(handle_of({}) == "58a6efb11fe3d3da27f5a8c326b8112de7112f6fcdf65e83f3254ce8b4b041da");
  CHECK(handle_of(list_of("A short document.")) == "6fe53e63f3d64388093d0e5d4351e5527563dfa3dadab2018f3994f525b92332");
}
