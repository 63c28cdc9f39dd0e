"""Times a whole node (client, gRPC, actors, engine) against the bare encoder, and against Infinity over HTTP.

    whole_way.py --bin build/release/bin --model MODEL_DIR [--infinity VENV] [--json FILE]

256 texts are in flight all the time. Rounds interleave the contenders, slice by slice; the ratio of a round is that of
neighbouring slices, and what is printed is the median with its quartiles. The same run also switches the node's clever
parts off, one at a time (modes of its configuration), and counts CPU seconds per 1 000 texts.
"""

import argparse
import concurrent.futures
import contextlib
import http.client
import json
import os
import pathlib
import random
import socket
import statistics
import subprocess
import tempfile
import time

from encoders import Weft, quartiles

IN_FLIGHT = 256
CASES = {"S=128, 1 text a call": (128, 1), "S=32, 32 texts a call": (32, 32)}


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_seconds(pid: int) -> float:
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_bytes(pid: int) -> int:
    return int(pathlib.Path(f"/proc/{pid}/statm").read_text(encoding="utf-8").split()[1]) * os.sysconf("SC_PAGE_SIZE")


class Node:
    """A weftd of its own, with some keys of the configuration changed."""

    def __init__(self, binaries: str, model: str, threads: int, changes: dict | None = None) -> None:
        self.home = tempfile.TemporaryDirectory(prefix="weft-bench-")
        self.port, http_port = free_port(), free_port()
        sections = {"node": {"name": "bench", "data_dir": f"{self.home.name}/data", "listen": f"127.0.0.1:{self.port}",
                             "peer": f"127.0.0.1:{free_port()}", "http": f"127.0.0.1:{http_port}"},
                    "model": {"dir": model}, "pool": {"workers_min": threads, "workers_max": threads},
                    "cache": {"enabled": False},  # the load's texts come again, and what is measured is computing
                    "log": {"level": "warn"}}
        for key, value in (changes or {}).items():
            section, name = key.split(".")
            sections.setdefault(section, {})[name] = value
        config = pathlib.Path(self.home.name, "node.toml")
        config.write_text("\n".join(f"[{s}]\n" + "\n".join(f"{k} = {json.dumps(v)}" for k, v in keys.items())
                                    for s, keys in sections.items()) + "\n", encoding="utf-8")
        self.binaries = binaries
        self.process = subprocess.Popen([f"{binaries}/weftd", "--config", str(config)])
        subprocess.run([f"{binaries}/weft", "health", "--wait", "--timeout", "60s", "--endpoint",
                        f"127.0.0.1:{self.port}"], check=True, stdout=subprocess.DEVNULL)

    def load(self, tokens: int, texts_per_call: int, seconds: float, in_flight: int = IN_FLIGHT) -> dict:
        before = cpu_seconds(self.process.pid)
        out = subprocess.run([f"{self.binaries}/node_load", "--endpoint", f"127.0.0.1:{self.port}", "--in-flight",
                              str(in_flight), "--texts-per-call", str(texts_per_call), "--tokens", str(tokens),
                              "--seconds", str(seconds)], check=True, capture_output=True, text=True).stdout
        answer = json.loads(out)
        if answer["failed"]:
            raise SystemExit(f"the node failed calls: {answer['problem']}")
        answer["cpu_seconds"] = cpu_seconds(self.process.pid) - before
        return answer

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)
        self.home.cleanup()


