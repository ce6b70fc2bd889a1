#!/usr/bin/env bash
# The packed gateway runs on its own: no Maven, no sources.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
tar=$(ls "$root"/runtime/app/target/sluice-*.tar.gz | head -n 1)
[ -f "$tar" ] || { echo "mvn package made no tar"; exit 1; }
tar -xzf "$tar" -C "$work"
dir=$(find "$work" -maxdepth 1 -type d -name 'sluice-*' | head -n 1)
"$dir/sluice" --version
"$dir/sluice" schema >/dev/null
printf 'pools: [{name: a, models: [m], endpoints: [{url: "http://127.0.0.1:1"}]}]\n' >"$work/good.yaml"
"$dir/sluice" check --config "$work/good.yaml"
printf 'pools: [{name: a, modelz: [m]}]\n' >"$work/bad.yaml"
if "$dir/sluice" check --config "$work/bad.yaml"; then
  echo "a bad configuration passed"
  exit 1
fi
echo "the tar runs: ok"
