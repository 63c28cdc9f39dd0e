#include "tools/weft/embed_options.hpp"
#include "tools/weft/embed_printer.hpp"
#include "tools/weft/result_names.hpp"
#include "tools/weft/verbs.hpp"

#include <CLI/Validators.hpp>

#include <chrono>
#include <cstdio>
#include <memory>
#include <unistd.h>

namespace weft::cli {
namespace {

struct options : embed_options, vector_options {
  std::vector<std::string> texts;
  std::vector<std::string> files;
  std::string encoding;
};

constexpr const char* footer =
    R"(One text a line unless --split says otherwise; results come in the order of the texts, while the input is still
being read, so any amount of input takes the same memory. A text that cannot be embedded (not UTF-8, say) is named on
standard error, the others go on, and the exit code is 1. When a node is lost, the next endpoint takes over.

  -o json   {"index":0,"tokens":7,"source":"computed","embedding":[0.0677,…]}, or
            {"index":1,"error":{"code":"INVALID_ARGUMENT","reason":"INVALID_UTF8","message":"…"}}
            and "truncated":true where the model read only a part of the text; with another --encoding than float32
            in place of "embedding": "encoding":"int8","packed":"…" in base64 and, for int8, "scale": value = byte × scale
  -o table  the first 10 texts and a summary        -o wide  every text, with its file and line
  -o name   file:line of each embedded text

Examples:
  weft embed --text 'The warp and the weft'
  weft embed -o json notes.txt > vectors.jsonl
  weft embed --split paragraph README.md docs/*.md
  zcat corpus.gz | weft embed -o json - | gzip > vectors.jsonl.gz)";

exit_code run(session& s, const options& o) {
  std::vector<std::string> files = o.files;
  if (files.empty() && o.texts.empty())
    files = {"-"};
  if (auto p = text_source::check(files))
    return report(*p);
  if (!files.empty() && files.front() == "-" && isatty(STDIN_FILENO) == 1)
    std::fputs("weft: reading from the terminal; Ctrl-D ends the input\n", stderr);
  set_deadline(s);
  client to{s.connection};
  stop_signal stop;
  text_source source{{.texts = o.texts, .files = files, .by = parse_split(o.by)}, stop};
  embed_printer out{s, source.bytes_total()};
  const embed_settings settings{.model = o.model,
                                .normalize = !o.raw,
                                .truncate = !o.refuse_long,
                                .truncate_left = o.cut == "left",
                                .encoding = parse_encoding(o.encoding).value_or(v1::VECTOR_ENCODING_UNSPECIFIED)};
  embed_totals totals;
  const auto start = std::chrono::steady_clock::now();
  const auto trouble = embed_all(
      to, source, stop, settings, [&](const embedded& x) { return out.print(x); }, totals);
  return out.end(totals, std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count(), trouble);
}

} // namespace

void add_embed(CLI::App& program, common_options& common, action& chosen) {
  auto* verb = program.add_subcommand("embed", "Turn texts into vectors");
  auto o = std::make_shared<options>();
  verb->add_option("FILE", o->files, "Files to read, '-' for standard input (the default without --text)")
      ->type_name("");
  verb->add_option("--text", o->texts, "A text; again for more")->allow_extra_args(false)->type_name("TEXT");
  add_embed_options(*verb, *o, "line");
  add_vector_options(*verb, *o);
  verb->add_option(
          "--encoding", o->encoding,
          "How vectors are written: float32 (default), float16 (half the size), int8 (a quarter) or binary (1/32)")
      ->check(CLI::IsMember(encoding_words()).description(""))
      ->type_name("ENCODING");
  add_common(*verb, common);
  verb->footer(footer);
  verb->callback([o, &chosen] { chosen = [o](session& s) { return run(s, *o); }; });
}

} // namespace weft::cli
