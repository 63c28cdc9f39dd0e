# Debian packages, by what needs them. Needs common.sh.
# shellcheck shell=bash
# shellcheck disable=SC2034 # used by whoever sources this

# Versions are Debian 12's. Every package is in its main section.
packages_build=(
  ca-certificates g++ cmake ninja-build mold pkg-config
  libcaf-dev libgrpc++-dev libprotobuf-dev protobuf-compiler protobuf-compiler-grpc grpc-proto
  prometheus-cpp-dev libspdlog-dev libcli11-dev libtomlplusplus-dev nlohmann-json3-dev libboost-dev
  libssl-dev libdnnl-dev librocksdb-dev libre2-dev libzstd-dev liblz4-dev libxxhash-dev
)
packages_model=(ca-certificates python3 python3-venv)
packages_demo=(curl)
packages_test=(
  doctest-dev ccache git clang-format clang-16 libclang-rt-16-dev shellcheck python3-grpcio python3-numpy openssl curl iproute2
)

# What is not installed of the packages named.
packages_missing() {
  local package
  for package in "$@"; do
    [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) == installed* ]] || printf '%s\n' "$package"
  done
}

# Reads apt's "kind:number:percent:text" lines and prints every fifth of the way, so that a log stays short.
apt_progress() {
  local kind percent step last=
  while IFS=: read -r kind _ percent _; do
    percent=${percent%.*}
    case $kind in
      dlstatus) step="downloaded $((percent / 20 * 20)) %" ;;
      pmstatus) step="installed $((percent / 20 * 20)) %" ;;
      *) continue ;;
    esac
    [ "$step" = "$last" ] || printf '    %s\n' "$step"
    last=$step
  done
}

# apt_get LOG ARGUMENT…
apt_get() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -y -o DPkg::Lock::Timeout=600 "$@" </dev/null >"$log" 2>&1
}

apt_install() {
  local log=$1
  shift
  mkdir -p "$(dirname "$log")"
  as_root env DEBIAN_FRONTEND=noninteractive LC_ALL=C apt-get -q -y -o DPkg::Lock::Timeout=600 -o APT::Status-Fd=1 \
    install --no-install-recommends "$@" </dev/null 2>&1 | tee "$log" | apt_progress
}

# install_packages PURPOSE PACKAGE…: nothing is asked of the network where all are installed.
install_packages() {
  local purpose=$1 missing log=$weft_cache/log/apt.log
  mapfile -t missing < <(packages_missing "${@:2}")
  [ ${#missing[@]} -gt 0 ] || return 0
  command -v apt-get >/dev/null || fail "no apt-get here: install what Debian 12 calls ${missing[*]}"
  # shellcheck disable=SC1091
  [ "$(. /etc/os-release && echo "${ID:-}${VERSION_ID:-}")" = debian12 ] ||
    say "Warning: this is not Debian 12; packages may have other names and versions"
  [ "$(id -u)" -eq 0 ] || command -v sudo >/dev/null ||
    fail "no root and no sudo: as root, run  apt-get install --no-install-recommends ${missing[*]}"
  need_disk /usr 2500 "installing packages to $purpose"
  say "Installing ${#missing[@]} packages to $purpose"
  # Old lists do as long as they serve; a bare machine has none.
  apt_get "$log" --simulate install "${missing[@]}" && apt_install "$log" "${missing[@]}" && return 0
  say "Reading the package lists"
  apt_get "$log" update || true # a foreign source may be broken; whether ours is, the next line tells
  apt_install "$log" "${missing[@]}" && return 0
  if network_failed "$log"; then
    fail "no network: apt could not reach its package source (see $log)"
  fi
  fail "apt-get could not install ${missing[*]}: $(grep -m 1 '^E:' "$log" || echo "see $log")"
}
