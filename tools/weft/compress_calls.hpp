#pragma once

#include "tools/weft/client.hpp"
#include "tools/weft/compress_json.hpp"
#include "tools/weft/text_source.hpp"

#include <functional>
#include <optional>
#include <string>

namespace weft::cli {

struct compress_settings {
  std::string model{}; ///< "": the node's default
  v1::CompressOptions options{};
  bool as_documents = false; ///< each text is stored first, and compressed by its handle
};

/// Gets the results in order, one at a time, and how many bytes of the input were read by then. False ends the work.
using compress_sink = std::function<bool(const compressed_text&, uint64_t input_bytes)>;

/// Compresses every text of the source, several a call, with bounded memory for any number of them. A call that a lost
/// node took along is made again at the next endpoint. Returns what ended it early; texts that failed alone are no such
/// problem.
std::optional<problem> compress_all(client& to, text_source& source, const compress_settings& settings,
                                    const compress_sink& sink);

/// Compresses the document of this handle.
std::optional<problem> compress_document(client& to, const std::string& handle, const compress_settings& settings,
                                         const compress_sink& sink);

/// Makes a document of the text, or with a handle appends it to that one. The same text again gives the same handle, so
/// a second try is safe.
std::optional<problem> edit_document(client& to, const std::string& handle, const std::string& text,
                                     v1::EditDocumentResponse& answer);

/// What it is called in outputs: the file, "stdin", "--text 1".
std::string name_of(const text_place& place);

/// Of an ItemError, safe to print.
text_problem to_text_problem(const v1::ItemError& error);

} // namespace weft::cli
