"""Measures what compression keeps, through a real node, beside baselines that get the same sentences and the same budget.

    quality.py --weftd build/release/bin/weftd --model MODEL_DIR --corpora FOLDER [--seed N] [--quick] [--json FILE]

Prints tables in Markdown and the bars of the project. The seed plants facts and draws queries; the default is that of the
published table: tune with another one.
"""

import argparse
import json
import pathlib
import sys
import time

sys.dont_write_bytecode = True
ROOT = pathlib.Path(__file__).resolve().parents[3]
SEED = 20261121
RATIOS = (4, 8, 16, 32)

import corpora  # noqa: E402
import encodings_of_vectors  # noqa: E402
import extracts  # noqa: E402
import report  # noqa: E402
import retention  # noqa: E402
from subjects import Counter, Subject  # noqa: E402
from weft_node import Node  # noqa: E402


def say(text):
    print(f"    {time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


def log_of_a_node(arguments):
    """What a node writes at debug level while it takes calls, good and bad."""
    with Node(arguments.weftd, arguments.model, ROOT, ("log.level=debug",), "text") as node:
        for i in range(120):
            if i % 17 == 0:
                node.compress("x", "auto", ratio=1000)
            else:
                node.embed([f"text number {i} of a short run", "another one"])
    return "".join(node.lines)


def one_of_each_kind(documents):
    return list({d.kind: d for d in reversed(documents)}.values())[::-1]


def measure(arguments, log):
    documents = corpora.documents(arguments.corpora, ROOT, log)
    if arguments.quick:
        documents = one_of_each_kind(documents)
    count = Counter(arguments.model)
    with Node(arguments.weftd, arguments.model, ROOT) as node:
        subjects = [Subject(d.name, d.kind, d.text, node, count) for d in documents]
        results = {"seed": arguments.seed,
                   "documents": [{"name": s.name, "kind": s.kind, "sentences": len(s.sentences), "tokens": s.source_tokens}
                                 for s in subjects],
                   "extracts": extracts.measure(subjects, node, RATIOS, say)}
        say("planted facts")
        planted = retention.with_facts(subjects, node, count, arguments.seed)
        results["planted_facts"] = retention.planted_facts(planted, node, RATIOS)
        say("questions")
        results["questions"] = retention.questions(planted, node, RATIOS, 2 if arguments.quick else 5)
        say("rules, exceptions, vectors")
        results["must_keep"] = retention.must_keep(planted, node, RATIOS, arguments.seed)
        results["log_exceptions"] = retention.log_exceptions(subjects, node, count, RATIOS, arguments.seed)
        results["vectors"] = encodings_of_vectors.measure(subjects, node, arguments.seed,
                                                          1_000 if arguments.quick else 4_000, 50 if arguments.quick else 200)
    return results


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--weftd", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--corpora", required=True, type=pathlib.Path, help="where packages are unpacked, and kept for the next run")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--quick", action="store_true", help="one document of each kind: for a look, not for a figure")
    parser.add_argument("--json")
    arguments = parser.parse_args()
    arguments.corpora.mkdir(parents=True, exist_ok=True)
    results = measure(arguments, log_of_a_node(arguments))
    results["bars"] = [{"bar": bar, "reached": reached, "figure": figure}
                       for bar, reached, figure in report.bars(results, RATIOS)]
    print(report.render(results, RATIOS))
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(results, indent=1, default=str), encoding="utf-8")


if __name__ == "__main__":
    main()
