#include "node/grpc/wire_error.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <map>
#include <sstream>

namespace {

std::string name_of(grpc::StatusCode code) {
  static const std::map<grpc::StatusCode, std::string> names{
      {grpc::StatusCode::CANCELLED, "CANCELLED"},
      {grpc::StatusCode::INVALID_ARGUMENT, "INVALID_ARGUMENT"},
      {grpc::StatusCode::DEADLINE_EXCEEDED, "DEADLINE_EXCEEDED"},
      {grpc::StatusCode::NOT_FOUND, "NOT_FOUND"},
      {grpc::StatusCode::PERMISSION_DENIED, "PERMISSION_DENIED"},
      {grpc::StatusCode::RESOURCE_EXHAUSTED, "RESOURCE_EXHAUSTED"},
      {grpc::StatusCode::FAILED_PRECONDITION, "FAILED_PRECONDITION"},
      {grpc::StatusCode::INTERNAL, "INTERNAL"},
      {grpc::StatusCode::UNAVAILABLE, "UNAVAILABLE"},
      {grpc::StatusCode::UNAUTHENTICATED, "UNAUTHENTICATED"},
  };
  return names.at(code);
}

/// The table as proto/README.md must have it.
std::string expected_table() {
  std::string out = "| reason | code | what it means | what to do |\n|---|---|---|---|\n";
  for (const auto& row : weft::errc_table())
    if (row.code != weft::errc::none)
      out += "| `" + std::string(row.reason) + "` | " + name_of(weft::to_grpc(row.status)) + " | " +
             std::string(row.meaning) + " | " + std::string(row.advice) + " |\n";
  return out;
}

} // namespace

TEST_CASE("the errors that proto/README.md lists are those of the code, in its words") {
  std::ifstream in(WEFT_SOURCE_DIR "/proto/README.md");
  REQUIRE(in);
  std::ostringstream readme;
  readme << in.rdbuf();
  CHECK_MESSAGE(readme.str().find(expected_table()) != std::string::npos,
                "proto/README.md should contain this table:\n", expected_table());
}
