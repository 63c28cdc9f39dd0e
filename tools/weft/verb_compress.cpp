#include "tools/weft/compress_options.hpp"
#include "tools/weft/compress_printer.hpp"
#include "tools/weft/compress_stream.hpp"
#include "tools/weft/result_names.hpp"
#include "tools/weft/utf8.hpp"
#include "tools/weft/verbs.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <memory>
#include <unistd.h>

namespace weft::cli {
namespace {

constexpr uint32_t window_bytes_min = 16 << 10;
constexpr uint32_t window_bytes_max = 4 << 20;

struct options : compress_options {
  std::vector<std::string> texts;
  std::vector<std::string> files;
  std::string model;
  std::string encoding;
  bool explain = false;
  bool stream = false;
  uint32_t window = 0;
  bool handle = false;
  std::string document;
  std::string append;
};

constexpr const char* footer =
    R"(Each file is one text of up to 16 MiB. What is printed are its own sentences or lines, unchanged and in their order, and
never more tokens than asked for. What must be kept may not fit, or not even one sentence: such a text is named on standard
error with the best that is possible, the others go on, and the exit code is 1.

Tokens are WordPiece, the embedding model's own, unless --counter says otherwise: no language model counts like that.
llm_estimate is near to what common ones count.

--stream takes any length in bounded memory. The text is cut into windows, each compressed on its own, to the ratio, and
printed as it comes.

--handle keeps the text in the cluster's cache as a document and tells its handle, which --document takes in place of a
file. --append makes the document longer, with a new handle; only what is new is computed.

