#!/usr/bin/env bash
# Runs the tests of gradients, engines and trainer on tfjs-node, whose addon is built here against TensorFlow's own C
# library from PyPI, because the download that the package's install script makes is not always within reach.
#
#     bash packages/backends/scripts/try-tfjs-node.sh [FOLDER]
#
# Needs npm, pip, g++ and unzip on Linux x64, and 2 GB of disk. Works in a checkout of its own inside FOLDER (by default a
# temporary one, which is deleted), with the packages that are installed here. Where something it needs is missing or out of
# reach it says so and succeeds: the check is optional. What is built and then fails is a failure.
set -euo pipefail

skip() {
  echo "skipped: tfjs-node was not tried, because $1"
  exit 0
}
[ "$(uname -sm)" = 'Linux x86_64' ] || skip 'its addon is built for Linux on x64 only'
for tool in git npm pip g++ unzip; do command -v "$tool" >/dev/null || skip "$tool is not installed"; done

repository=$(git -C "$(dirname "$0")" rev-parse --show-toplevel)
if [ $# -gt 0 ]; then
  mkdir -p "$1" && work=$(cd "$1" && pwd)
else
  work=$(mktemp -d) && trap 'rm -rf "$work"' EXIT
fi
wheel=tensorflow_cpu-2.15.1-cp311-cp311-manylinux_2_17_x86_64.manylinux2014_x86_64.whl
[ -f "$work/$wheel" ] || timeout 120 pip download --quiet --disable-pip-version-check --no-deps --only-binary=:all: \
  --python-version 311 --implementation cp --abi cp311 --platform manylinux2014_x86_64 tensorflow-cpu==2.15.1 --dest "$work" ||
  skip 'PyPI is out of reach'
unzip -q -o "$work/$wheel" tensorflow/libtensorflow_cc.so.2 tensorflow/libtensorflow_framework.so.2 \
  'tensorflow/include/tensorflow/c/*' 'tensorflow/include/tensorflow/core/platform/*' 'tensorflow/include/tsl/*' \
  -d "$work/wheel"
mkdir -p "$work/addon"
[ -f "$work/addon/package.json" ] || echo '{ "private": true }' >"$work/addon/package.json"
(cd "$work/addon" && npm install --ignore-scripts --legacy-peer-deps --no-audit --no-fund --loglevel=error \
  @tensorflow/tfjs-node@4.22.0 node-api-headers@1.5.0) || skip 'the package registry is out of reach'

checkout=$work/checkout
rm -rf "$checkout"
git clone -q "$repository" "$checkout"
if [ -d "$repository/node_modules" ]; then
  # Links to the files, which cost no time, or copies where the folder is on another disk; nothing in the checkout writes there.
  copy='cp -al' && cp -al "$repository/package.json" "$work/linked" 2>/dev/null || copy='cp -a'
  rm -f "$work/linked"
  (cd "$repository" && find . -name node_modules -prune -not -path './node_modules/*') | while read -r folder; do
    mkdir -p "$checkout/$folder"
    (cd "$repository/$folder" && find . -mindepth 1 -maxdepth 1 -not -name .cache -exec $copy {} "$checkout/$folder/" \;)
  done
else
  (cd "$checkout" && npm ci --no-audit --no-fund)
fi
# tfjs-node beside the other packages of tfjs, of which there must be one copy; what else it needs inside of it.
package=$checkout/node_modules/@tensorflow/tfjs-node
rm -rf "$package"
cp -R "$work/addon/node_modules/@tensorflow/tfjs-node" "$package"
mkdir -p "$package/node_modules" "$package/deps/lib" "$package/lib/napi-v8"
for folder in "$work"/addon/node_modules/*; do
  [ "$(basename "$folder")" = @tensorflow ] || cp -R "$folder" "$package/node_modules/"
done
ln -f "$work"/wheel/tensorflow/libtensorflow_*.so.2 "$package/deps/lib/"
g++ -std=c++17 -O1 -fPIC -shared -DNAPI_VERSION=8 -I "$work/wheel/tensorflow/include" \
  -I "$work/addon/node_modules/node-api-headers/include" -o "$package/lib/napi-v8/tfjs_binding.node" \
  "$package"/binding/*.cc "$package"/deps/lib/*.so.2 '-Wl,-rpath,$ORIGIN/../../deps/lib'
cd "$checkout"
export PATH="$checkout/node_modules/.bin:$PATH"
node --conditions=@tinystories/source --input-type=module --eval \
  "const { useBackend } = await import('@tinystories/backends'); await useBackend('node'); console.log('tfjs-node runs')"
node --conditions=@tinystories/source benchmarks/src/engines-parity.ts "$work/engines-parity.json"
npx vitest run packages/backends packages/trainer/src/engines packages/trainer/src/run/create-trainer.test.ts
