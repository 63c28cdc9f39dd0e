"""Compares the CUDA encoder with PyTorch on the same GPU, the same texts and the same weights, in one run.

    gpu_peers.py --program build/gpu-check/bin/gpu_texts --model FOLDER --texts texts.jsonl --json FILE [--texts-timed N]

Agreement: vectors of every text of the file, against the model in plain PyTorch (plain_bert.py), fp32 with TF32 off, on the
same token ids. Speed: texts a second, tokenising included on both sides, against sentence-transformers in fp16 with the
best of several batch sizes; only this needs that package. Writes one figure a line, as gpu_bench does, and the file anew
after each. What cannot be run is a figure without a value, with the reason; what fails is one too, and the status is 1.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile
import time

from plain_bert import PlainBert

SPEED = "texts/s beside sentence-transformers fp16"

FIGURES = (
    ("fp32, largest difference to PyTorch fp32", "", "<= 1e-05"),
    ("fp16, largest difference to PyTorch fp32", "", "<= 0.002"),
    ("fp16, least cosine to PyTorch fp32", "", ">= 0.9999"),
    ("bf16, least cosine to PyTorch fp32", "", ""),
    (SPEED, "times", ">= 4"),
)
BATCHES = (128, 512, 2048)


def verdict_of(value, target: str) -> str:
    if value is None:
        return "not run"
    if not target:
        return "measured"
    sign, bound = target.split()
    return "met" if (value <= float(bound) if sign == "<=" else value >= float(bound)) else "missed"


def write_figures(path: pathlib.Path, values: dict, note: str) -> None:
    lines = []
    for name, unit, target in FIGURES:
        value, why = values.get(name, (None, note))
        lines.append(json.dumps({"name": name, "value": value, "unit": unit, "target": target,
                                 "verdict": verdict_of(value, target), "note": why}))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def run_weft(arguments, precision: str, texts: pathlib.Path, folder: pathlib.Path, repeats: int = 1, ids=None):
    """Vectors and texts a second."""
    import numpy as np

    out = folder / f"{precision}.f32"
    done = subprocess.run([arguments.program, "--model", arguments.model, "--texts", texts, "--precision", precision,
                           "--vectors", out, "--repeats", str(repeats)] + (["--ids", ids] if ids else []),
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip() or f"gpu_texts ended with {done.returncode}")
    return np.fromfile(out, dtype=np.float32), json.loads(done.stdout)["texts_per_second"]


def measure_agreement(arguments, torch, texts: list, folder: pathlib.Path, values: dict) -> None:
    import numpy as np

    lines, ids = folder / "texts", folder / "ids"
    lines.write_text("\n".join(texts) + "\n", encoding="utf-8")
    peer = PlainBert(arguments.model, torch, "cuda")
    wanted = None
    for precision in ("fp32", "fp16", "bf16"):
        got = run_weft(arguments, precision, lines, folder, ids=None if wanted is not None else ids)[0]
        if wanted is None:
            wanted = peer.encode([list(map(int, line.split())) for line in ids.read_text(encoding="utf-8").splitlines()])
        got = got.reshape(wanted.shape)
        note = f"{len(texts)} texts, the same token ids"
        values[f"{precision}, largest difference to PyTorch fp32"] = (float(np.abs(got - wanted).max()), note)
        values[f"{precision}, least cosine to PyTorch fp32"] = (float((got * wanted).sum(axis=1).min()), note)
        write_figures(arguments.json, values, "not reached")


def measure_speed(arguments, texts: list, folder: pathlib.Path, values: dict) -> None:
    try:
        import sentence_transformers
    except ImportError as missing:
        values[SPEED] = (None, f"no {missing.name} on this machine")
        return
    lines = folder / "texts"
    many = random.Random(1).choices([text for text in texts if text.strip()], k=arguments.texts_timed)
    lines.write_text("\n".join(many) + "\n", encoding="utf-8")
    ours = run_weft(arguments, "fp16", lines, folder, repeats=3)[1]
    peer = sentence_transformers.SentenceTransformer(arguments.model, device="cuda").half()
    peer.encode(many[:4096], batch_size=512, normalize_embeddings=True)
    theirs = 0.0
    for batch in BATCHES:
        begin = time.perf_counter()
        peer.encode(many, batch_size=batch, normalize_embeddings=True, convert_to_numpy=True)
        theirs = max(theirs, len(many) / (time.perf_counter() - begin))
    values[SPEED] = (ours / theirs, f"{ours:.0f} and {theirs:.0f} texts/s")


def measure(arguments, torch) -> bool:
    """Whether all went well; what was measured before a failure stays."""
    texts = [json.loads(line)["text"].replace("\r", " ").replace("\n", " ")
             for line in pathlib.Path(arguments.texts).read_text(encoding="utf-8").split("\n") if line]
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    values, problem = {}, ""
    with tempfile.TemporaryDirectory() as scratch:
        try:
            measure_agreement(arguments, torch, texts, pathlib.Path(scratch), values)
            measure_speed(arguments, texts, pathlib.Path(scratch), values)
        except Exception as failed:  # pylint: disable=broad-except # the figures before it are written all the same
            problem = f"{type(failed).__name__}: {failed}"
            print(problem, file=sys.stderr)
    write_figures(arguments.json, values, problem)
    return not problem


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--texts", required=True)
    parser.add_argument("--json", required=True, type=pathlib.Path)
    parser.add_argument("--texts-timed", type=int, default=100_000)
    parser.add_argument("--not-run", default="", help="why nothing can be run here")
    arguments = parser.parse_args()
    if arguments.not_run:
        write_figures(arguments.json, {}, arguments.not_run)
        return 0
    try:
        import numpy  # noqa: F401 # pylint: disable=unused-import
        import torch
    except ImportError as missing:
        write_figures(arguments.json, {}, f"no {missing.name} on this machine")
        return 0
    if not torch.cuda.is_available():
        write_figures(arguments.json, {}, "no CUDA device")
        return 0
    if not (pathlib.Path(arguments.model) / "model.safetensors").is_file():
        write_figures(arguments.json, {}, "no model: carry it along (--carried)")
        return 0
    return 0 if measure(arguments, torch) else 1


if __name__ == "__main__":
    raise SystemExit(main())
