#include "runtime/jobs/header_table.hpp"

#include <doctest/doctest.h>

using namespace weft;
using namespace std::chrono_literals;

namespace {

constexpr time_point start{1h};

job_header header(uint64_t id, job_state state = job_state::running, std::string tenant = "t") {
  job_header out{.id = {0, id}, .state = state};
  out.spec.tenant = std::move(tenant);
  out.spec.created = wall_time{std::chrono::milliseconds{1'000 * id}};
  return out;
}

std::vector<uint64_t> ids(const job_page& page) {
  std::vector<uint64_t> out;
  for (const auto& job : page.jobs)
    out.push_back(job.header.id.low);
  return out;
}

} // namespace

TEST_CASE("a list gives the jobs that pass the filter, the latest first") {
  header_table table;
  table.put(header(1), start);
  table.put(header(2, job_state::done), start);
  table.put(header(3, job_state::removed), start);
  table.put(header(4, job_state::running, "u"), start);
  struct row {
    job_filter filter;
    std::vector<uint64_t> want;
  };
  for (const auto& [filter, want] : {row{{.tenant = "t"}, {2, 1}},
                                     {{.all_tenants = true}, {4, 2, 1}},
                                     {{.tenant = "t", .states = {job_state::removed, job_state::done}}, {3, 2}},
                                     {{.tenant = "v"}, {}},
                                     {{.all_tenants = true, .jobs_max = 0}, {4}}}) // a page has at least one
    CHECK(ids(*table.list(filter)) == want);
}

TEST_CASE("pages go on where the former ended, also when a job has come or gone meanwhile") {
  header_table table;
  for (uint64_t id = 1; id <= 9; ++id)
    table.put(header(id), start);
  const auto first = table.list({.tenant = "t", .jobs_max = 4});
  REQUIRE(ids(*first) == std::vector<uint64_t>{9, 8, 7, 6});
  table.put(header(20), start);
  table.erase({0, 6});
  const auto second = table.list({.tenant = "t", .jobs_max = 4, .after = first->next});
  CHECK(ids(*second) == std::vector<uint64_t>{5, 4, 3, 2});
  const auto third = table.list({.tenant = "t", .jobs_max = 4, .after = second->next});
  CHECK(ids(*third) == std::vector<uint64_t>{1});
  CHECK(third->next.empty());
}

TEST_CASE("a token that no list gave is refused") {
  const header_table table;
  for (const auto* token : {"x", "12", "12-", "12-zz", "-0123456789abcdef0123456789abcdef"}) {
    CAPTURE(token);
    const auto page = table.list({.after = token});
    REQUIRE(!page);
    CHECK(page.error().code == errc::invalid_argument);
  }
}

TEST_CASE("items per second and the time left follow from the changes that are seen") {
  header_table table;
  auto job = header(1);
  job.items_total = 10'000;
  table.put(job, start);
  for (int second = 1; second <= 40; ++second) {
    job.progress.items_done = static_cast<uint64_t>(100 * second);
    table.put(job, start + std::chrono::seconds{second});
  }
  const auto status = table.status_of(*table.find(job_id{0, 1}));
  CHECK(status.items_per_second == doctest::Approx(100).epsilon(0.01));
  REQUIRE(status.time_left);
  CHECK(*status.time_left / 1s == 60);
  job.state = job_state::done;
  table.put(job, start + 41s);
  CHECK(!table.status_of(*table.find(job_id{0, 1})).time_left);
}

TEST_CASE("counts by state follow the states") {
  header_table table;
  table.put(header(1, job_state::pending), start);
  table.put(header(2, job_state::running), start);
  CHECK(table.put(header(1, job_state::running), start).changed);
  CHECK(!table.put(header(1, job_state::pending), start).changed);
  CHECK(table.put(header(1, job_state::removed), start).removed);
  CHECK(!table.put(header(1, job_state::removed), start).removed);
  CHECK(table.counts() == std::array<uint64_t, 7>{0, 1, 0, 0, 0, 0, 1});
  CHECK(table.kept() == 1);
  table.erase({0, 1});
  CHECK(table.counts() == std::array<uint64_t, 7>{0, 1, 0, 0, 0, 0, 0});
}

TEST_CASE("who asks for another tenant's job does not learn that it is there") {
  header_table table;
  table.put(header(1), start);
  table.put(header(2, job_state::removed), start);
  struct row {
    job_question question;
    errc want;
  };
  for (const auto& [question, want] : {row{{.id = {0, 1}, .tenant = "t"}, errc::none},
                                       {{.id = {0, 1}, .tenant = "u"}, errc::unknown_job},
                                       {{.id = {0, 1}, .all_tenants = true}, errc::none},
                                       {{.id = {0, 2}, .tenant = "t"}, errc::job_removed},
                                       {{.id = {0, 2}, .tenant = "u"}, errc::unknown_job},
                                       {{.id = {0, 3}, .tenant = "t"}, errc::unknown_job}}) {
    const auto found = table.look(question);
    CHECK((found ? errc::none : found.error().code) == want);
  }
}
