#include "node/config/schema.hpp"
#include "runtime/base/edit_distance.hpp"

#include <doctest/doctest.h>

#include <set>
#include <tuple>
#include <utility>

TEST_CASE("every key has a default inside its own range, a one-line meaning, and a name of its own") {
  std::set<std::string> names;
  std::set<std::string> variables;
  for (const auto& key : weft::config_keys()) {
    const auto name = weft::full_name(key);
    CAPTURE(name);
    const auto checked = weft::check_value(key, key.get(weft::node_config{}));
    CHECK_MESSAGE(checked, (checked ? "" : checked.error().message));
    CHECK(key.doc.ends_with('.'));
    CHECK(key.doc.find('\n') == std::string_view::npos);
    CHECK(names.insert(name).second);
    CHECK(variables.insert(weft::environment_name(key)).second);
    CHECK(weft::find_key(name) == &key);
  }
}

TEST_CASE("set changes the field that get reads, and no other") {
  for (const auto& key : weft::config_keys()) {
    const auto name = weft::full_name(key);
    CAPTURE(name);
    weft::node_config changed;
    weft::config_value other;
    const auto before = key.get(changed);
    if (std::holds_alternative<bool>(before))
      other = !std::get<bool>(before);
    else if (std::holds_alternative<int64_t>(before))
      other = std::get<int64_t>(before) + 1;
    else if (key.kind == weft::config_kind::choice)
      other = std::string{key.choices.substr(key.choices.rfind('|') + 1)};
    else if (std::holds_alternative<std::string>(before))
      other = std::get<std::string>(before) + "9";
    else
      other = std::vector<std::string>{"h:1"};
    key.set(changed, other);
    CHECK(key.get(changed) == other);
    for (const auto& second : weft::config_keys())
      if (&second != &key)
        CHECK(second.get(changed) == second.get(weft::node_config{}));
  }
}

TEST_CASE("the nearest key is found within a few letters, and not at any price") {
  for (auto [given, want] : {std::pair<const char*, const char*>{"node.lisen", "node.listen"},
                             {"node.data-dir", "node.data_dir"},
                             {"pool.batch_token_max", "pool.batch_tokens_max"},
                             {"limits.item_max", "limits.items_max"},
                             {"log.levle", "log.level"},
                             {"node.batching", "pool.batching"},
                             {"xxxxxxxx.yyyyyyyy", ""}}) {
    CAPTURE(given);
    CHECK(weft::nearest_key(given) == want);
  }
}

TEST_CASE("the edit distance counts inserted, removed and replaced characters") {
  for (auto [a, b, want] : {std::tuple<const char*, const char*, size_t>{"", "", 0u},
                            {"abc", "abc", 0u},
                            {"", "abc", 3u},
                            {"abc", "", 3u},
                            {"kitten", "sitting", 3u},
                            {"flaw", "lawn", 2u},
                            {"ab", "ba", 2u}}) {
    CAPTURE(a);
    CAPTURE(b);
    CHECK(weft::edit_distance(a, b) == want);
  }
}
