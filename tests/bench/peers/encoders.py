"""Times Weft's encoder against ONNX Runtime, OpenVINO and sentence-transformers on the same cores, in one run.

    encoders.py --bench build/release/bin/encoder_slices --model MODEL_DIR --onnx ONNX_DIR [--json FILE]

Every round gives each contender one slice, in turn; a round's ratio is Weft's rate over the peer's. What is printed is
the median ratio with its quartiles. All texts have exactly S tokens, so that no peer pays for padding. Each peer first
tries several batch sizes and keeps its best. Tokenizing is left out on all sides (the fp32 cosine check of every
contender against sentence-transformers comes first: a contender that computes something else stops the run).
"""

import argparse
import json
import os
import statistics
import subprocess
import time

import numpy as np

LENGTHS = (32, 128, 256)


class Weft:
    """The bare encoder behind a pipe: one line asks for one slice."""

    def __init__(self, binary: str, model: str, precision: str, threads: int) -> None:
        self.name, self.precision, self.threads = f"weft {precision}", precision, threads
        environment = dict(os.environ, WEFT_MODEL_DIR=model)
        self.process = subprocess.Popen([binary], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        env=environment)

    def _ask(self, line: str) -> dict:
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"encoder_slices stopped on: {line}")
        return json.loads(answer)

    def prepare(self, length: int) -> None:
        self._ask(f"run {self.precision} {length} {self.threads} 200")

    def rate(self, length: int, seconds: float) -> float:
        answer = self._ask(f"run {self.precision} {length} {self.threads} {int(seconds * 1000)}")
        return answer["sequences"] / answer["seconds"]

    def vectors(self, ids: np.ndarray) -> np.ndarray:
        answer = self._ask(f"encode {self.precision} {ids.shape[0]} {ids.shape[1]} " + " ".join(map(str, ids.ravel())))
        return np.array(answer["values"], dtype=np.float32).reshape(ids.shape[0], -1)


class Peer:
    """A peer that runs in this process: `forward(ids, mask)` gives mean-pooled vectors."""

    batches = (1, 4, 8, 16, 32)

    def __init__(self, name: str, forward) -> None:
        self.name, self.forward, self.batch = name, forward, {}

    def _ids(self, batch: int, length: int) -> np.ndarray:
        random = np.random.default_rng(batch * 1000 + length)
        ids = random.integers(1996, 29000, size=(batch, length), dtype=np.int64)
        ids[:, 0], ids[:, -1] = 101, 102
        return ids

    def _slice(self, batch: int, length: int, seconds: float) -> float:
        ids = self._ids(batch, length)
        done, start = 0, time.perf_counter()
        while (elapsed := time.perf_counter() - start) < seconds:
            self.forward(ids)
            done += batch
        return done / elapsed

    def prepare(self, length: int) -> None:
        rates = {}
        for batch in self.batches:
            self.forward(self._ids(batch, length))
            rates[batch] = self._slice(batch, length, 0.4)
        self.batch[length] = max(rates, key=rates.get)

    def rate(self, length: int, seconds: float) -> float:
        return self._slice(self.batch[length], length, seconds)

    def vectors(self, ids: np.ndarray) -> np.ndarray:
        return self.forward(ids)


def onnx_runtime(path: str, threads: int) -> Peer:
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_ALL
    session = ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])

    def forward(ids):
        hidden = session.run(None, {"input_ids": ids, "attention_mask": np.ones_like(ids),
                                    "token_type_ids": np.zeros_like(ids)})[0]
        return hidden.mean(axis=1)

    return Peer(f"onnxruntime {ort.__version__} fp32", forward)


def openvino(path: str, threads: int, precision: str) -> Peer:
    import openvino as ov

    core = ov.Core()
    compiled = core.compile_model(path, "CPU", {"INFERENCE_PRECISION_HINT": precision, "NUM_STREAMS": 1,
                                                "INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY"})
    actual = str(compiled.get_property("INFERENCE_PRECISION_HINT"))
    request = compiled.create_infer_request()

    def forward(ids):
        outputs = request.infer({"input_ids": ids, "attention_mask": np.ones_like(ids),
                                 "token_type_ids": np.zeros_like(ids)})
        return outputs[compiled.output(0)].mean(axis=1)

    return Peer(f"openvino {ov.__version__.split('-')[0]} asked {precision}, runs {actual}", forward)


