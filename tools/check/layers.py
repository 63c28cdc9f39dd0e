#!/usr/bin/env python3
"""Fails on an include against the arrows of the design: node -> actors -> runtime, node -> proto.

A layer is a folder. It may include what its row names, its own folder, and the standard library; the packages of
PACKAGES only where their row says so. Below that, code that is pure reads no clock, starts no thread, opens nothing.
"""

import pathlib
import re
import sys

import source_tree

# folder: folders or single headers that it may include. The longest matching folder counts.
LAYERS = {
    "runtime/base": [],
    "runtime/job": ["runtime/base"],
    "runtime/ports": ["runtime/base", "runtime/job"],
    "runtime/points": ["runtime/base", "runtime/job", "runtime/ports"],
    "runtime/compute": ["runtime/base", "runtime/job", "runtime/ports", "runtime/points"],
    "runtime/storage": ["runtime/base", "runtime/job", "runtime/ports"],
    "runtime": ["runtime/base", "runtime/job", "runtime/ports", "runtime"],
    "actors": ["runtime"],
    "node": ["actors", "runtime"],
    # Restoring a backup happens where no node runs, so the command does it itself; ranking by codes is a client's work.
    "tools/weft": ["runtime/base", "runtime/job", "runtime/points", "runtime/storage/job_backup.hpp"],
    "tests/runtime": ["runtime", "tests/support"],
    "tests/actors": ["actors", "runtime", "tests/support"],
    "tests/node": ["node", "actors", "runtime", "tests/support"],
    "tests/tools": ["tools/weft", "node", "runtime", "tests/support", "tests/node"],
    "tests/support": ["runtime", "actors"],
    "tests/fuzz": ["node/grpc", "runtime", "tests/runtime", "tests/support"],
    "tests": ["node", "actors", "runtime", "tools/weft", "tests"],
}
# Wiring belongs to node/: others see compute and storage only through runtime/ports.
HIDDEN = {"runtime": ["runtime/compute", "runtime/storage"], "actors": ["runtime/compute", "runtime/storage"]}

TRANSPORT = ["node/grpc", "node/peer", "tools/weft"] + [
    "tests/" + folder for folder in ("node", "tools", "cluster", "bench", "fuzz")
]
# What an include starts with (or ends with, for generated code): the folders where it may stand.
PACKAGES = {
    r"caf/": ["actors", "tests/actors", "tests/bench"],
    r"(google|grpc|grpcpp)/|.*\.pb\.h$": TRANSPORT,
    r"rocksdb/": ["runtime/storage", "tests/runtime/storage"],
    r"oneapi/|dnnl|omp\.h$": ["runtime/compute/cpu", "tests/bench"],
    r"(cuda|cublas|nccl|nvml)": ["runtime/compute/cuda", "runtime/compute/collective", "tests/bench"],
    r"(boost|prometheus|spdlog|toml\+\+|CLI|nlohmann|openssl|sodium|systemd|fmt)/": ["node", "tools/weft", "tests"],
    r"re2/": ["runtime/compress", "tests/runtime/compress"],
    r"doctest/": ["tests"],
}

PURE = "runtime"
IMPURE = ["runtime/compute", "runtime/storage"]
# A mutex or an atomic is fine: what the transport's threads share may be thread-safe, but it waits for nobody.
IMPURE_HEADERS = (
    "barrier condition_variable fstream future iostream latch random semaphore stop_token thread "
    "unistd.h fcntl.h poll.h netdb.h pthread.h sched.h signal.h csignal"
).split()
IMPURE_FOLDERS = ("sys/", "arpa/", "net/", "netinet/", "linux/")
IMPURE_WORDS = re.compile(r"::now\(|this_thread|\bgetenv\(|\brandom_device\b|\bgettimeofday\(|\bclock_gettime\(")
CLOCK_WORDS = re.compile(r"\b(steady|system|high_resolution)_clock::now\(|\bsleep_(for|until)\(|\busleep\(")

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')
COMMENT = re.compile(r"//.*$")


def within(path, folder):
    return path == folder or path.startswith(folder + "/")


def layer_of(path):
    rows = [folder for folder in LAYERS if within(path, folder)]
    return max(rows, key=len) if rows else None


def check_include(path, target, quoted):
    """The reason why the file may not include the target, or None."""
    for pattern, allowed in PACKAGES.items():
        if re.match(pattern, target):
            if any(within(path, folder) for folder in allowed):
                return None
            return f"{target} stays in {', '.join(allowed)}"
    if quoted and any(within(target, folder) for folder in source_tree.FOLDERS):
        return check_layer(path, target)
    if quoted:
        return f"{target} is not named from the root of the repository"
    if is_pure(path) and (target in IMPURE_HEADERS or target.startswith(IMPURE_FOLDERS)):
        return f"{target}: {PURE}/ is pure outside {', '.join(IMPURE)}"
    return None


def check_layer(path, target):
    layer = layer_of(path)
    if layer is None:
        return f"no layer is known for {path}: name it in tools/check/layers.py"
    folder = str(pathlib.PurePosixPath(target).parent)
    if within(folder, layer) and layer_of(target) == layer:
        return None
    if any(within(folder, hidden) for hidden in HIDDEN.get(layer, [])):
        return f"{layer} sees {target} only through runtime/ports"
    if target in LAYERS[layer] or any(within(folder, allowed) for allowed in LAYERS[layer]):
        return None
    return f"{layer} may include {', '.join(LAYERS[layer]) or 'nothing else'}, not {target}"


def is_pure(path):
    return within(path, PURE) and not any(within(path, folder) for folder in IMPURE)


def check_text(path, text):
    """Problems of one file, as (line, reason)."""
    for number, line in enumerate(text.splitlines(), 1):
        include = INCLUDE.match(line)
        if include:
            reason = check_include(path, include[2], include[1] == '"')
            if reason:
                yield number, reason
            continue
        bare = COMMENT.sub("", line)
        if is_pure(path) and IMPURE_WORDS.search(bare):
            yield number, "pure code is told the time and the chance, it never asks"
        elif within(path, "actors") and CLOCK_WORDS.search(bare):
            yield number, "an actor reads its own clock, so that tests can drive it"
        elif within(path, "tests") and not within(path, "tests/bench") and re.search(r"\bsleep_(for|until)\(|\busleep\(|[^_\w]sleep\(", bare):
            yield number, "a test waits for an event, it never sleeps"


def main(root):
    problems = []
    for path in source_tree.code(root):
        text = pathlib.Path(root, path).read_text(encoding="utf-8")
        problems += [f"{path}:{line}: {reason}" for line, reason in check_text(path, text)]
    return source_tree.report(problems)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
