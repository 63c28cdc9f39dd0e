"""Makes Python stubs of .proto files in a scratch folder, and runs the fake node for a test."""

import contextlib
import importlib.util
import pathlib
import shutil
import subprocess
import sys
import tempfile

import grpc


@contextlib.contextmanager
def generated(root, *protos):
    """Yields {"tei/v1/tei": (messages, services)} for the given files below `root`."""
    folder = tempfile.mkdtemp(prefix="weft-stubs-")
    try:
        plugin = shutil.which("grpc_python_plugin")
        assert plugin, "grpc_python_plugin is missing: install protobuf-compiler-grpc"
        subprocess.run(
            ["protoc", f"-I{root}", f"--python_out={folder}", f"--grpc_out={folder}",
             f"--plugin=protoc-gen-grpc={plugin}", *(f"{proto}.proto" for proto in protos)],
            check=True)
        # The folder of `grpc/health/v1` would hide the package grpc: its generated modules are loaded from their files.
        yield {proto: load(pathlib.Path(folder), proto) for proto in protos}
    finally:
        shutil.rmtree(folder)


def load(folder, proto):
    name = proto.replace("/", ".")
    modules = []
    for suffix in ("_pb2", "_pb2_grpc"):
        spec = importlib.util.spec_from_file_location(name + suffix, folder / (proto + suffix + ".py"))
        module = importlib.util.module_from_spec(spec)
        sys.modules[name + suffix] = module
        # "from grpc.health.v1 import health_pb2" looks for an attribute of a package.
        package = ".".join(name.split(".")[:-1])
        for i in range(1, package.count(".") + 2):
            part = ".".join(package.split(".")[:i])
            if part not in sys.modules:
                sys.modules[part] = type(sys)(part)
                sys.modules[part].__path__ = []
        setattr(sys.modules[package], proto.split("/")[-1] + suffix, module)
        spec.loader.exec_module(module)
        modules.append(module)
    return tuple(modules)


@contextlib.contextmanager
def node(program):
    """Runs the fake node and yields a channel to it."""
    with subprocess.Popen([program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        port = process.stdout.readline().strip()
        assert port, f"{program} did not start"
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield channel
        process.stdin.close()
        assert process.wait(timeout=60) == 0


def refused(call, code):
    """Whether call() fails with the code; the error's text."""
    try:
        call()
    except grpc.RpcError as error:
        assert error.code() == code, f"{error.code()} instead of {code}: {error.details()}"
        return error.details()
    raise AssertionError(f"no error where {code} was expected")