def sentence_transformers(model: str, threads: int) -> Peer:
    import sentence_transformers as st
    import torch

    torch.set_num_threads(threads)
    encoder = st.SentenceTransformer(model, device="cpu")
    encoder.max_seq_length = 256

    def forward(ids):
        with torch.inference_mode():
            ids = torch.from_numpy(ids)
            out = encoder[1](encoder[0]({"input_ids": ids, "attention_mask": torch.ones_like(ids),
                                         "token_type_ids": torch.zeros_like(ids)}))
            return out["sentence_embedding"].numpy()

    return Peer(f"sentence-transformers {st.__version__} fp32", forward)


def check(contenders: list, reference: Peer) -> dict:
    """Every contender must compute the same vectors; returns the lowest cosine of each."""
    lowest = {}
    ids = reference._ids(4, 48)
    want = reference.vectors(ids)
    for contender in contenders:
        got = contender.vectors(ids)
        cosine = (got * want).sum(1) / np.linalg.norm(got, axis=1) / np.linalg.norm(want, axis=1)
        lowest[contender.name] = float(cosine.min())
        if lowest[contender.name] < 0.999:
            raise SystemExit(f"{contender.name} computes something else: cosine {lowest[contender.name]:.5f}")
    return lowest


def quartiles(values: list) -> dict:
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return {"median": middle, "q1": low, "q3": high}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bench", required=True, help="the encoder_slices program")
    parser.add_argument("--model", required=True, help="the model's folder")
    parser.add_argument("--onnx", required=True, help="the folder that export_onnx.py wrote")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--slice", type=float, default=1.0, help="seconds a contender runs in a round")
    parser.add_argument("--precision", default="auto,fp32", help="Weft's classes, the first is compared")
    parser.add_argument("--json", help="also write the result to this file")
    arguments = parser.parse_args()
    os.sched_setaffinity(0, range(arguments.threads))

    ours = [Weft(arguments.bench, arguments.model, p, arguments.threads) for p in arguments.precision.split(",")]
    st = sentence_transformers(arguments.model, arguments.threads)
    peers = [onnx_runtime(f"{arguments.onnx}/fused.onnx", arguments.threads),
             openvino(f"{arguments.onnx}/plain.onnx", arguments.threads, "bf16"),
             openvino(f"{arguments.onnx}/plain.onnx", arguments.threads, "f32"), st]
    report = {"cosine": check(ours + peers, st), "lengths": {}}
    for length in LENGTHS:
        everyone = ours + peers
        for contender in everyone:
            contender.prepare(length)
        rounds = [{c.name: c.rate(length, arguments.slice) for c in everyone} for _ in range(arguments.rounds)]
        rows = {}
        for contender in everyone:
            rows[contender.name] = {
                "sequences_per_second": statistics.median(r[contender.name] for r in rounds),
                "weft_over_it": quartiles([r[ours[0].name] / r[contender.name] for r in rounds]),
                "batch": getattr(contender, "batch", {}).get(length),
            }
        report["lengths"][length] = rows
        print(f"S = {length}, {arguments.threads} threads, {arguments.rounds} rounds of {arguments.slice} s")
        for name, row in rows.items():
            ratio = row["weft_over_it"]
            print(f"  {name:52} {row['sequences_per_second']:8.1f} seq/s   {ours[0].name} is "
                  f"{ratio['median']:.2f}x  [{ratio['q1']:.2f}, {ratio['q3']:.2f}]", flush=True)
    if arguments.json:
        with open(arguments.json, "w", encoding="utf-8") as file:
            json.dump(report, file, indent=1)


if __name__ == "__main__":
    main()
