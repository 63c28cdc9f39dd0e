"""Starts a weftd for the measures, as a user does, and calls it over gRPC."""

import contextlib
import dataclasses
import importlib
import importlib.util
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import threading

import grpc
import numpy

ITEMS_MAX = 512


@dataclasses.dataclass
class Compressed:
    """A reply, or (reason) why there is none."""

    text: str = ""
    kept: list = dataclasses.field(default_factory=list)  # (begin, end) in bytes of the source
    report: object = None
    mega_tokens: object = ()
    reason: str = ""


class Node:
    """One node on free ports, of which what it writes is kept. Use it in a `with`."""

    def __init__(self, weftd, model, root, settings=(), log_format="json"):
        self._folder = tempfile.mkdtemp(prefix="weft-quality-")
        command = [weftd, "--name", "quality", "--listen", "127.0.0.1:0", "--peer", "127.0.0.1:0", "--http", "127.0.0.1:0",
                   "--data-dir", f"{self._folder}/data", "--model-dir", model, "--log-format", log_format]
        for setting in ("cluster.id=quality", "cluster.single_node=true", *settings):
            command += ["--set", setting]
        self.compress_pb, self.embed_pb = _messages(root, f"{self._folder}/stubs")
        self.lines = []
        self._ready = threading.Event()
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        if not self._ready.wait(120) or self.process.poll() is not None:
            self.close()
            raise SystemExit("weftd did not start:\n" + "".join(self.lines[-20:]))
        unlimited = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
        self._channel = grpc.insecure_channel(self._address, options=unlimited)
        self._compress = self._method("Compress", "CompressService", self.compress_pb, "Compress")
        self._embed = self._method("Embed", "EmbedService", self.embed_pb, "Embed")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.process.terminate()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(timeout=60)
        self.process.kill()
        self._reader.join()
        shutil.rmtree(self._folder)

    def _read(self):
        for line in self.process.stdout:
            self.lines.append(line)
            if not self._ready.is_set():
                self._address = _listening(line)
                if self._address:
                    self._ready.set()
        self._ready.set()

    def _method(self, method, service, pb, message):
        return self._channel.unary_unary(f"/weft.v1.{service}/{method}",
                                         request_serializer=getattr(pb, f"{message}Request").SerializeToString,
                                         response_deserializer=getattr(pb, f"{message}Response").FromString)

    def compress(self, text, strategy="auto", **options):
        """options: those of CompressOptions, with names for enums' values."""
        pb = self.compress_pb
        wanted = pb.CompressOptions(strategy=pb.CompressStrategy.Value(f"COMPRESS_STRATEGY_{strategy.upper()}"), **options)
        try:
            reply = self._compress(pb.CompressRequest(texts=[text], options=wanted), timeout=300)
        except grpc.RpcError as error:
            return Compressed(reason=f"{error.code().name}: {error.details()}")
        item = reply.items[0]
        if item.WhichOneof("outcome") == "error":
            return Compressed(reason=f"{item.error.reason}: {item.error.message}")
        done = item.compressed
        return Compressed(done.text, [(s.begin, s.end) for s in done.kept], done.report, done.mega_tokens)

    def units(self, text, tokens):
        """[begin, end) in bytes of every sentence or line that the node chooses from. tokens: of the whole text.

        A budget of one token less leaves out one unit or a few: they are what is between the kept ones.
        """
        data, spans = text.encode(), set()
        for strategy in ("frequency", "hierarchical", "template"):
            done = self.compress(text, strategy, tokens=tokens - 1)
            if done.reason:
                raise SystemExit(f"the node does not split a text: {done.reason}")
            spans |= set(done.kept)
            for everything in (spans, spans | _gaps(data, spans)):
                if len(everything) == done.report.units:
                    return sorted(everything)
        raise SystemExit(f"{len(everything)} units found, {done.report.units} reported")

    def embed(self, texts, encoding="FLOAT32"):
        """Their Embedding messages."""
        pb, out = self.embed_pb, []
        options = pb.EmbedOptions(encoding=pb.VectorEncoding.Value(f"VECTOR_ENCODING_{encoding}"))
        for i in range(0, len(texts), ITEMS_MAX):
            request = pb.EmbedRequest(texts=texts[i:i + ITEMS_MAX], options=options)
            out += self._embed(request, timeout=600).embeddings
        return out

    def vectors(self, texts):
        """[texts, dimensions], float32, rows of length 1."""
        return numpy.asarray([e.values for e in self.embed(texts)], dtype=numpy.float32)


def _gaps(data, spans):
    """What is between these spans, white space apart."""
    gaps, last = set(), 0
    for begin, end in [*sorted(spans), (len(data), len(data))]:
        between = data[last:begin].decode()  # white space of Unicode, too
        if between.strip():
            first = last + len(between[:len(between) - len(between.lstrip())].encode())
            gaps.add((first, first + len(between.strip().encode())))
        last = end
    return gaps


def _listening(line):
    """The address in the line that says that it is ready, in either format; None in others."""
    with contextlib.suppress(ValueError):
        said = json.loads(line)
        return said.get("listen") if isinstance(said, dict) and said.get("text") == "ready" else None
    if " ready " not in line and not line.rstrip().endswith("ready"):
        return None
    found = [word.split("=", 1)[1].strip('"') for word in line.split() if word.startswith("listen=")]
    return found[0] if found else None


def _messages(root, folder):
    """Makes the messages from the .proto files, as a user of another language would."""
    protos = pathlib.Path(root, "proto")
    pathlib.Path(folder).mkdir()
    # Generated code and its library must be of one age: a virtual environment has its own compiler, the system's is protoc.
    bundled = importlib.util.find_spec("grpc_tools")
    compiler = [sys.executable, "-m", "grpc_tools.protoc"] if bundled else ["protoc"]
    subprocess.run([*compiler, f"-I{protos}", f"--python_out={folder}", "weft/v1/embed.proto", "weft/v1/compress.proto"],
                   check=True, cwd=protos)
    if "weft.v1.compress_pb2" not in sys.modules:
        sys.path.insert(0, folder)
    return importlib.import_module("weft.v1.compress_pb2"), importlib.import_module("weft.v1.embed_pb2")
