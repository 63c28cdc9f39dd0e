"""Does a running node agree with sentence-transformers, for a client that only knows text-embeddings-inference?

    agreement.py --bin build/release/bin --model MODEL_DIR --proto proto/tei/v1/tei.proto [--json FILE]

Embeds the paragraphs of the licences under /usr/share/common-licenses through tei.v1 and through
sentence-transformers, and prints the lowest and the median cosine, per precision.
"""

import argparse
import importlib
import json
import pathlib
import statistics
import subprocess
import sys
import tempfile
import time

import grpc
import numpy as np
import sentence_transformers

from whole_way import Node


def stubs(proto: pathlib.Path):
    """Makes the client from the .proto, as a user of another language would."""
    out = tempfile.mkdtemp(prefix="weft-stubs-")
    root = proto.parents[2]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", f"-I{root}", f"--python_out={out}",
                    f"--grpc_python_out={out}", str(proto.relative_to(root))], check=True, cwd=root)
    sys.path.insert(0, out)
    return importlib.import_module("tei.v1.tei_pb2"), importlib.import_module("tei.v1.tei_pb2_grpc")


def paragraphs() -> list:
    found = []
    for file in sorted(pathlib.Path("/usr/share/common-licenses").iterdir()):
        if file.is_file() and not file.is_symlink():
            text = file.read_text(encoding="utf-8", errors="replace")
            found += [p.strip() for p in text.split("\n\n") if p.strip()]
    return found


def info_when_ready(stub, request, seconds: float = 30):
    """Info answers UNAVAILABLE (MODEL_LOADING) for a moment after the start: a client retries that."""
    deadline = time.monotonic() + seconds
    while True:
        try:
            return stub.Info(request)
        except grpc.RpcError as error:
            if error.code() != grpc.StatusCode.UNAVAILABLE or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--proto", required=True, type=pathlib.Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    pb, rpc = stubs(arguments.proto.resolve())
    texts = paragraphs()
    reference = sentence_transformers.SentenceTransformer(arguments.model, device="cpu")
    reference.max_seq_length = 256
    want = reference.encode(texts, normalize_embeddings=True)
    report = {}
    for precision in ("fp32", "auto"):
        node = Node(arguments.bin, arguments.model, arguments.threads, {"model.precision": precision})
        with grpc.insecure_channel(f"127.0.0.1:{node.port}") as channel:
            info = info_when_ready(rpc.InfoStub(channel), pb.InfoRequest())
            requests = (pb.EmbedRequest(inputs=text, truncate=True) for text in texts)
            got = np.array([list(answer.embeddings) for answer in rpc.EmbedStub(channel).EmbedStream(requests)])
        node.close()
        cosine = (got * want).sum(axis=1)
        report[precision] = {"runs": info.model_dtype, "texts": len(texts), "lowest": float(cosine.min()),
                             "median": statistics.median(map(float, cosine)),
                             "largest_difference": float(np.abs(got - want).max())}
        print(f"{precision} (runs {info.model_dtype}): {len(texts)} paragraphs, cosine to sentence-transformers "
              f"lowest {cosine.min():.7f}, median {report[precision]['median']:.7f}, largest difference "
              f"{report[precision]['largest_difference']:.2e}")
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(report, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
