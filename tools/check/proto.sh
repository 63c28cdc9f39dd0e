#!/usr/bin/env bash
# buf lint on the API. What others defined (google.rpc, tei.v1) keeps its names: see proto/buf.yaml.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../../proto"
command -v buf >/dev/null || PATH=${XDG_CACHE_HOME:-$HOME/.cache}/weft/bin:$PATH
command -v buf >/dev/null || { echo "no buf on the PATH: run tools/setup test"; exit 1; }
buf lint
