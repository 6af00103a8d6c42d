#!/usr/bin/env bash
# Runs the tests of gradients, engines and trainer on tfjs-node, whose addon is built here against TensorFlow's own C
# library from PyPI, because the download that the package's install script makes is not always within reach.
#
#     bash packages/backends/scripts/try-tfjs-node.sh [FOLDER]
#
# Needs npm, pip, g++ and unzip on Linux x64, and 2 GB of disk. Works in a checkout of its own inside FOLDER (by default a
# temporary one, which is deleted). Where PyPI is out of reach it says so and succeeds: the check is optional.
set -euo pipefail

repository=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
if [ $# -gt 0 ]; then
  mkdir -p "$1" && work=$(cd "$1" && pwd)
else
  work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
fi
wheel=tensorflow_cpu-2.15.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl
if ! [ -f "$work/$wheel" ] && ! pip download --quiet --no-deps --only-binary=:all: --python-version 311 \
  --implementation cp --abi cp311 --platform manylinux2014_x86_64 tensorflow-cpu==2.15.1 --dest "$work"; then
  echo 'skipped: PyPI is out of reach, so tfjs-node was not tried'
  exit 0
fi
unzip -q -o "$work/$wheel" tensorflow/libtensorflow_cc.so.2 tensorflow/libtensorflow_framework.so.2 \
  'tensorflow/include/tensorflow/c/*' 'tensorflow/include/tensorflow/core/platform/*' 'tensorflow/include/tsl/*' \
  -d "$work/wheel"

checkout=$work/checkout
[ -d "$checkout" ] || git clone -q "$repository" "$checkout"
cd "$checkout"
npm ci --ignore-scripts --no-audit --no-fund
npm rebuild node
npm install --no-save --ignore-scripts --no-audit --no-fund @tensorflow/tfjs-node@4.22.0 node-api-headers
package=node_modules/@tensorflow/tfjs-node
mkdir -p $package/deps/lib $package/lib/napi-v8
ln -f "$work"/wheel/tensorflow/libtensorflow_*.so.2 $package/deps/lib/
g++ -std=c++17 -O2 -fPIC -shared -DNAPI_VERSION=8 -I "$work/wheel/tensorflow/include" -I node_modules/node-api-headers/include \
  -o $package/lib/napi-v8/tfjs_binding.node $package/binding/*.cc $package/deps/lib/*.so.2 '-Wl,-rpath,$ORIGIN/../../deps/lib'
npx vitest run packages/backends packages/trainer/src/engines packages/trainer/src/run/create-trainer.test.ts
