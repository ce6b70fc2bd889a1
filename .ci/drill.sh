#!/usr/bin/env bash
# Gateways and engines are broken on purpose under streams, in short form: docs/reliability.md. A machine that builds is no machine that
# measures: bars of times are ten times as low, all others are those of the long form (.ci/long drill).
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
command -v kill >/dev/null || { echo "no kill: part of procps or util-linux"; exit 1; }
[ -n "$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null)" ] || {
  echo 'installing libfaketime'
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends libfaketime; } >"$work/apt.log" 2>&1 \
    || { echo 'apt-get could not install libfaketime'; exit 1; }
}
"$root/sluice" drill --rolls 4 --kills 3 --faults --overload --seconds 20 --clients 16 --bars 10
