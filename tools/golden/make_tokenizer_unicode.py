#!/usr/bin/env python3
"""Writes runtime/compute/tokenizer/unicode_data.cpp by asking Hugging Face `tokenizers` about every Unicode scalar.

The tables of ICU, utf8proc and Python's unicodedata differ from those inside `tokenizers` (it mixes several Unicode
versions), so nothing but the program itself is a source. Usage:

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install -r tools/golden/requirements.txt
    /tmp/golden/bin/python tools/golden/make_tokenizer_unicode.py
"""
import pathlib
import unicodedata

import tokenizers
from tokenizers import normalizers, pre_tokenizers

OUT = pathlib.Path(__file__).resolve().parents[2] / "runtime/compute/tokenizer/unicode_data.cpp"
HANGUL = range(0xAC00, 0xD7A4)  # decomposed by arithmetic, not by a table
WIDTH = 116

normalize = normalizers.BertNormalizer(
    clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True).normalize_str
decompose = normalizers.NFD().normalize_str
split = pre_tokenizers.BertPreTokenizer().pre_tokenize_str


def scalars():
    yield from (c for c in range(0x110000) if not 0xD800 <= c <= 0xDFFF)


def hangul(c):
    """The arithmetic of the Unicode standard, section 3.12."""
    c -= 0xAC00
    tail = [0x11A7 + c % 28] if c % 28 else []
    return [0x1100 + c // 588, 0x1161 + c % 588 // 28] + tail


def is_nonstarter(char):
    # U+0345 has the highest combining class and U+0334 the lowest, so one of them changes places with it.
    return decompose("a\u0345" + char)[1] != "\u0345" or decompose("a" + char + "\u0334")[-1] != "\u0334"


def examine(c):
    """(rule, replacement) of one scalar, as seen between two letters."""
    char = chr(c)
    seen = normalize("a" + char + "b")
    assert seen[0] == "a" and seen[-1] == "b"
    seen = seen[1:-1]
    if seen == " ":
        return "space", char
    if seen == "":
        # U+302E (class 224) and U+1D165 (216) are kept and change places, unless a starter is between them.
        transparent = normalize("a\u302e" + char + "\U0001d165") == "a\U0001d165\u302e"
        return ("drop" if transparent else "drop_starter"), char
    words = [w for w, _ in split("a" + seen + "b")]
    assert len(words) in (1, 3), "a scalar is part of a word or a word of its own"
    seen = seen.strip(" ")
    assert " " not in seen and len(seen) <= len(char.encode()), "never more characters than bytes"
    return ("isolate" if len(words) == 3 else "keep"), seen


def literal(text):
    """A C++ literal: letters that are written left to right as they are, everything else escaped."""
    plain = [unicodedata.category(c)[0] == "L" and unicodedata.bidirectional(c) == "L" and ord(c) < 0x2F800
             for c in text]
    return "".join(c if ok else "\\U%08X" % ord(c) if ord(c) > 0xFFFF else
                   "\\u%04X" % ord(c) if ord(c) > 0x9F else c for c, ok in zip(text, plain))


def lines(entries):
    line = ""
    for entry in entries:
        if len(line) + len(entry) + 2 > WIDTH:
            yield "    " + line.rstrip()
            line = ""
        line += entry + ", "
    yield "    " + line.rstrip()


def main():
    ranges, singles, several, combining = [], [], [], []
    last = None
    for c in scalars():
        rule, seen = examine(c)
        if rule == "keep":
            pass
        elif last and last[2] == rule and last[1] == (c - 1 if c != 0xE000 else 0xD7FF):
            last[1] = c
        else:
            last = [c, c, rule]
            ranges.append(last)
        if rule == "keep" and seen == chr(c) and is_nonstarter(chr(c)):
            combining.append(c)
        if c in HANGUL:
            assert [ord(x) for x in seen] == hangul(c)
        elif len(seen) == 1 and seen != chr(c) and rule in ("keep", "isolate"):
            # Runs of neighbours share one literal; up to three unchanged scalars between them stand for themselves.
            if singles and 0 <= c - (singles[-1][0] + len(singles[-1][1])) <= 3 and len(singles[-1][1]) < 64:
                first, text = singles[-1]
                singles[-1][1] = text + "".join(map(chr, range(first + len(text), c))) + seen
            else:
                singles.append([c, seen])
        elif len(seen) > 1:
            assert rule == "keep"
            several.append((c, seen))

    def before(x, y):
        return decompose("a" + chr(y) + chr(x)) == "a" + chr(x) + chr(y)
    rank = {x: sum(before(y, x) for y in combining) for x in combining}
    order = {r: i + 1 for i, r in enumerate(sorted(set(rank.values())))}

    with OUT.open("w", encoding="utf-8") as out:
        out.write(f"""// Written by tools/golden/make_tokenizer_unicode.py from Hugging Face tokenizers {tokenizers.__version__}: do not edit.
// clang-format off
#include "runtime/compute/tokenizer/unicode_data.hpp"

namespace weft::unicode {{
namespace {{

constexpr auto drop = rule::drop;
constexpr auto drop_starter = rule::drop_starter;
constexpr auto space = rule::space;
constexpr auto isolate = rule::isolate;

constexpr rule_range rule_rows[] = {{
""")
        out.writelines(x + "\n" for x in lines(
            "{0x%X, 0x%X, %s}" % tuple(r) for r in ranges))
        out.write("};\n\nconstexpr replacement_run single_rows[] = {\n")
        out.writelines(x + "\n" for x in lines('{0x%X, U"%s"}' % (c, literal(t)) for c, t in singles))
        out.write("};\n\nconstexpr replacement_run several_rows[] = {\n")
        out.writelines(x + "\n" for x in lines('{0x%X, U"%s"}' % (c, literal(t)) for c, t in several))
        out.write("};\n\nconstexpr combining_class class_rows[] = {\n")
        out.writelines(x + "\n" for x in lines("{0x%X, %d}" % (c, order[rank[c]]) for c in combining))
        out.write("""};

} // namespace

std::span<const rule_range> rule_ranges() noexcept {
  return rule_rows;
}

std::span<const replacement_run> single_replacements() noexcept {
  return single_rows;
}

std::span<const replacement_run> several_replacements() noexcept {
  return several_rows;
}

std::span<const combining_class> combining_classes() noexcept {
  return class_rows;
}

} // namespace weft::unicode
""")


if __name__ == "__main__":
    main()
