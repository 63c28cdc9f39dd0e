#!/usr/bin/env bash
# tools/gpu-check prints and writes its whole table on any machine: with nothing run, nothing is said to have passed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tools/gpu-check --dry-run --build "$folder/build" --json "$folder/rows.json" >"$folder/table"
python3 -B - "$folder/rows.json" "$folder/table" <<'END'
import json
import sys

rows = json.load(open(sys.argv[1]))["rows"]
table = open(sys.argv[2]).read()
names = {row["name"] for row in rows}
wanted = {"configure", "cuda_device_test", "cuda_points_device_test", "cuda_module_test", "nccl_collective_test, one rank",
          "nccl_collective_test, several ranks", "nccl_module_test, weft_nccl.so: one rank × 100", "gpu_bench",
          # What is to be reached on a device, or to be known of one.
          "fp32, largest difference to PyTorch fp32", "fp16, largest difference to PyTorch fp32",
          "fp16, least cosine to PyTorch fp32", "texts/s beside sentence-transformers fp16",
          "encoder fp16, S = 128, share", "encoder fp16, S = 128, own shapes", "k-means iteration", "pack to float16",
          "pack to int8", "pack to binary", "device busy under load through the node", "device busy under load, 10th percentile",
          "tokens computed through the node", "nccl_collective_test, memcheck"}
for check in ("memcheck", "racecheck", "initcheck", "synccheck"):
    wanted |= {f"cuda_points_device_test, {check}", f"cuda_device_test, {check}"}
missing = sorted(wanted - names)
said = [row for row in rows if row["result"] != "not run" or "dry run" not in row["note"]]
unseen = sorted(name for name in names if name not in table)
if missing or said or unseen:
    sys.exit(f"a dry run lacks the rows {missing}, says of {said} that it was run, and prints no {unseen}")
print(f"{len(rows)} rows, none of them run")
END
