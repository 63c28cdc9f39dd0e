#include "node/config/data_directory.hpp"
#include "node/config/load.hpp"
#include "node/config/schema.hpp"
#include "tests/support/temporary_directory.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using weft::test::temporary_directory;

namespace {

weft::loaded_config load_text(const temporary_directory& folder, const std::string& text) {
  return weft::load_config({.file = folder.write("n.toml", text)});
}

std::string all(const std::vector<std::string>& lines) {
  std::string out;
  for (const auto& line : lines)
    out += line + '\n';
  return out;
}

} // namespace

TEST_CASE("without any source a configuration is the defaults") {
  const auto loaded = weft::load_config({});
  REQUIRE(loaded.config);
  CHECK(loaded.config->node.listen == "127.0.0.1:7700");
  CHECK(loaded.config->limits.items_max == 1'024);
  CHECK(weft::to_toml(*loaded.config) == weft::to_toml(weft::node_config{}));
}

TEST_CASE("flags override the environment, which overrides the file, which overrides the default") {
  const temporary_directory folder;
  weft::config_sources sources{.file = folder.write("n.toml", "[node]\nname = \"file\"\nzone_x = 1\n")};
  sources.file = folder.write("n.toml", "[node]\nname = \"file\"\nlisten = \"127.0.0.1:1\"\nhttp = \"127.0.0.1:2\"\n");
  sources.environment = {{"WEFT_NODE_LISTEN", "127.0.0.1:3"}, {"WEFT_NODE_HTTP", "127.0.0.1:4"}, {"PATH", "/bin"}};
  sources.flags = {{"node.http", "127.0.0.1:5"}};
  const auto loaded = weft::load_config(sources);
  REQUIRE_MESSAGE(loaded.config, all(loaded.errors));
  CHECK(loaded.config->node.name == "file");
  CHECK(loaded.config->node.listen == "127.0.0.1:3");
  CHECK(loaded.config->node.http == "127.0.0.1:5");
  CHECK(loaded.config->node.peer == "127.0.0.1:7701");
}

TEST_CASE("every key can be given by file, environment and flag, and each way reads back what was set") {
  for (const auto& key : weft::config_keys()) {
    const auto name = weft::full_name(key);
    CAPTURE(name);
    const auto value = key.get(weft::node_config{});
    const temporary_directory folder;
    const auto text = weft::to_toml(value);
    const auto loaded =
        load_text(folder, '[' + std::string{key.section} + "]\n" + std::string{key.name} + " = " + text);
    REQUIRE_MESSAGE(loaded.config, all(loaded.errors));
    CHECK(key.get(*loaded.config) == value);

    // As flags and variables write it: without the quotes and brackets of TOML.
    std::string bare;
    std::ranges::copy_if(text, std::back_inserter(bare), [](char ch) { return ch != '"' && ch != '[' && ch != ']'; });
    for (const auto& sources : {weft::config_sources{.environment = {{weft::environment_name(key), bare}}},
                                weft::config_sources{.flags = {{name, bare}}}}) {
      const auto overridden = weft::load_config(sources);
      REQUIRE_MESSAGE(overridden.config, all(overridden.errors));
      CHECK(key.get(*overridden.config) == value);
    }
  }
}

TEST_CASE("a key that is set to another value reads back that value") {
  for (const auto& [name, text, toml] : std::vector<std::tuple<std::string, std::string, std::string>>{
           {"node.drain_seconds_max", "5", "5"},
           {"cluster.seeds", "a:1, [::1]:2", "[\"a:1\", \"[::1]:2\"]"},
           {"model.precision", "bf16", "\"bf16\""},
           {"model.load", "lazy", "\"lazy\""},
           {"pool.batching", "false", "false"},
           {"log.level", "error", "\"error\""},
           {"limits.bytes_max", "1099511627776", "1099511627776"},
           {"modes.plain", "true", "true"}}) {
    CAPTURE(name);
    const auto loaded = weft::load_config({.flags = {{name, text}}});
    REQUIRE_MESSAGE(loaded.config, all(loaded.errors));
    CHECK(weft::to_toml(weft::find_key(name)->get(*loaded.config)) == toml);
  }
}

TEST_CASE("a wrong file is refused with file, line and what to do") {
  const temporary_directory folder;
  const std::string file = (folder.path() / "n.toml").string();
  for (const auto& [text, wanted] : std::vector<std::pair<std::string, std::string>>{
           {"[node]\nlisen = \"127.0.0.1:1\"", ":2: node.lisen is not a key; did you mean node.listen?"},
           {"[node]\nprecision = \"fp32\"", ":2: node.precision is not a key; did you mean model.precision?"},
           {"[nodes]\nname = \"x\"", ":2: nodes.name is not a key; did you mean node.name?"},
           {"[pol]\nx = 1", ":2: pol.x is not a key; did you mean section [pool]?"},
           {"[xyzzyx]\nx = 1", ":2: xyzzyx.x is not a key\n"},
           {"name = \"x\"", ":1: name is not a key; did you mean node.name?"},
           {"[node]\nzzzzzzzzzzzzzz = 1", ":2: node.zzzzzzzzzzzzzz is not a key\n"},
           {"[tsl]", ":1: [tsl] is not a section"},
           {"[node]\nname = 7", ":2: node.name must be a text (it is 7)"},
           {"[node]\nname = \"\"", ":2: node.name must not be empty"},
           {"[node]\n\nlisten = \"7700\"", ":3: node.listen must be HOST:PORT"},
           {"[node]\nadvertise = \"h\"", ":2: node.advertise must be HOST:PORT"},
           {"[node]\nlisten = \"h:65536\"", ":2: node.listen must be HOST:PORT"},
           {"[limits]\nitems_max = 0", ":2: limits.items_max must be 1 to 1000000 (it is 0)"},
           {"[limits]\nitems_max = -1", ":2: limits.items_max must be 1 to 1000000 (it is -1)"},
           {"[limits]\nitems_max = 1.5", ":2: limits.items_max must not be a table, a fraction or a date"},
           {"[limits]\nitems_max = \"7\"", ":2: limits.items_max must be a whole number (it is \"7\")"},
           {"[model]\nprecision = \"fp8\"",
            ":2: model.precision must be one of auto|fp32|bf16|int16|fp16 (it is \"fp8\")"},
           {"[modes]\nplain = 1", ":2: modes.plain must be true or false (it is 1)"},
           {"[cluster]\nseeds = [1]", ":2: cluster.seeds must be a list of texts"},
           {"[cluster]\nseeds = \"a:1\"", ":2: cluster.seeds must be a list of texts HOST:PORT (it is \"a:1\")"},
           {"[node]\nname = \"a\"\nname = \"b\"", ":3: "},
           {"[node\n", ":1: "},
           {"[node.name]\nx = 1", ":1: node.name must not be a table"}}) {
    CAPTURE(text);
    const auto loaded = load_text(folder, text);
    CHECK_FALSE(loaded.config);
    CHECK_MESSAGE(all(loaded.errors).starts_with(file + wanted), all(loaded.errors));
  }
}

TEST_CASE("all errors are told at once") {
  const temporary_directory folder;
  const auto loaded = load_text(folder, "[node]\nnam = \"x\"\n[limits]\nitems_max = 0\n[log]\nlevel = \"loud\"\n");
  CHECK(loaded.errors.size() == 3);
}

TEST_CASE("wrong flags and variables are refused with their name") {
  const auto flag = weft::load_config({.flags = {{"node.lisen", "x"}, {"limits.items_max", "many"}}});
  CHECK(all(flag.errors) == "command line: node.lisen is not a key; did you mean node.listen?\n"
                            "command line: limits.items_max must be a whole number (it is \"many\")\n");
  const auto variable = weft::load_config({.environment = {{"WEFT_LIMITS_ITEMS_MAX", "-3"}}});
  CHECK(all(variable.errors) ==
        "environment WEFT_LIMITS_ITEMS_MAX: limits.items_max must be 1 to 1000000 (it is -3)\n");
}

TEST_CASE("a variable that is nearly a key is noted, one that is not ours is ignored") {
  const auto loaded = weft::load_config(
      {.environment = {{"WEFT_NODE_LISTNE", "x"}, {"WEFT_ENDPOINT", "y"}, {"WEFT_NODE_SERVICE_HOST", "10.0.0.1"}}});
  CHECK(loaded.config);
  REQUIRE(loaded.notes.size() == 1);
  CHECK(loaded.notes[0].find("did you mean WEFT_NODE_LISTEN?") != std::string::npos);
}

TEST_CASE("a file that cannot be read is an error, not the defaults") {
  const temporary_directory folder;
  CHECK(all(weft::load_config({.file = folder.path() / "none.toml"}).errors).find("cannot be read") !=
        std::string::npos);
  CHECK(all(weft::load_config({.file = folder.path()}).errors).find("is a folder") != std::string::npos);
  CHECK(all(load_text(folder, std::string(2'000'000, '#')).errors).find("more than") != std::string::npos);
}

TEST_CASE("keys that do not fit together are refused") {
  for (const auto& [flags, wanted] :
       std::vector<std::pair<std::vector<std::pair<std::string, std::string>>, std::string>>{
           {{{"tls.cert", "c.pem"}}, "tls.key: is missing"},
           {{{"tls.key", "k.pem"}}, "tls.cert: is missing"},
           {{{"tls.client_ca", "ca.pem"}}, "tls.cert: is missing"},
           {{{"tls.peer_ca", "ca.pem"}}, "tls.cert: is missing"},
           {{{"node.listen", "0.0.0.0:7700"}}, "node.listen: 0.0.0.0:7700 is not a loopback address"},
           {{{"node.listen", "127.evil.example:7700"}}, "node.listen: 127.evil.example:7700 is not a loopback"},
           {{{"node.http", "127.0.0.1:7700"}}, "node.http: must differ from node.listen"},
           {{{"pool.workers_min", "3"}, {"pool.workers_max", "2"}},
            "pool.workers_min: must be at most pool.workers_max"},
           {{{"limits.text_bytes_max", "40000000"}}, "limits.text_bytes_max: must be at most limits.call_bytes_max"},
           {{{"cluster.single_node", "true"}, {"cluster.seeds", "127.0.0.1:7701,127.0.0.1:7711"}},
            "cluster.single_node: must be false where cluster.seeds names another node (127.0.0.1:7711): jobs would be "
            "acknowledged with one copy"},
           {{{"node.data_dir", "/d"}, {"jobs.backup_dir", "/d/jobs"}}, "jobs.backup_dir: must be outside /d/jobs"},
           {{{"node.data_dir", "/d/"}, {"jobs.backup_dir", "/d/x/../jobs/backups/"}},
            "jobs.backup_dir: must be outside"},
           {{{"node.data_dir", "d"}, {"jobs.backup_dir", "d/jobs/a"}}, "jobs.backup_dir: must be outside d/jobs"},
           {{{"auth.api_keys", "a:client"}}, "auth.api_keys: an entry must be NAME:ROLE:SHA256"}}) {
    CAPTURE(wanted);
    const auto loaded = weft::load_config({.flags = flags});
    CHECK_FALSE(loaded.config);
    CHECK_MESSAGE(all(loaded.errors).starts_with(wanted), all(loaded.errors));
  }
}

TEST_CASE("a single node may name itself as a seed, and keep its backups beside its jobs") {
  using flags = std::vector<std::pair<std::string, std::string>>;
  for (const auto& given : std::vector<flags>{
           {{"cluster.single_node", "true"}, {"cluster.seeds", "127.0.0.1:7701"}},
           {{"cluster.single_node", "true"}, {"node.peer_advertise", "n1:1"}, {"cluster.seeds", "n1:1,127.0.0.1:7701"}},
           {{"cluster.seeds", "127.0.0.1:7701,127.0.0.1:7711"}},
           {{"node.data_dir", "/d"}, {"jobs.backup_dir", "/d/jobs2"}},
           {{"node.data_dir", "/d"}, {"jobs.backup_dir", "/d/backups/jobs"}},
           {{"node.data_dir", "/d/jobs"}, {"jobs.backup_dir", "/d"}}}) {
    const auto loaded = weft::load_config({.flags = given});
    CHECK_MESSAGE(loaded.config, all(loaded.errors));
  }
}

TEST_CASE("backups inside the jobs of the data directory by default are refused, too") {
  const auto folder = weft::data_directory({}, {{"HOME", "/home/a"}}) / "jobs" / "backups";
  const auto loaded =
      weft::load_config({.environment = {{"HOME", "/home/a"}}, .flags = {{"jobs.backup_dir", folder.string()}}});
  CHECK(all(loaded.errors).starts_with("jobs.backup_dir: must be outside"));
}

TEST_CASE("plaintext beyond loopback is allowed where the configuration says so, or with TLS") {
  using flags = std::vector<std::pair<std::string, std::string>>;
  CHECK(weft::load_config({.flags = flags{{"node.listen", "0.0.0.0:1"}, {"tls.allow_plaintext", "true"}}}).config);
  CHECK(weft::load_config({.flags = flags{{"node.listen", "0.0.0.0:1"}, {"tls.cert", "c"}, {"tls.key", "k"}}}).config);
  for (const auto* loopback : {"127.0.0.9:1", "[::1]:1", "localhost:1"})
    CHECK(weft::load_config({.flags = flags{{"node.listen", loopback}}}).config);
}

TEST_CASE("what is printed as the effective configuration is read back as the same") {
  const auto given =
      weft::load_config({.flags = {{"node.name", "a \"quoted\" \\ name"}, {"cluster.seeds", "a:1,b:2"}}});
  REQUIRE(given.config);
  const temporary_directory folder;
  const auto again = load_text(folder, weft::to_toml(*given.config));
  REQUIRE_MESSAGE(again.config, all(again.errors));
  CHECK(weft::to_toml(*again.config) == weft::to_toml(*given.config));
}
