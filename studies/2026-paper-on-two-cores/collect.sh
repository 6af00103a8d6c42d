#!/usr/bin/env bash
# Copies what is done into this folder: report, pictures, and nothing of the weights or of the data.
# usage: collect.sh OUT, the sweep's folder
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
node() { "$root/node_modules/.bin/node" "$@"; }
node --conditions=@tinystories/source "$root/apps/cli/src/main.ts" sweep report "$1" --to "$here"
node "$here/cells.mjs" "$1" "$here"
