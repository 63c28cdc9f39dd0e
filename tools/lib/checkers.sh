# buf and promtool, into the cache's bin folder. Needs common.sh, packages.sh and pypi.sh.
# shellcheck shell=bash

buf_version=1.75.0
buf_sum=6fd3ecb1694b6f5bcdfb9bef5297b330ffb9731b95445a42944c1b6158428101

install_checkers() {
  mkdir -p "$weft_cache/bin"
  install_buf
  install_promtool
}

install_buf() {
  local target=$weft_cache/bin/buf wheel
  [ "$("$target" --version 2>/dev/null)" = "$buf_version" ] && return 0
  [ "$(uname -m)" = x86_64 ] || fail "buf $buf_version is pinned for x86_64 only: put buf on the PATH of this $(uname -m)"
  say "Fetching buf $buf_version"
  install_pip
  wheel=$(fetch_wheel buf-bin "$buf_version" "$buf_sum" "$weft_cache/wheels")
  unzip_file "$wheel" "buf_bin-$buf_version.data/scripts/buf" "$target.new"
  chmod +x "$target.new"
  mv -f "$target.new" "$target"
  rm -f "$wheel"
}

# Debian's package would start a Prometheus server on this machine: only its checker is unpacked.
install_promtool() {
  local target=$weft_cache/bin/promtool log=$weft_cache/log/promtool.log scratch
  { [ -x "$target" ] || command -v promtool >/dev/null; } && return 0
  say "Fetching promtool"
  scratch=$(mktemp -d "$weft_cache/.promtool.XXXXXX")
  (
    cd "$scratch"
    logged "$log" apt-get -q download prometheus || { apt_get "$log" update && logged "$log" apt-get -q download prometheus; }
  ) || {
    rm -rf "$scratch"
    fail "apt-get could not download prometheus (for promtool): see $log"
  }
  dpkg-deb -x "$scratch"/prometheus_*.deb "$scratch/unpacked"
  mv -f "$scratch/unpacked/usr/bin/promtool" "$target"
  rm -rf "$scratch"
}
