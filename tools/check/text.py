#!/usr/bin/env python3
"""Fails on words that mean unfinished work, paths of one machine and files too long to read."""

import pathlib
import re
import sys

import source_tree

UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|not implemented|unimplemented|placeholder|for now)\b")
# A home or a scratch folder of whoever wrote the line; the documented places of a service are fine.
MACHINE = re.compile(r"(?<![\w.$}~])/(home|root|work|Users)/\w{2}")
LINES_MAX = {".cpp": 450, ".hpp": 250, ".cu": 450, ".cuh": 250, ".py": 400, ".sh": 250, ".cmake": 150}
BYTES_MAX = 1_500_000
TEXT = set(LINES_MAX) | {".md", ".proto", ".toml", ".txt", ".yaml", ".json", ""}
THIS = "tools/check/text.py"


def check_text(path, text):
    """Problems of one file, as (line, reason)."""
    suffix = pathlib.PurePosixPath(path).suffix
    lines = text.splitlines()
    if path != THIS and "/golden/" not in path and "/corpus/" not in path:
        for number, line in enumerate(lines, 1):
            if UNFINISHED.search(line):
                yield number, f"'{UNFINISHED.search(line)[0]}': finish it, or say why not in the README"
            if MACHINE.search(line):
                yield number, "a path of one machine"
    if len(lines) > LINES_MAX.get(suffix, len(lines)):
        yield len(lines), f"more than {LINES_MAX[suffix]} lines: is it one idea?"


def main(root):
    problems = []
    for path in source_tree.files(root):
        file = pathlib.Path(root, path)
        if file.stat().st_size > BYTES_MAX:
            problems.append(f"{path}: {file.stat().st_size} bytes: large files are made or fetched, not committed")
        elif file.suffix in TEXT:
            problems += [f"{path}:{line}: {reason}" for line, reason in check_text(path, file.read_text("utf-8", "replace"))]
    return source_tree.report(problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
