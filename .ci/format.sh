#!/usr/bin/env bash
# The format of Java sources, and whether what runs only now and then starts at all.
set -eu
cd "$(dirname "$0")/.."
JAVA_HOME=${JDK:?where a JDK 25 is} mvn -B -q -Pformat validate
for script in sluice .ci/run .ci/long .ci/*.sh .ci/*/*.sh; do
  bash -n "$script"
done
.ci/long | grep -q '^kube '
