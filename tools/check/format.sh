#!/usr/bin/env bash
# Fails on C++ that is not as .clang-format has it. format.sh --fix mends it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
wanted=14 # each major version formats a little differently; Debian 12 has this one
found=$(clang-format --version | grep -oE 'version [0-9]+' | grep -oE '[0-9]+')
[ "$found" = "$wanted" ] || { echo "clang-format $wanted is needed, this is $found"; exit 1; }
sources() { find actors node runtime tests tools -regex '.*\.\(cpp\|hpp\|cu\|cuh\)' -print0; }
if [ "${1:-}" = --fix ]; then
  sources | xargs -0 clang-format -i
  exit
fi
# Compared, not --dry-run: version 14 reports some namespace comments that it would not change.
differing() {
  local file
  for file in "$@"; do clang-format "$file" | cmp -s - "$file" || echo "$file"; done
}
export -f differing
wrong=$(sources | xargs -0 -n 16 -P "$(nproc)" bash -c 'differing "$@"' bash)
[ -z "$wrong" ] || { printf 'not as clang-format has it (tools/check/format.sh --fix):\n%s\n' "$wrong"; exit 1; }