class Infinity:
    """infinity-emb with its torch engine, as its documentation starts it."""

    def __init__(self, venv: str, model: str) -> None:
        self.port = free_port()
        self.name = pathlib.Path(model).name
        environment = dict(os.environ, HF_HUB_OFFLINE="1", DO_NOT_TRACK="1", INFINITY_ANONYMOUS_USAGE_STATS="0")
        self.process = subprocess.Popen([f"{venv}/bin/infinity_emb", "v2", "--model-id", model, "--engine", "torch",
                                         "--device", "cpu", "--host", "127.0.0.1", "--port", str(self.port)],
                                        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
        deadline = time.monotonic() + 120
        while True:
            try:
                self.ask(["ready"])
                break
            except (OSError, RuntimeError, http.client.HTTPException):
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise SystemExit("infinity did not start") from None
                time.sleep(0.5)

    def ask(self, texts: list) -> None:
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=120)) as connection:
            self._ask(connection, texts)

    def _ask(self, connection, texts: list) -> None:
        connection.request("POST", "/embeddings", json.dumps({"model": self.name, "input": texts}),
                           {"content-type": "application/json"})
        response = connection.getresponse()
        body = response.read()
        if response.status != 200:
            raise RuntimeError(f"{response.status}: {body[:200]!r}")

    def load(self, tokens: int, texts_per_call: int, seconds: float) -> dict:
        words = "time year people way day man thing woman life child world school state family group".split()
        generator = random.Random(1)
        calls = [[" ".join(generator.choices(words, k=tokens - 2)) for _ in range(texts_per_call)] for _ in range(64)]
        start = time.perf_counter()

        def client(number: int) -> int:
            done = 0
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)) as connection:
                while time.perf_counter() - start < seconds:
                    self._ask(connection, calls[(number + done) % len(calls)])
                    done += 1
            return done * texts_per_call

        clients = max(1, IN_FLIGHT // texts_per_call)
        with concurrent.futures.ThreadPoolExecutor(clients) as pool:
            texts = sum(pool.map(client, range(clients)))
        elapsed = time.perf_counter() - start
        return {"texts": texts, "seconds": elapsed, "texts_per_second": texts / elapsed}

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(timeout=60)


def whole_way(arguments, report: dict) -> None:
    bare = Weft(f"{arguments.bin}/encoder_slices", arguments.model, "auto", arguments.threads)
    node = Node(arguments.bin, arguments.model, arguments.threads)
    infinity = Infinity(arguments.infinity, arguments.model) if arguments.infinity else None
    for title, (tokens, texts_per_call) in CASES.items():
        bare.prepare(tokens)
        node.load(tokens, texts_per_call, 1)
        ratios, peers, rates = [], [], []
        for _ in range(arguments.rounds):
            # The bare encoder before and after the node, so that a drift of the machine cancels out.
            before = bare.rate(tokens, arguments.slice)
            through = node.load(tokens, texts_per_call, arguments.slice)["texts_per_second"]
            after = bare.rate(tokens, arguments.slice)
            ratios.append(through / ((before + after) / 2))
            rates.append(through)
            if infinity:
                peers.append(through / infinity.load(tokens, texts_per_call, arguments.slice)["texts_per_second"])
        row = {"texts_per_second": statistics.median(rates), "share_of_bare_encoder": quartiles(ratios)}
        print(f"{title}, {IN_FLIGHT} texts in flight: {row['texts_per_second']:.1f} texts/s, "
              f"{100 * row['share_of_bare_encoder']['median']:.1f} % of the bare encoder "
              f"[{100 * row['share_of_bare_encoder']['q1']:.1f}, {100 * row['share_of_bare_encoder']['q3']:.1f}]")
        if peers:
            row["over_infinity"] = quartiles(peers)
            print(f"  {row['over_infinity']['median']:.2f}x Infinity "
                  f"[{row['over_infinity']['q1']:.2f}, {row['over_infinity']['q3']:.2f}]", flush=True)
        report[title] = row
    report["resident_bytes_after_load"] = resident_bytes(node.process.pid)
    node.close()
    if infinity:
        infinity.close()


def switches(arguments, report: dict) -> None:
    modes = {"as configured": {}, "batching off": {"pool.batching": False},
             "one worker": {"pool.workers_min": 1, "pool.workers_max": 1}, "plain": {"modes.plain": True}}
    for title, (tokens, texts_per_call) in CASES.items():
        nodes = {name: Node(arguments.bin, arguments.model, arguments.threads, changes) for name, changes in modes.items()}
        rounds = [{name: node.load(tokens, texts_per_call, arguments.slice) for name, node in nodes.items()}
                  for _ in range(max(3, arguments.rounds // 2))]
        report[title] = {}
        print(f"switches, {title}:")
        for name, node in nodes.items():
            gain = quartiles([r[name]["texts_per_second"] / r["plain"]["texts_per_second"] for r in rounds])
            cpu = statistics.median(1000 * r[name]["cpu_seconds"] / r[name]["texts"] for r in rounds)
            p50 = statistics.median(r[name]["p50_ms"] for r in rounds)
            report[title][name] = {"over_plain": gain, "cpu_seconds_per_1000_texts": cpu, "p50_ms": p50}
            print(f"  {name:14} {gain['median']:.2f}x plain [{gain['q1']:.2f}, {gain['q3']:.2f}]   "
                  f"{cpu:.2f} CPU s per 1 000 texts   p50 {p50:.0f} ms", flush=True)
            node.close()


def memory(arguments, report: dict) -> None:
    lazy = Node(arguments.bin, arguments.model, arguments.threads, {"model.load": "lazy"})
    report["idle_bytes"] = resident_bytes(lazy.process.pid)
    lazy.load(128, 1, 1)
    report["with_model_bytes"] = resident_bytes(lazy.process.pid)
    lazy.close()
    print(f"memory: idle {report['idle_bytes'] / 2**20:.0f} MiB, with the model loaded and used "
          f"{report['with_model_bytes'] / 2**20:.0f} MiB (weights are mapped: shared pages are counted in)")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", required=True, help="the folder with weftd, weft, node_load and encoder_slices")
    parser.add_argument("--model", required=True)
    parser.add_argument("--infinity", help="a virtual environment with infinity-emb")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--slice", type=float, default=3.0)
    parser.add_argument("--json")
    arguments = parser.parse_args()
    report: dict = {"whole way": {}, "switches": {}, "memory": {}}
    whole_way(arguments, report["whole way"])
    switches(arguments, report["switches"])
    memory(arguments, report["memory"])
    if arguments.json:
        pathlib.Path(arguments.json).write_text(json.dumps(report, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
