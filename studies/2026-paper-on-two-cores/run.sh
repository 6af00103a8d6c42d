#!/usr/bin/env bash
# Starts or continues the study in a folder of its own. What is done, there or in the report here, is not done again.
# Ctrl-C or `tinystories sweep stop FOLDER/out` stops it.
# usage: run.sh FOLDER [--threads N | --workers N]
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
data=$(cd "$root" && cd "${TINYSTORIES_DATA:-../shared/data}" && pwd)
mkdir -p "$1"
cd "$1"
shift
# The data stays where it is licensed to be; the sweep knows it by its content, not by its path.
cat "$data/tinystories/train.txt" "$data/tinystories/train-more.txt" >train.txt
cp "$data/tinystories/valid.txt" valid.txt
cp "$data/prompts/evaluation-prompts.yaml" prompts.yaml
"$root/node_modules/.bin/node" --conditions=@tinystories/source "$root/apps/cli/src/main.ts" \
  sweep run "$here/sweep.json" --out out --done "$here/report.json" "$@"
