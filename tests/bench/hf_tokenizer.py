#!/usr/bin/env python3
"""Compares Weft's tokenizer with Hugging Face `tokenizers` on one core, taking turns in one run.

    python3 -m venv /tmp/golden && /tmp/golden/bin/pip install -r tools/golden/requirements.txt
    cmake --preset release && cmake --build --preset release --target tokenizer_bench
    /tmp/golden/bin/python tests/bench/hf_tokenizer.py build/release/bin/tokenizer_bench [--rounds 15]

Prints a table, and one JSON object a text set (--json FILE). Both sides encode the same texts whole, without truncation, on the
same core, in processor time; Hugging Face in the faster of its two ways. The ratio is the median of paired rounds with its quartiles.
Exits with 1 where the ids differ.
"""
import os

os.environ["TOKENIZERS_PARALLELISM"] = "false"
os.environ["RAYON_NUM_THREADS"] = "1"

import argparse
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile
import time

import tokenizers

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools/golden"))
import tokenizer_cases  # noqa: E402
import tokenizer_corpus  # noqa: E402


def licenses():
    return [p.read_text(encoding="utf-8") for p in sorted(pathlib.Path("/usr/share/common-licenses").iterdir())
            if not p.is_symlink()]


def text_sets(model):
    """name → texts, each set large enough that one round takes Hugging Face about 0.1 s."""
    paragraphs = [x.strip() for text in licenses() for x in re.split(r"\n\s*\n", text) if x.strip()]
    vocabulary = (model / "vocab.txt").read_text(encoding="utf-8").split("\n")[:-1]
    ideographs = "人人生而自由，在尊严和权利上一律平等。他们赋有理性和良心，并应以兄弟关系的精神相对待。"
    yield "English paragraphs", paragraphs
    yield "English, 10 words", [" ".join(text.split()[:10]) for text in paragraphs]
    yield "English, one long text", ["\n".join(licenses())]
    yield "35 languages and scripts", tokenizer_cases.PROSE * 20
    yield "Chinese", [ideographs * 4] * 100
    yield "random mixture", [tokenizer_corpus.string(i, vocabulary) for i in range(2000)]


class HuggingFace:
    def __init__(self, model):
        self.tokenizer = tokenizers.Tokenizer.from_file(str(model / "tokenizer.json"))
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        self.ways = {
            "encode_batch_fast": self.tokenizer.encode_batch_fast,
            "encode": lambda texts: [self.tokenizer.encode(x) for x in texts],
        }

    def round(self, way, texts):
        start = time.process_time()
        encodings = self.ways[way](texts)
        return time.process_time() - start, encodings

    def faster_way(self, texts):
        return min(self.ways, key=lambda way: min(self.round(way, texts)[0] for _ in range(3)))


def compare(name, texts, huggingface, program, rounds):
    with tempfile.NamedTemporaryFile(suffix=".texts") as file:
        for text in texts:
            data = text.encode()
            file.write(b"%d\n" % len(data) + data + b"\n")
        file.flush()
        weft = subprocess.Popen([program, file.name, "--serve"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

        def ours():
            weft.stdin.write("\n")
            weft.stdin.flush()
            return json.loads(weft.stdout.readline())

        way = huggingface.faster_way(texts)
        encodings = huggingface.round(way, texts)[1]
        figures = ours()
        tokens = sum(len(e.ids) for e in encodings)
        digest = tokenizer_corpus.hash_ids(i for e in encodings for i in e.ids)
        equal = tokens == figures["tokens"] and f"{digest:016x}" == figures["hash"]
        pairs = [(huggingface.round(way, texts)[0], ours()["seconds"]) for _ in range(rounds)]
        weft.stdin.close()
        weft.wait()
    ratios = [theirs / mine for theirs, mine in pairs]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return {
        "texts": name, "count": len(texts), "bytes": sum(len(t.encode()) for t in texts), "tokens": tokens,
        "equal": equal, "way": way,
        "weft_tokens_per_second": round(tokens / statistics.median(p[1] for p in pairs)),
        "huggingface_tokens_per_second": round(tokens / statistics.median(p[0] for p in pairs)),
        "ratio": round(middle, 2), "ratio_quartiles": [round(low, 2), round(high, 2)],
    }


def main():
    cache = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("program")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", help="also write the JSON lines to this file")
    parser.add_argument("--model", default=os.environ.get("WEFT_MODEL_DIR") or cache + "/weft/models/all-MiniLM-L6-v2")
    arguments = parser.parse_args()
    model = pathlib.Path(arguments.model)
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # the child inherits it: one core for both
    huggingface = HuggingFace(model)
    results = []
    print(f"one core, tokenizers {tokenizers.__version__}, median of {arguments.rounds} paired rounds")
    print(f"{'texts':26} {'weft Mtok/s':>12} {'HF Mtok/s':>10} {'ratio':>7} {'quartiles':>15} {'MB/s':>6}  ids")
    for name, texts in text_sets(model):
        r = compare(name, texts, huggingface, arguments.program, arguments.rounds)
        results.append(r)
        speed = r["weft_tokens_per_second"] * r["bytes"] / r["tokens"] * 1e-6
        quartiles = "–".join(f"{q:.1f}" for q in r["ratio_quartiles"])
        print(f"{name:26} {r['weft_tokens_per_second'] * 1e-6:12.2f} {r['huggingface_tokens_per_second'] * 1e-6:10.3f} "
              f"{r['ratio']:7.1f} {quartiles:>15} {speed:6.0f}  {'equal' if r['equal'] else 'DIFFERENT'}")
    lines = "".join(json.dumps(r) + "\n" for r in results)
    if arguments.json:
        pathlib.Path(arguments.json).write_text(lines, encoding="utf-8")
    else:
        print(lines, end="")
    return 0 if all(r["equal"] for r in results) else 1


if __name__ == "__main__":
    sys.exit(main())
