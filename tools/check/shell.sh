#!/usr/bin/env bash
# Runs shellcheck on every script: what starts with a shell's #!, with the parts that it sources.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
mapfile -t scripts < <(grep -rlIE --exclude-dir=lib -m 1 '^#!.*\b(ba)?sh$' .ci tools tests)
shellcheck --check-sourced "${scripts[@]}"
echo "${#scripts[@]} scripts are clean"
