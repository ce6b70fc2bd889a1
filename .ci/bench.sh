#!/usr/bin/env bash
# Sluice beside HAProxy and nginx, and what else has a bar, in short form. A machine that builds is no machine that measures:
# the bars are ten times as low as those of docs/performance.md and catch what is broken, not what is slower.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
built "$root"
missing=
command -v cc >/dev/null || missing="$missing gcc libc6-dev"
command -v taskset >/dev/null || missing="$missing util-linux"
PATH=$PATH:/usr/sbin
command -v haproxy >/dev/null || missing="$missing haproxy"
command -v nginx >/dev/null || missing="$missing nginx-light"
if [ -n "$missing" ]; then
  # shellcheck disable=SC2086 # Several packages.
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing; } \
    || echo "could not install$missing: goes on with what there is"
fi
"$root/sluice" bench proxy --brief --bars 10
"$root/sluice" bench start --rounds 3 --bars 10
"$root/sluice" bench gone --runs 100 --bars 10
"$root/sluice" bench slow --connections 2000 --rounds 1 --seconds 5 --bars 10
"$root/sluice" bench peers --brief --bars 5
