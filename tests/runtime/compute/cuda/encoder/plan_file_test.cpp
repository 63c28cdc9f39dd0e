#include "runtime/base/random_source.hpp"
#include "runtime/compute/cuda/encoder/plan_file.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <string>

namespace {

using namespace weft;
using namespace weft::cuda;

const plan_scope here{"NVIDIA H200", 90, 130'100};

plan_table random_plans(uint64_t seed, size_t count) {
  random_source draw(seed);
  plan_table out;
  while (out.size() < count) {
    linear_plan plan{.microseconds = static_cast<float>(draw.below(1'000'000)) / 1'000};
    for (auto& word : plan.algorithm)
      word = draw.next();
    out[{numeric_classes[draw.below(numeric_classes.size())], draw.below(9'000), draw.below(2'000), draw.below(2'000),
         static_cast<linear_form>(draw.below(linear_forms))}] = plan;
  }
  return out;
}

/// The line with the text's checksum, by the same rule.
std::string with_sum(const plan_scope& scope, const std::string& from, const std::string& to) {
  auto text = encode_plans(scope, random_plans(1, 2));
  text.replace(text.find(from), from.size(), to);
  return text;
}

} // namespace

TEST_CASE("plans come back as they were") {
  for (const size_t count : {0u, 1u, 60u}) {
    const auto plans = random_plans(count, count);
    const auto back = decode_plans(encode_plans(here, plans), here);
    REQUIRE(back);
    REQUIRE(back->size() == plans.size());
    for (const auto& [shape, plan] : plans) {
      REQUIRE(back->contains(shape));
      CHECK(back->at(shape).algorithm == plan.algorithm);
      CHECK(back->at(shape).microseconds == doctest::Approx(plan.microseconds).epsilon(0.001));
    }
  }
}

TEST_CASE("plans of another device or library are no plans, and no failure") {
  const auto text = encode_plans(here, random_plans(3, 5));
  for (const auto& scope :
       {plan_scope{"NVIDIA H100", 90, 130'100}, {"NVIDIA H200", 100, 130'100}, {"NVIDIA H200", 90, 130'200}}) {
    const auto found = decode_plans(text, scope);
    REQUIRE(found);
    CHECK(found->empty());
  }
}

TEST_CASE("any changed, missing or added byte is found") {
  const auto text = encode_plans(here, random_plans(4, 2));
  for (size_t at = 0; at < text.size(); ++at) {
    auto changed = text;
    changed[at] = changed[at] == '0' ? '1' : '0';
    const auto found = decode_plans(changed, here);
    REQUIRE(!found);
    CHECK(found.error().code == errc::state_damaged);
    CHECK(!decode_plans(text.substr(0, at), here));
  }
  CHECK(!decode_plans(text + "\n", here));
  CHECK(!decode_plans(with_sum(here, "plan ", "plan  "), here));
}

TEST_CASE("a device's name cannot end its line") {
  const plan_scope odd{"a\nplan fp16", 80, 1};
  const auto back = decode_plans(encode_plans(odd, random_plans(5, 3)), odd);
  REQUIRE(back);
  CHECK(back->size() == 3);
}

TEST_CASE("a file of plans is written and read; none is an empty table; damage and no permission are told") {
  const test::temporary_directory folder;
  const auto path = folder.path() / "plans.txt";
  const auto none = read_plan_file(path, here);
  REQUIRE(none);
  CHECK(none->empty());
  const auto plans = random_plans(6, 7);
  REQUIRE(write_plan_file(path, here, plans));
  const auto back = read_plan_file(path, here);
  REQUIRE(back);
  CHECK(back->size() == 7);
  folder.write("plans.txt", "something else");
  const auto damaged = read_plan_file(path, here);
  REQUIRE(!damaged);
  CHECK(damaged.error().code == errc::state_damaged);
  CHECK(damaged.error().message.find("plans.txt") != std::string::npos);
  const auto nowhere = write_plan_file(folder.path() / "no" / "plans.txt", here, plans);
  REQUIRE(!nowhere);
  CHECK(nowhere.error().code == errc::storage_failed);
}

TEST_CASE("writers add to what others measured, their own plans win, and no other file stays") {
  const test::temporary_directory folder;
  const auto path = folder.path() / "plans.txt";
  auto first = random_plans(7, 5), second = random_plans(8, 6);
  second.insert_or_assign(first.begin()->first, linear_plan{.microseconds = 1});
  REQUIRE(write_plan_file(path, here, first));
  REQUIRE(write_plan_file(path, here, second));
  const auto all = read_plan_file(path, here);
  REQUIRE(all);
  CHECK(all->size() == 11);
  CHECK(all->at(first.begin()->first).microseconds == 1);
  const plan_scope newer{here.device, here.compute_capability, here.library_version + 1};
  REQUIRE(write_plan_file(path, newer, first)); // those of another library are of no use to anybody here
  CHECK(read_plan_file(path, newer)->size() == 5);
  CHECK(read_plan_file(path, here)->empty());
  folder.write("plans.txt", "damaged");
  REQUIRE(write_plan_file(path, here, first));
  CHECK(read_plan_file(path, here)->size() == 5);
  CHECK(std::distance(std::filesystem::directory_iterator(folder.path()), {}) == 1);
}

TEST_CASE("each kind of device has its own file") {
  CHECK(plan_path("a/plans.txt", here) == "a/plans.txt.nvidia-h200");
  CHECK(plan_path("a/plans.txt", {"../x\nA100 80GB", 80, 1}) == "a/plans.txt.---x-a100-80gb");
}
