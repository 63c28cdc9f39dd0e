#pragma once

#include "runtime/compress/text/lines.hpp"
#include "runtime/compress/text/unit_writer.hpp"

namespace weft {

// One function a kind of text, each in a file of its own: adds the units of a part of writer.text(), in order. Linear.
// REQUIRES: within the text; the part begins and ends where a line does.

/// Prose, papers, markdown and outlines: headings, paragraphs of sentences, lists, fenced code, pipe tables.
void split_prose(unit_writer& writer, text_range part);
/// A line is a unit; blank lines end paragraphs, definitions that are not indented begin sections.
void split_code(unit_writer& writer, text_range part);
/// A line with those that continue it (indented, "Caused by", a traceback) is a unit.
void split_log(unit_writer& writer, text_range part);
/// A row is a unit; a quoted cell may hold newlines where the delimiter is one of , ; and tab.
void split_table(unit_writer& writer, text_range part, char delimiter);
/// Valid JSON, or a JSON value a line: elements and members at the depth where they are neither tiny nor huge.
void split_json(unit_writer& writer, text_range part);
/// Blocks between blank lines, each as what it looks like.
void split_mixed(unit_writer& writer, text_range part);

} // namespace weft
