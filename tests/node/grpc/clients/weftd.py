"""Runs the real weftd with the real model for a test, as a cluster of one node."""

import os
import pathlib
import shutil
import signal
import socket
import subprocess
import tempfile

import grpc


def model_folder():
    """Where the tests find the model: as tests/support/model_directory.hpp."""
    given = os.environ.get("WEFT_MODEL_DIR")
    cache = os.environ.get("XDG_CACHE_HOME", os.path.join(os.environ.get("HOME", ""), ".cache"))
    folder = pathlib.Path(given or os.path.join(cache, "weft/models/all-MiniLM-L6-v2"))
    assert (folder / "model.safetensors").exists(), f"no model in '{folder}': run `tools/setup model`"
    return folder


def free_address():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{listener.getsockname()[1]}"


class Node:
    """One node on free ports, with a data folder of its own that outlives the process. Use it in a `with`."""

    def __init__(self, program, configuration):
        self.address = free_address()
        self._folder = pathlib.Path(tempfile.mkdtemp(prefix="weftd-"))
        self._command = [
            program, f"--config={configuration}", f"--data-dir={self._folder / 'data'}", f"--listen={self.address}",
            f"--peer={free_address()}", f"--http={free_address()}", f"--model-dir={model_folder()}"
        ]
        self._process = None

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print((self._folder / "log").read_text())
        clean = self._end(signal.SIGTERM) == 0
        shutil.rmtree(self._folder)
        assert clean or kind is not None, "weftd did not end well"

    def start(self):
        """Starts it and waits until it takes calls (a call with `wait_for_ready` would do as well, but not say why)."""
        with open(self._folder / "log", "a", encoding="utf-8") as log:
            self._process = subprocess.Popen(self._command, stdout=log, stderr=subprocess.STDOUT)
        with self.channel() as channel:
            grpc.channel_ready_future(channel).result(timeout=120)

    def kill(self):
        """As a loss of power, for the process."""
        self._end(signal.SIGKILL)

    def channel(self):
        # Connects anew each time: gRPC would remember that a node that was killed refused it.
        return grpc.insecure_channel(self.address, options=[("grpc.use_local_subchannel_pool", 1)])

    def _end(self, how):
        self._process.send_signal(how)
        return self._process.wait(timeout=120)
