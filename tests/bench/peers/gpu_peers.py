"""Compares the CUDA encoder with sentence-transformers on the same GPU, the same texts and the same weights, in one run.

    gpu_peers.py --program build/gpu-check/bin/gpu_texts --model FOLDER --texts texts.jsonl --json FILE [--texts-timed N]

Agreement: vectors of every text of the file, against sentence-transformers in fp32 (TF32 off). Speed: texts a second,
tokenising included on both sides, sentence-transformers in fp16 with the best of several batch sizes. Writes one
figure a line, as gpu_bench does. What cannot be run is a figure without a value, with the reason.
"""

import argparse
import json
import pathlib
import random
import subprocess
import tempfile
import time

FIGURES = (
    ("fp32, largest difference to PyTorch fp32", "", "<= 1e-05"),
    ("fp16, largest difference to PyTorch fp32", "", "<= 0.002"),
    ("fp16, least cosine to PyTorch fp32", "", ">= 0.9999"),
    ("bf16, least cosine to PyTorch fp32", "", ""),
    ("texts/s beside sentence-transformers fp16", "times", ">= 4"),
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


def run_weft(arguments, precision: str, texts: pathlib.Path, folder: pathlib.Path, repeats: int = 1):
    """Vectors and texts a second."""
    import numpy as np

    out = folder / f"{precision}.f32"
    done = subprocess.run([arguments.program, "--model", arguments.model, "--texts", texts, "--precision", precision,
                           "--vectors", out, "--repeats", str(repeats)], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip() or f"gpu_texts ended with {done.returncode}")
    return np.fromfile(out, dtype=np.float32), json.loads(done.stdout)["texts_per_second"]


def measure(arguments, torch, sentence_transformers) -> dict:
    import numpy as np

    texts = [json.loads(line)["text"].replace("\r", " ").replace("\n", " ")
             for line in pathlib.Path(arguments.texts).read_text(encoding="utf-8").split("\n") if line]
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    peer = sentence_transformers.SentenceTransformer(arguments.model, device="cuda").float()
    wanted = peer.encode(texts, batch_size=64, normalize_embeddings=True, convert_to_numpy=True)
    values = {}
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        lines = folder / "texts"
        lines.write_text("\n".join(texts) + "\n", encoding="utf-8")
        for precision in ("fp32", "fp16", "bf16"):
            got = run_weft(arguments, precision, lines, folder)[0].reshape(wanted.shape)
            difference = float(np.abs(got - wanted).max())
            cosine = float((got * wanted).sum(axis=1).min())
            values[f"{precision}, largest difference to PyTorch fp32"] = (difference, f"{len(texts)} texts")
            values[f"{precision}, least cosine to PyTorch fp32"] = (cosine, f"{len(texts)} texts")
        draw = random.Random(1)
        many = draw.choices([text for text in texts if text.strip()], k=arguments.texts_timed)
        lines.write_text("\n".join(many) + "\n", encoding="utf-8")
        ours = run_weft(arguments, "fp16", lines, folder, repeats=3)[1]
    peer = peer.half()
    peer.encode(many[:4096], batch_size=512, normalize_embeddings=True)
    theirs = 0.0
    for batch in BATCHES:
        begin = time.perf_counter()
        peer.encode(many, batch_size=batch, normalize_embeddings=True, convert_to_numpy=True)
        theirs = max(theirs, len(many) / (time.perf_counter() - begin))
    values["texts/s beside sentence-transformers fp16"] = (ours / theirs, f"{ours:.0f} and {theirs:.0f} texts/s")
    return values


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
        import torch
        import sentence_transformers
    except ImportError as missing:
        write_figures(arguments.json, {}, f"no {missing.name} on this machine")
        return 0
    if not torch.cuda.is_available():
        write_figures(arguments.json, {}, "no CUDA device")
        return 0
    if not (pathlib.Path(arguments.model) / "model.safetensors").is_file():
        write_figures(arguments.json, {}, "no model: carry it along (--carried)")
        return 0
    write_figures(arguments.json, measure(arguments, torch, sentence_transformers), "")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
