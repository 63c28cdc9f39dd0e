#include "runtime/compress/strategies/line_form.hpp"

#include <doctest/doctest.h>

#include <string>

using namespace weft;

namespace {

uint64_t form_of(std::string_view line) {
  line_form form;
  read_form(line, form);
  return form.hash;
}

} // namespace

TEST_CASE("lines that differ in values have one form, others have not") {
  struct row {
    std::string_view a;
    std::string_view b;
    bool same;
  };
  for (const auto& [a, b, same] : std::initializer_list<row>{
           {"served 17 in 3 ms", "served 4 in 12 ms", true},
           {"key=0x1fA3 found", "key=0x77 found", true},
           {"from 10.0.0.1:8080 accepted", "from 192.168.17.4:99 accepted", true},
           {"id 6ba7b810-9dad-11d1-80b4-00c04fd430c8 gone", "id 00000000-0000-0000-0000-000000000001 gone", true},
           {"open /var/log/a.txt twice", "open /etc/hosts twice", true},
           {"said \"hello there\" once", "said \"bye\" once", true},
           {"user=ann left", "user=bob left", true},
           {"2026-11-22T05:00:01.250Z start", "2025-01-02T23:59:59.001Z start", true},
           {R"({"user": "ann", "age": 3})", R"({"user": "bob", "age": 44})", true},
           {R"({"user": "ann", "age": 3})", R"({"name": "ann", "age": 3})", false},
           {"served in full", "served in part", false},
           {"it's here", "it's here", true},
           {"one two", "one two three", false},
           {"", "", true},
       }) {
    CAPTURE(a);
    CAPTURE(b);
    CHECK((form_of(a) == form_of(b)) == same);
  }
}

TEST_CASE("a form is bounded, however long the line") {
  std::string line;
  for (int i = 0; i < 100'000; ++i)
    line += "word ";
  line_form form;
  read_form(line, form);
  CHECK(form.words.size() == line_form::words_max);
}

TEST_CASE("how bad a line says things are") {
  using enum line_severity;
  for (const auto& [line, want] : std::initializer_list<std::pair<std::string_view, line_severity>>{
           {"all is well", none},
           {"", none},
           {"12:00 ERROR cannot open", error},
           {"12:00 [error] cannot open", error},
           {"level=error msg=x", error},
           {R"({"level":"error","msg":"x"})", error},
           {"operation failed", error},
           {"FATAL: no space", error},
           {"kernel panic - not syncing", error},
           {"panic: runtime error: index out of range", error},
           {"java.lang.NullPointerException: x", error},
           {"ValueError: bad", error},
           {"Traceback (most recent call last):", error},
           {"12:00 WARN queue is long", warning},
           {"warning: unused variable", warning},
           {"0 errors, 0 warnings", none},
           {"no error was found", none},
           {"errors=0 warnings=0", none},
           {R"({"error": null, "ok": true})", none},
           {"failed: false", none},
           {"failover is configured", none},
           {"terror is no level", none},
           {"GET /x HTTP/1.1\" 503 17", error},
           {"GET /x HTTP/1.1\" 200 503", none},
           {"status=502 upstream", error},
           {"took 512 ms", none},
           {"process exited with exit code 3", error},
           {"process exited with exit code 0", none},
           {"exit status: 127", error},
           {"returncode=1", error},
           {"E0612 12:00:00 core.cc:17] lost", error},
           {"W0612 12:00:00 core.cc:17] slow", warning},
           {"I0612 12:00:00 core.cc:17] fine", none},
           {"<3>disk gone", error},
           {"<6>disk there", none},
           {"connection refused", error},
       }) {
    CAPTURE(line);
    CHECK(severity_of(line) == want);
  }
}
