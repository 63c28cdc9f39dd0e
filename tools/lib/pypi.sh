# Wheels from PyPI, pinned by version and SHA-256. Needs common.sh and packages.sh.
# Plain pip in a folder of its own: Debian's is managed from outside (PEP 668), and a mirror that the machine
# configures for pip is honoured.
# shellcheck shell=bash

weft_pip_python=$weft_cache/pip/bin/python

# pip's own virtual environment, outside the tree. Debian's interpreter: another one on the PATH may lack venv.
install_pip() {
  local log=$weft_cache/log/pip.log
  "$weft_pip_python" -m pip --version >/dev/null 2>&1 && return 0
  install_packages "download from PyPI" "${packages_model[@]}"
  rm -rf "$weft_cache/pip"
  logged "$log" /usr/bin/python3 -m venv "$weft_cache/pip" || fail "python3 -m venv failed: see $log"
}

# fetch_wheel NAME VERSION SHA256 FOLDER: the wheel lies in FOLDER under the name that it prints.
fetch_wheel() {
  local name=$1 version=$2 sum=$3 folder=$4 log=$weft_cache/log/pip-$1.log wheel
  mkdir -p "$folder"
  logged "$log" "$weft_pip_python" -m pip --disable-pip-version-check --no-input download \
    --no-deps --only-binary=:all: --dest "$folder" "$name==$version" || {
    if network_failed "$log"; then fail "no network: pip could not reach its package index for $name (see $log)"; fi
    fail "pip could not download $name $version: $(grep -m 1 '^ERROR' "$log" || echo "see $log")"
  }
  wheel=$(find "$folder" -name "${name//-/_}-$version-*.whl" -print -quit)
  checked "${wheel:-missing}" "$sum" || fail "wrong checksum: $name $version is not the file that Weft knows ($sum)"
  printf '%s\n' "$wheel"
}

# unzip_file WHEEL MEMBER FILE
unzip_file() {
  /usr/bin/python3 - "$@" <<'PYTHON'
import shutil, sys, zipfile
with zipfile.ZipFile(sys.argv[1]) as wheel, wheel.open(sys.argv[2]) as source, open(sys.argv[3], "wb") as target:
    shutil.copyfileobj(source, target)
PYTHON
}
