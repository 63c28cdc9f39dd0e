# Words, limits and errors that every script in tools/ shares. Source it; it runs nothing by itself.
# shellcheck shell=bash
# shellcheck disable=SC2034 # used by whoever sources this

# A clone may be anywhere; HOME may be missing in a container.
weft_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
weft_cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/weft
weft_jobs=${WEFT_JOBS:-$(nproc)}

say() { printf '==> %s\n' "$*"; }

# The one clear line: what is wrong, and what mends it.
fail() {
  printf '%s: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# as_root COMMAND…: runs it as root, through sudo where needed.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -- "$@"
  else
    fail "no root: run this as root or install sudo (needed for: $*)"
  fi
}

# need_disk FOLDER MIB WHAT: fails before the work where the disk could not hold its result.
need_disk() {
  local folder=$1 mib=$2 what=$3 free
  while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
  free=$(df -Pm "$folder" | awk 'NR == 2 { print $4 }')
  [ "$free" -ge "$mib" ] || fail "no disk space: $what needs $mib MiB in $folder, $free MiB are free"
}

# logged LOG COMMAND…: keeps the output for whoever must look, and the screen for progress.
logged() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  "$@" >"$log" 2>&1 </dev/null
}

# network_failed LOG: whether a download failed because nothing could be reached.
network_failed() {
  grep -qiE 'could not resolve|temporary failure|name or service not known|network is unreachable|connection (refused|timed out|failed)|failed to establish|unable to connect|could not connect|no route to host|proxy' "$1"
}

# checked FILE SHA256: whether the file is there and is the right one.
checked() { [ -f "$1" ] && printf '%s  %s\n' "$2" "$1" | sha256sum --check --status; }

# usage SCRIPT: its opening comment.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$1"; }
