#!/usr/bin/env python3
"""Fails on a folder without a README.md that states its contract."""

import pathlib
import re
import sys

import source_tree

# A folder of data or of mirrored tests needs none of its own.
CONTRACTS = re.compile(
    r"^(runtime|actors|proto|node|cluster-config|tools|tests)$|^(runtime|node)/[^/]+$|^runtime/compute/[^/]+$"
    r"|^tests/(support|fuzz|bench|cluster|sim)$|^tools/(weft|check|bench|golden)$"
)


def missing(paths):
    folders = {str(folder) for path in paths for folder in pathlib.PurePosixPath(path).parents}
    have = {str(pathlib.PurePosixPath(path).parent) for path in paths if path.endswith("/README.md")}
    return sorted(folder for folder in folders if CONTRACTS.match(folder) and folder not in have)


def main(root):
    return source_tree.report(f"{folder}/README.md is missing" for folder in missing(list(source_tree.files(root))))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
