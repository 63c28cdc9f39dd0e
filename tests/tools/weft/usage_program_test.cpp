#include "tests/tools/weft/run_weft.hpp"

#include <doctest/doctest.h>

using namespace weft::test;

TEST_CASE("every verb explains itself, on standard output") {
  for (const std::vector<std::string>& verb : {std::vector<std::string>{},
                                               {"embed"},
                                               {"compress"},
                                               {"rank"},
                                               {"job", "submit"},
                                               {"job", "results"},
                                               {"node"},
                                               {"node", "list"},
                                               {"node", "describe"},
                                               {"node", "drain"},
                                               {"health"},
                                               {"top"}}) {
    auto arguments = verb;
    arguments.emplace_back("--help");
    const auto r = run_weft({.arguments = arguments});
    CAPTURE(r.out);
    CHECK(r.exit == 0);
    CHECK(r.out.find("Usage: weft") != std::string::npos);
    CHECK(r.err.empty());
  }
  CHECK(run_weft({.arguments = {"--version"}}).out.starts_with("weft 0."));
}

TEST_CASE("a wrong command line ends with 2 and names what is wrong") {
  struct row {
    std::vector<std::string> arguments;
    const char* says;
  };
  for (const auto& [arguments, says] :
       {row{{}, "Usage: weft"},
        {{"frobnicate"}, "frobnicate"},
        {{"embed", "--frob"}, "See 'weft embed --help'"},
        {{"node"}, "weft node --help"},
        {{"--tls", "node", "frob"}, "there is no 'weft node frob', but: "},
        {{"--endpoint", "x:1", "frob"}, "there is no 'weft frob', but: "},
        {{"node", "--frob", "list"}, "See 'weft node list --help'"},
        {{"health", "-o", "xml"}, "xml"},
        {{"health", "--timeout", "soon"}, "'soon' is not a duration"},
        {{"health", "--endpoint", "http://x"}, "an endpoint is HOST:PORT"},
        {{"health", "--tls-cert", "x"}, "belong together"},
        {{"health", "--tls-ca", "/etc/passwd"}, "not a PEM file"},
        {{"health", "--api-key", "a b"}, "API key has characters"},
        {{"embed", "/nowhere/at/all"}, "No such file"},
        {{"embed", "/tmp"}, "is a directory"},
        {{"embed", "--split", "word", "-"}, "word"},
        {{"job", "list", "--limit", "-1"}, "'-1' is not a whole number from 1 to"},
        {{"job", "list", "--limit", "0"}, "'0' is not a whole number from 1 to"},
        {{"job", "results", "x", "--from", "-1"}, "'-1' is not a whole number from 0"},
        {{"job", "results", "x", "--from", "1e3"}, "'1e3' is not a whole number"},
        {{"job", "submit", "embed", "x", "--durability", "4"}, "whole number from 1 to 3"},
        {{"job", "submit", "shrink", "x"}, "embed,compress"},
        {{"job", "submit", "embed", "/dev/null", "--ratio", "8"}, "--ratio says nothing to a job that is to embed"},
        {{"job", "submit", "embed", "/dev/null", "--keep", "names"}, "--keep says nothing"},
        {{"job", "submit", "embed", "/dev/null", "--clusters", "8"},
         "--clusters says nothing to a job that is to embed"},
        {{"job", "submit", "compress", "/dev/null", "--seed", "8"}, "--seed says nothing to a job that is to compress"},
        {{"job", "submit", "corpus", "/dev/null", "--ratio", "8"}, "--ratio says nothing to a corpus job"},
        {{"job", "submit", "corpus", "/dev/null", "--no-normalize"}, "--no-normalize says nothing"},
        {{"job", "submit", "corpus", "x", "--duplicates", "1.5"}, "'1.5' is no cosine from 0.0001 to 1, nor off"},
        {{"job", "submit", "corpus", "x", "--clusters", "70000"}, "whole number from 1 to"},
        {{"rank", "--query", "a"}, "FILE is required"},
        {{"rank", "--query", "a", "--corpus", "x", "LICENSE"}, "FILE excludes --corpus"},
        {{"rank", "--query", "a", "--corpus", "x", "--split", "line"}, "--split excludes --corpus"},
        {{"rank", "--query", "a", "--corpus", "x", "--top", "1001"}, "at most 1 000"},
        {{"rank", "--query", "\xff", "--corpus", "x"}, "--query 1 is not UTF-8"},
        {{"job", "submit", "compress", "/dev/null", "--cut", "left"},
         "--cut says nothing to a job that is to compress"},
        {{"job", "submit", "compress", "/dev/null", "--ratio", "1"}, "'1' is no ratio from 2 to 32"},
        {{"job", "submit", "compress", "/dev/null", "--ratio", "4", "--tokens", "9"}, "--ratio and --tokens both"},
        {{"job", "submit", "compress", "/dev/null", "--wait", "--out", "x.npy"}, "--out writes vectors"},
        {{"compress", "--help-me"}, "See 'weft compress --help'"},
        {{"backup", "create", "--keep", "0"}, "'0' is not a whole number from 1 to 4294"},
        {{"backup", "verify", "x", "--id", "-3"}, "'-3' is not a whole number from 1"},
        {{"rank", "-q", "x", "-n", "0", "x"}, "'0' is not a whole number from 1 to 10000"},
        {{"top", "--count", "-1"}, "'-1' is not a whole number from 1 to"},
        {{"top", "--interval", "1ms"}, "below 100ms"}}) {
    CAPTURE(says);
    const auto r = run_weft({.arguments = arguments});
    CHECK(r.exit == 2);
    CHECK(r.out.empty());
    CHECK_MESSAGE(r.err.find(says) != std::string::npos, r.err);
  }
}

TEST_CASE("an API key that would cross the network in the clear is warned about") {
  const auto r =
      run_weft({.arguments = {"health", "--endpoint", "no-such-host.invalid:7700"}, .environment = {"WEFT_API_KEY=k"}});
  CHECK(r.exit == 3);
  CHECK(r.err.find("unencrypted") != std::string::npos);
}
