# Configures and builds. Needs common.sh.
# shellcheck shell=bash

# build PRESET TARGET [CMAKE ARGUMENT…]: in build/PRESET. Prints ninja's progress.
build() {
  local preset=$1 target=$2 log=$weft_root/build/$1.configure.log
  shift 2
  say "Building ($preset)"
  # ctest and cmake must agree on the folder whatever the caller's is.
  (cd "$weft_root" && logged "$log" cmake --preset "$preset" "$@") || {
    sed -n '/Error/,$p' "$log" | head -20 >&2
    fail "cmake could not configure: see $log"
  }
  grep -E '^-- Weft' "$log" || true
  (cd "$weft_root" && NINJA_STATUS='[%f/%t %es] ' cmake --build --preset "$preset" --target "$target" -- -j"$weft_jobs") ||
    fail "the $preset build failed: its first error is above"
}
