#include "runtime/membership/join_check.hpp"

#include <doctest/doctest.h>

using namespace weft;

TEST_CASE("nodes speak when they are of one cluster and share a protocol version") {
  struct row {
    cluster_claim theirs;
    join_verdict verdict;
    const char* says; ///< what the reason has to name
  };
  cluster_claim ours{"demo", {2, 3}};
  for (const auto& [theirs, verdict, says] :
       {row{{"demo", {2, 3}}, join_verdict::accepted, ""}, row{{"demo", {1, 2}}, join_verdict::accepted, ""},
        row{{"demo", {3, 9}}, join_verdict::accepted, ""},
        row{{"other", {2, 3}}, join_verdict::other_cluster, "'other'"},
        row{{"", {2, 3}}, join_verdict::other_cluster, "'demo'"},
        row{{"demo", {1, 1}}, join_verdict::no_common_protocol, "[1, 1]"},
        row{{"demo", {4, 5}}, join_verdict::no_common_protocol, "[2, 3]"}}) {
    CAPTURE(says);
    auto answer = judge_claim(ours, theirs);
    CHECK(answer.verdict == verdict);
    CHECK(answer.reason.find(says) != std::string::npos);
    CHECK(answer.reason.empty() == (verdict == join_verdict::accepted));
  }
}
