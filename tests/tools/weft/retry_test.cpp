#include "tools/weft/retry.hpp"

#include <doctest/doctest.h>

using namespace weft::cli;
using namespace std::chrono_literals;

TEST_CASE("every endpoint has its turn before anything waits, and after three rounds it ends") {
  retry_policy retries{2, 7};
  CHECK(retries.failed({}).wait == 0ms); // the second endpoint
  const auto first = retries.failed({});
  CHECK(first.again);
  CHECK(first.wait >= 160ms);
  CHECK(first.wait <= 240ms);
  CHECK(retries.failed({}).wait == 0ms);
  const auto second = retries.failed({});
  CHECK(second.wait >= 320ms);
  CHECK(second.wait <= 480ms);
  CHECK(retries.failed({}).again);
  CHECK_FALSE(retries.failed({}).again);
}

TEST_CASE("a node's wish for a longer wait is heard, a refusal too") {
  retry_policy retries{1, 7};
  CHECK(retries.failed(1500ms).wait == 1500ms);
  CHECK_FALSE(retries.failed(-1ms).again);
  CHECK_FALSE(retry_policy(1, 7).failed(11s).again);
}

TEST_CASE("progress gives new attempts") {
  retry_policy retries{1, 7};
  for (int i = 0; i < 20; ++i) {
    CHECK(retries.failed({}).again);
    retries.progressed();
  }
}