  -o json   {"index":0,"name":"notes.txt","text":"…","ratio":8.1,"source_tokens":9212,"output_tokens":1137,"strategy":"semantic",
            "content":"prose","coverage":0.74,"fidelity":0.93,"kept":[[0,81],…],"mega_tokens":[…],…}, one object a text
            (with "window":[0,262144] a window), or {"index":1,"name":"…","error":{"code","reason","message"}}
            Of logs by their templates: "stands_for":[812,1,…], for how many lines each of "kept" stands
  -o wide   also a line of the report a text, on standard error        -o name   handles of documents, else names
  --explain the report for people: what the text is, how it was compressed and why, what was kept and what was lost;
            of logs the commonest forms of lines, with their counts

Examples:
  weft compress --ratio 8 report.md
  weft compress --tokens 500 --query 'Who pays?' contract.txt
  weft compress --explain --keep numbers,names paper.txt
  zcat access.log.gz | weft compress --stream --ratio 32 --strategy template --pattern 'ERROR|FATAL' -
  h=$(weft compress --handle -o name notes.txt); weft compress --document $h --append more.txt)";

bool is_handle(const std::string& text) {
  return text.size() == 64 &&
         std::all_of(text.begin(), text.end(), [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

/// What excludes each other, found before anything is sent.
std::optional<problem> contradiction(const options& o, const session& s) {
  const bool has_input = !o.files.empty() || !o.texts.empty();
  const auto both = [](const char* one, const char* other, const char* why) {
    return usage_problem(std::string{one} + " and " + other + ": " + why, "Give one of them.");
  };
  if (!o.document.empty() && !is_handle(o.document))
    return usage_problem("--document: '" + shorten(printable(o.document), 80) + "' is no handle: it has 64 hex digits",
                         "'weft compress --handle FILE' tells the handle of a text.");
  if (!o.document.empty() && has_input)
    return both("--document", "a text", "the document is the text");
  if (!o.document.empty() && o.handle)
    return both("--document", "--handle", "a document is stored already");
  if (!o.append.empty() && o.document.empty())
    return usage_problem("--append needs the document that it makes longer", "Name it: --document HANDLE.");
  if (o.window != 0 && !o.stream)
    return usage_problem("--window is about --stream", "Add --stream, or leave it out.");
  if (!o.encoding.empty() && o.mega_tokens == 0)
    return usage_problem("--encoding is about the vectors of --mega-tokens", "Add --mega-tokens K, or leave it out.");
  if (o.stream && o.tokens != 0)
    return both("--stream", "--tokens", "each window has a budget of its own, so only a ratio can be met");
  if (o.stream && (o.handle || !o.document.empty()))
    return both("--stream", o.handle ? "--handle" : "--document", "a document has an end");
  if (o.stream && !o.texts.empty())
    return both("--stream", "--text", "a stream is read from files or standard input");
  const bool shows_vectors = s.format == output_format::json || s.format == output_format::yaml;
  if (o.mega_tokens != 0 && !shows_vectors)
    return usage_problem("--mega-tokens: this output has no place for vectors", "Add -o json.");
  return std::nullopt;
}

exit_code compress_files(client& to, compress_printer& out, const options& o, const compress_settings& settings,
                         text_source& source) {
  const auto trouble = compress_all(to, source, settings, [&](const compressed_text& x, uint64_t input_bytes) {
    if (o.handle && !x.handle.empty())
      out.tell(printable(x.name) + ": document " + x.handle);
    return out.print(x, input_bytes) && out.flush();
  });
  return out.end(trouble);
}

/// "" with a reason where it cannot be read as text.
std::optional<problem> read_whole(const std::string& file, std::string& text) {
  stop_signal stop;
  text_source source{{.files = {file}, .by = split::file}, stop};
  text_item item;
  if (!source.next(item))
    return usage_problem("cannot read '" + printable(file) + "'");
  if (item.trouble)
    return usage_problem(printable(item.place.file) + ": " + item.trouble->message, advice_for(item.trouble->reason));
  text = std::move(item.text);
  return std::nullopt;
}

exit_code compress_stored(client& to, compress_printer& out, const options& o, const compress_settings& settings) {
  std::string handle = o.document;
  if (!o.append.empty()) {
    std::string more;
    if (auto p = read_whole(o.append, more))
      return report(*p);
    v1::EditDocumentResponse longer;
    if (auto p = edit_document(to, handle, more, longer))
      return report(*p);
    handle = longer.handle();
    out.tell("document " + handle + ": " + in_bytes(longer.bytes()) + ", " + counted(longer.chunks(), "chunk") + ", " +
             with_spaces(longer.chunks_new()) + " new");
  }
  return out.end(
      compress_document(to, handle, settings, [&](const compressed_text& x, uint64_t) { return out.print(x); }));
}

exit_code compress_streams(client& to, compress_printer& out, const options& o, const compress_settings& settings,
                           const std::vector<std::string>& files) {
  uint64_t bytes_before = 0;
  for (const auto& file : files) {
    const bool standard = file == "-";
    const int descriptor = standard ? STDIN_FILENO : open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
      return out.end(problem{.what = "cannot open '" + printable(file) + "': " + std::strerror(errno)});
    stop_signal stop;
    byte_reader text{descriptor, stop};
    const auto trouble = compress_stream(
        to, text, stop, {.compress = settings, .window_bytes = o.window, .name = standard ? "stdin" : printable(file)},
        [&](const compressed_text& x, uint64_t input_bytes) {
          // Windows are shown as they come, also to a pipe.
          return out.print(x, bytes_before + input_bytes) && out.flush();
        });
    bytes_before += text.bytes_read();
    if (trouble || out.closed())
      return out.end(trouble);
  }
  return out.end(std::nullopt);
}

exit_code run(session& s, const options& o) {
  compress_settings settings{.model = o.model, .as_documents = o.handle};
  if (auto p = contradiction(o, s))
    return report(*p);
  if (auto p = fill(o, settings.options))
    return report(*p);
  if (const auto encoding = parse_encoding(o.encoding))
    settings.options.set_encoding(*encoding);
  std::vector<std::string> files = o.files;
  if (files.empty() && o.texts.empty() && o.document.empty())
    files = {"-"};
  if (auto p = text_source::check(o.append.empty() ? files : std::vector{o.append}))
    return report(*p);
  if ((!files.empty() && files.front() == "-" && isatty(STDIN_FILENO) == 1))
    std::fputs("weft: reading from the terminal; Ctrl-D ends the input\n", stderr);
  set_deadline(s);
  client to{s.connection};
  stop_signal stop;
  text_source source{{.texts = o.texts, .files = files, .by = split::file}, stop};
  compress_printer out{s,
                       {.explain = o.explain,
                        .headings = files.size() + o.texts.size() > 1,
                        .bytes_total = o.document.empty() ? source.bytes_total() : std::nullopt,
                        .too_large_advice = too_large_advice(settings.options)}};
  if (!o.document.empty())
    return compress_stored(to, out, o, settings);
  return o.stream ? compress_streams(to, out, o, settings, files) : compress_files(to, out, o, settings, source);
}

} // namespace

void add_compress(CLI::App& program, common_options& common, action& chosen) {
  auto* verb = program.add_subcommand("compress", "Make long texts short, within a budget of tokens");
  auto o = std::make_shared<options>();
  verb->add_option("FILE", o->files, "Files to read, '-' for standard input (the default without --text or --document)")
      ->type_name("");
  verb->add_option("--text", o->texts, "A text; again for more")->allow_extra_args(false)->type_name("TEXT");
  verb->add_option("--model", o->model, "A model of the node (default: the node's own)")->type_name("NAME");
  add_compress_options(*verb, *o);
  verb->add_option("--encoding", o->encoding, "Of these vectors: float32 (default), float16, int8 or binary")
      ->check(CLI::IsMember(encoding_words()).description(""))
      ->type_name("ENCODING")
      ->group("Compression");
  verb->add_flag("--explain", o->explain, "Print the report instead of the text (-o json has both)");
  verb->add_flag("--stream", o->stream, "Take a text of any length, and print each window of it as it comes");
  verb->add_option("--window", o->window, "With --stream: bytes of a window, 16384 to 4194304 (default 262144)")
      ->check(whole_number(window_bytes_min, window_bytes_max))
      ->type_name("BYTES");
  verb->add_flag("--handle", o->handle, "Keep the text as a document, and tell its handle on standard error");
  verb->add_option("--document", o->document, "Compress the document of this handle, 64 hex digits")
      ->type_name("HANDLE");
  verb->add_option("--append", o->append, "With --document: first put this file at its end; tells the new handle")
      ->type_name("FILE");
  add_common(*verb, common);
  verb->footer(footer);
  add_compress_policy(*verb, common, chosen);
  verb->callback([verb, o, &chosen] {
    if (verb->get_subcommands().empty())
      chosen = [o](session& s) { return run(s, *o); };
    else if (!o->files.empty() || !o->texts.empty() || !o->document.empty())
      chosen = [](session&) {
        return report(usage_problem("'weft compress policy' compresses nothing", "A file of that name is ./policy."));
      };
  });
}

} // namespace weft::cli
