#include "runtime/job/job_id.hpp"

#include <doctest/doctest.h>

#include <set>
#include <string>

using namespace weft;

TEST_CASE("a job's id follows from tenant and request id, each as a whole") {
  std::set<job_id> ids;
  for (const auto& [tenant, request] : {std::pair{"acme", "nightly"},
                                        {"acmen", "ightly"},
                                        {"", "acmenightly"},
                                        {"acmenightly", ""},
                                        {"acme", "nightly "},
                                        {"", ""}}) {
    CAPTURE(tenant);
    CAPTURE(request);
    CHECK(job_id_of(tenant, request) == job_id_of(std::string{tenant}, std::string{request}));
    CHECK(ids.insert(job_id_of(tenant, request)).second);
  }
}

TEST_CASE("the id of a job is the same in every release: clients and records keep it") {
  CHECK(to_text(job_id_of("acme", "nightly")) == "d78ad2d6a0f83a84fed480a2156944dd");
}

TEST_CASE("an id that was written is read again, in any case of letters") {
  for (const auto id : {job_id{}, job_id{1, 2}, job_id{UINT64_MAX, UINT64_MAX}, job_id_of("a", "b")}) {
    const auto text = to_text(id);
    CAPTURE(text);
    CHECK(text.size() == 32);
    CHECK(parse_job_id(text) == id);
  }
  CHECK(to_text({0x0123'4567'89AB'CDEF, 0xFEDC'BA98'7654'3210}) == "0123456789abcdeffedcba9876543210");
  CHECK(parse_job_id("0123456789ABCDEFfedcba9876543210") == job_id{0x0123'4567'89AB'CDEF, 0xFEDC'BA98'7654'3210});
}

TEST_CASE("what is no id is not read as one") {
  for (const auto* text : {"", "0", "0123456789abcdeffedcba987654321", "0123456789abcdeffedcba98765432100",
                           "0123456789abcdeffedcba987654321g", "0x23456789abcdeffedcba9876543210",
                           "+123456789abcdeffedcba9876543210", " 123456789abcdeffedcba9876543210"}) {
    CAPTURE(text);
    CHECK(!parse_job_id(text));
  }
}
