#!/usr/bin/env bash
# no_toolkit.sh SOURCES FOLDER: the whole of Weft configures on a machine without a CUDA toolkit, says so in one line, and no command of
# that build has anything to do with one. It is configured only: what is compiled then is compiled in every other build, too.
set -euo pipefail
sources=$1 folder=$2
log=$folder.log
mkdir -p "$folder"
# As if there were none, wherever it is: the build looks for it in this one way.
env -u CUDACXX -u CUDA_PATH -u CUDA_HOME cmake -S "$sources" -B "$folder" -G Ninja -DCMAKE_DISABLE_FIND_PACKAGE_CUDAToolkit=ON \
  -DCMAKE_BUILD_TYPE=RelWithDebInfo >"$log" 2>&1 || { cat "$log"; exit 1; }
lines=$(grep -c 'Weft: .*CUDA' "$log" || true)
if [ "$lines" -ne 1 ] || ! grep -q 'Weft: no CUDA toolkit; the CPU engines do everything' "$log"; then
  echo "not one line about the missing toolkit:"
  grep 'Weft:' "$log" || true
  exit 1
fi
commands=$(ninja -C "$folder" -t commands all | sed "s|$sources/||g") # wherever the checkout is
found=$(grep -nE 'nvcc|libcudart|libcuda\.so|libcublas|libnccl|/(usr|opt)/[^ ]*/cuda' <<<"$commands" || true)
if [ -n "$found" ]; then
  echo "$(wc -l <<<"$found") commands of a build without a toolkit need one, as:"
  sed -n 1,5p <<<"$found" | cut -c 1-300
  exit 1
fi
grep -q 'bin/weftd' <<<"$commands" || { echo "no weftd is built"; exit 1; }
echo "$(wc -l <<<"$commands") commands, none of which needs a CUDA toolkit"
