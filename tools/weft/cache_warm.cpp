#include "tools/weft/cache_warm.hpp"

#include "tools/weft/embed_options.hpp"
#include "tools/weft/utf8.hpp"

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <unistd.h>
#include <vector>

namespace weft::cli {
namespace {

struct options : embed_options, vector_options {
  std::vector<std::string> files;
};

constexpr const char* footer =
    R"(Embeds every text of the files and throws the vectors away, so that they are cached: what is there already costs
little, the rest is computed. Says how many were which. The model and the flags must be those of later calls: they are part
of what is cached. A text that cannot be embedded is named on standard error, and the exit code is 1.

  -o json   {"texts":120,"present":100,"computed":20,"failed":0,"seconds":1.3}        -o name   how many were computed

Examples:
  weft cache warm corpus.txt
  weft cache warm --split paragraph docs/*.md
  zcat corpus.gz | weft cache warm -)";

exit_code warm(session& s, const options& o) {
  if (auto p = text_source::check(o.files))
    return report(*p);
  set_deadline(s);
  client to{s.connection};
  stop_signal stop;
  text_source source{{.files = o.files, .by = parse_split(o.by)}, stop};
  progress_display display{s, source.bytes_total(), false};
  embed_totals totals;
  const auto start = std::chrono::steady_clock::now();
  const embed_settings settings{
      .model = o.model, .normalize = !o.raw, .truncate = !o.refuse_long, .truncate_left = o.cut == "left"};
  const auto trouble = embed_all(
      to, source, stop, settings,
      [&](const embedded& x) {
        if (x.trouble != nullptr) {
          display.clear();
          std::fprintf(stderr, "weft: %s: %s [%s]\n", printable(to_string(x.item.place)).c_str(),
                       x.trouble->message.c_str(), x.trouble->reason.c_str());
        }
        display.update(x.index + 1, x.item.input_bytes);
        return true;
      },
      totals);
  display.clear();
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const uint64_t computed = totals.sources.contains("computed") ? totals.sources.at("computed") : 0;
  const uint64_t present = totals.items - totals.failed - computed;
  const json object{{"texts", totals.items},
                    {"present", present},
                    {"computed", computed},
                    {"failed", totals.failed},
                    {"seconds", seconds}};
  out_file out{STDOUT_FILENO};
  out.write(s.format == output_format::json   ? to_line(object) + "\n"
            : s.format == output_format::yaml ? to_yaml(object)
            : s.format == output_format::name
                ? std::to_string(computed) + "\n"
                : counted(totals.items, "text") + ": present " + with_spaces(present) + ", computed " +
                      with_spaces(computed) + (totals.failed > 0 ? ", failed " + with_spaces(totals.failed) : "") +
                      " in " + in_figures(seconds) + " s\n");
  out.flush();
  if (trouble)
    return report(*trouble);
  if (out.error() != 0)
    return report({.what = "cannot write to standard output"});
  return totals.failed > 0 ? exit_code::failed : exit_code::ok;
}

} // namespace

void add_cache_warm(CLI::App& noun, common_options& common, action& chosen) {
  auto* verb = noun.add_subcommand("warm", "Embed texts so that their results are cached");
  auto o = std::make_shared<options>();
  verb->add_option("FILE", o->files, "Files to read, '-' for standard input")->required()->type_name("");
  add_embed_options(*verb, *o, "line");
  add_vector_options(*verb, *o);
  add_common(*verb, common);
  verb->footer(footer);
  verb->callback([o, &chosen] { chosen = [o](session& s) { return warm(s, *o); }; });
}

} // namespace weft::cli
