#include "tests/tools/weft/fake_admin.hpp"
#include "tests/tools/weft/run_weft.hpp"

#include <doctest/doctest.h>
#include <nlohmann/json.hpp>

using namespace weft;
using namespace weft::test;
using nlohmann::json;

namespace {

constexpr const char* release_text = "v1;prose=semantic;prose.large=hierarchical;log=template";

v1::DescribePolicyResponse known() {
  v1::DescribePolicyResponse out;
  out.set_text(release_text);
  out.set_version("v1-3f9c2a10");
  out.set_release_text(release_text);
  out.set_texts_tried(812);
  return out;
}

v1::DescribePolicyResponse proposing() {
  auto out = known();
  out.set_proposed_text("v2;prose=ensemble;prose.large=hierarchical;log=template");
  out.set_proposed_version("v2-00ff00ff");
  auto& change = *out.add_changes();
  change.set_content("prose");
  change.set_size("small");
  change.set_from("semantic");
  change.set_to("ensemble");
  change.set_reason("quality +0.051 (0.030 at least) on 64 texts");
  return out;
}

ended policy_of(const fake_admin& node, std::vector<std::string> arguments = {}) {
  arguments.insert(arguments.begin(), {"compress", "policy"});
  arguments.insert(arguments.end(), {"--endpoint", node.endpoint()});
  return run_weft({.arguments = std::move(arguments)});
}

/// The line that begins so, its columns one space apart.
std::string line_of(const std::string& text, const std::string& beginning) {
  const auto at = ("\n" + text).find("\n" + beginning);
  std::string out;
  for (size_t i = at; i < text.size() && text[i] != '\n'; ++i)
    if (text[i] != ' ' || (!out.empty() && out.back() != ' '))
      out += text[i];
  return out;
}

} // namespace

TEST_CASE("compress policy shows the table, whose it is, and that nothing is proposed") {
  fake_admin node;
  node.know(known());
  const auto ended = policy_of(node);
  CHECK(ended.exit == 0);
  CHECK(ended.err.empty());
  CHECK(line_of(ended.out, "table") == "table v1-3f9c2a10, the release's own");
  CHECK(line_of(ended.out, "learnt").starts_with("learnt from 812 texts on which " + node.endpoint()));
  CHECK(line_of(ended.out, "CONTENT") == "CONTENT SMALL LARGE");
  CHECK(line_of(ended.out, "prose") == "prose semantic hierarchical");
  CHECK(line_of(ended.out, "log") == "log template template");
  CHECK(line_of(ended.out, "proposed").starts_with("proposed nothing"));
  CHECK_FALSE(has(ended.out, "settings set"));
  CHECK_FALSE(has(ended.out, release_text));
  CHECK(has(policy_of(node, {"-o", "wide"}).out, release_text));
  CHECK(policy_of(node, {"-o", "name"}).out == "v1-3f9c2a10\n");
  auto changed = known();
  changed.set_text("v3;prose=frequency");
  node.know(changed);
  const auto setting = policy_of(node).out;
  CHECK(has(setting, "weft settings unset compress.policy"));
  CHECK(line_of(setting, "prose") == "prose frequency frequency");
}

TEST_CASE("compress policy shows what a node proposes, why, and the command that applies it") {
  fake_admin node;
  node.know(proposing());
  const auto page = policy_of(node).out;
  CHECK(line_of(page, "proposed") == "proposed v2-00ff00ff, 1 change");
  CHECK(has(page, "quality +0.051 (0.030 at least) on 64 texts"));
  CHECK(has(page, "\n  weft settings set compress.policy 'v2;prose=ensemble;prose.large=hierarchical;log=template'\n"));
  const auto object = json::parse(policy_of(node, {"-o", "json"}).out);
  CHECK(object["version"] == "v1-3f9c2a10");
  CHECK(object["release"] == true);
  CHECK(object["texts_tried"] == 812);
  CHECK(object["strategies"][0] == json{{"content", "prose"}, {"small", "semantic"}, {"large", "hierarchical"}});
  CHECK(object["proposed"]["version"] == "v2-00ff00ff");
  CHECK(object["proposed"]["changes"][0]["to"] == "ensemble");
  CHECK(object["proposed"]["command"] ==
        "weft settings set compress.policy 'v2;prose=ensemble;prose.large=hierarchical;log=template'");
  CHECK(policy_of(node, {"-o", "yaml"}).out.starts_with("version: v1-3f9c2a10\n"));
  node.know(known());
  CHECK(json::parse(policy_of(node, {"-o", "json"}).out)["proposed"].is_null());
}

TEST_CASE("the proposed command is one word for a shell, whatever a node sends") {
  fake_admin node;
  auto policy = proposing();
  policy.set_proposed_text("v2'; echo \x1b[31mgone; '");
  node.know(policy);
  const auto page = policy_of(node).out;
  CHECK(has(page, "compress.policy 'v2'\\''; echo [31mgone; '\\'''\n"));
  CHECK(page.find('\x1b') == std::string::npos);
}

TEST_CASE("compress policy ends with the exit codes of all others, and beside a text it is refused") {
  const fake_admin node;
  const auto nobody = policy_of(node);
  CHECK(nobody.exit == 1);
  CHECK(has(nobody.err, "this node compresses nothing"));
  CHECK(run_weft({.arguments = {"compress", "policy", "--endpoint", closed_endpoint()}}).exit == 3);
  CHECK(policy_of(node, {"--ratio", "8"}).exit == 2);
  const auto beside = run_weft({.arguments = {"compress", "--text", "one", "policy", "--endpoint", node.endpoint()}});
  CHECK(beside.exit == 2);
  CHECK(has(beside.err, "./policy"));
  const auto wrong = run_weft({.arguments = {"compress", "notes.txt", "--ratio", "99"}});
  CHECK(wrong.exit == 2);
  CHECK(has(wrong.err, "--ratio"));
  CHECK_FALSE(has(wrong.err, "but: policy"));
}
