# libcaf_core built with ThreadSanitizer: against Debian's build, TSan reports a thousand false races.
# Needs common.sh and packages.sh.
# shellcheck shell=bash

caf_version=0.17.6
caf_source_sum=e2bf5bd243f08bb7d8adde197cfe3e6d71314ed3378fe0692f8932f4c3b3928c
caf_tsan_dir=$weft_cache/caf-$caf_version-tsan

install_caf_tsan() {
  [ -f "$caf_tsan_dir/lib/libcaf_core.a" ] && return 0
  install_packages "build Weft" "${packages_build[@]}"
  need_disk "$weft_cache" 500 "CAF with ThreadSanitizer"
  local work=$weft_cache/caf-tsan-work log=$weft_cache/log/caf-tsan.log archive
  archive=$work/actor-framework_$caf_version.orig.tar.gz
  mkdir -p "$work"
  checked "$archive" "$caf_source_sum" || fetch_caf_source "$work"
  checked "$archive" "$caf_source_sum" || fail "wrong checksum: $archive is not the source that Weft knows"
  say "Building CAF $caf_version with ThreadSanitizer"
  tar -xzf "$archive" -C "$work"
  logged "$log" cmake -S "$work/actor-framework-$caf_version" -B "$work/build" -G Ninja -Wno-dev \
    -DCMAKE_BUILD_TYPE=RelWithDebInfo -DCMAKE_CXX_FLAGS_RELWITHDEBINFO="-O1 -g1" -DCMAKE_CXX_STANDARD=17 -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
    -DCMAKE_CXX_FLAGS="-fsanitize=thread -fno-omit-frame-pointer -w" \
    -DCMAKE_INSTALL_PREFIX="$caf_tsan_dir.new" -DCMAKE_INSTALL_LIBDIR=lib \
    -DCAF_BUILD_STATIC_ONLY=ON -DCAF_NO_IO=ON -DCAF_NO_OPENSSL=ON -DCAF_NO_OPENCL=ON -DCAF_NO_PYTHON=ON \
    -DCAF_NO_TOOLS=ON -DCAF_NO_EXAMPLES=ON -DCAF_NO_UNIT_TESTS=ON ||
    fail "CAF does not configure: see $log"
  logged "$log" cmake --build "$work/build" --target install -- -j"$weft_jobs" || fail "CAF does not build: see $log"
  rm -rf "$caf_tsan_dir"
  find "$caf_tsan_dir.new" -name 'libcaf_core*.a' -exec mv {} "$caf_tsan_dir.new/lib/libcaf_core.a" \; 2>/dev/null || true
  [ -f "$caf_tsan_dir.new/lib/libcaf_core.a" ] || fail "CAF's build left no libcaf_core: see $log"
  mv "$caf_tsan_dir.new" "$caf_tsan_dir"
  rm -rf "$work"
}

# Debian's own archive of the source. The machine's apt sources serve it, named deb-src in a list of our own, so that
# the machine's configuration stays as it is and no root is needed.
fetch_caf_source() {
  local work=$1 log=$weft_cache/log/caf-source.log source options
  say "Fetching the source of CAF $caf_version"
  mkdir -p "$work/sources" "$work/lists/partial" "$work/archives/partial"
  for source in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$source" ] && sed -n 's/^deb /deb-src /p' "$source" >"$work/sources/$(basename "$source" .list).list"
  done
  for source in /etc/apt/sources.list.d/*.sources; do
    [ -f "$source" ] && sed 's/^Types:.*/Types: deb-src/' "$source" >"$work/sources/$(basename "$source")"
  done
  options=(-q -o Dir::Etc::sourcelist=/dev/null -o "Dir::Etc::sourceparts=$work/sources" -o "Dir::State::Lists=$work/lists"
    -o "Dir::Cache=$work" -o "APT::Sandbox::User=$(id -un)")
  (
    cd "$work"
    logged "$log" apt-get "${options[@]}" update || true # one broken source among others does not matter
    logged "$log" apt-get "${options[@]}" source --download-only --tar-only "actor-framework=$caf_version-2.1"
  ) || {
    if network_failed "$log"; then fail "no network: apt could not reach its source packages (see $log)"; fi
    fail "apt-get could not download the source of CAF: $(grep -m 1 '^E:' "$log" || echo "see $log")"
  }
}
