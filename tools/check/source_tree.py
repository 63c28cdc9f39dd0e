"""The files that the checks read: everything of the project that a person wrote."""

import pathlib

FOLDERS = ("actors", "cluster-config", "node", "proto", "runtime", "tests", "tools", ".ci")
CODE = {".cpp", ".hpp", ".cu", ".cuh"}


def files(root, folders=FOLDERS):
    """All files below the folders, as (path relative to root, with forward slashes)."""
    root = pathlib.Path(root)
    for folder in folders:
        for path in sorted((root / folder).rglob("*")):
            if path.is_file() and "__pycache__" not in path.parts:
                yield path.relative_to(root).as_posix()


def code(root):
    return [path for path in files(root) if pathlib.PurePosixPath(path).suffix in CODE]


def report(problems):
    """Prints the problems; the exit status of a check."""
    problems = list(problems)
    for problem in problems:
        print(problem)
    return 1 if problems else 0
