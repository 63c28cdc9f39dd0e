"""Writes a copy of a .safetensors file with its fp32 values rounded to fp16 (nearest, ties to even): half the bytes to carry.

    halve_weights.py model.safetensors carried/model/model.safetensors

Needs nothing but Python. A value that fp16 cannot hold ends it.
"""

import array
import json
import pathlib
import struct
import sys


def halved(values: bytes) -> bytes:
    numbers = array.array("f")
    numbers.frombytes(values)
    if sys.byteorder == "big":
        numbers.byteswap()
    return struct.pack(f"<{len(numbers)}e", *numbers)


def main() -> int:
    if len(sys.argv) != 3:
        print(__doc__, file=sys.stderr)
        return 2
    content = memoryview(pathlib.Path(sys.argv[1]).read_bytes())
    (length,) = struct.unpack("<Q", content[:8])
    header = json.loads(bytes(content[8:8 + length]))
    values, at = [], 0
    for name, entry in sorted(((n, e) for n, e in header.items() if n != "__metadata__"), key=lambda x: x[1]["data_offsets"]):
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        piece = bytes(content[begin:end])
        if entry["dtype"] == "F32":
            try:
                piece = halved(piece)
            except OverflowError:
                print(f"halve_weights: {name} has a value that fp16 cannot hold", file=sys.stderr)
                return 1
            entry["dtype"] = "F16"
        values.append(piece)
        entry["data_offsets"] = [at, at + len(piece)]
        at += len(piece)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)  # the values begin at a multiple of 8
    pathlib.Path(sys.argv[2]).write_bytes(struct.pack("<Q", len(text)) + text + b"".join(values))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
