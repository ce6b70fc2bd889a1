#!/usr/bin/env bash
# The format of Java sources, and whether what runs only now and then starts at all.
set -eu
cd "$(dirname "$0")/.."
. .ci/jdk.sh
JAVA_HOME=${JDK:?none was found} mvn -B -q -Pformat validate
for script in sluice .ci/run .ci/long .ci/*.sh .ci/*/*.sh; do
  bash -n "$script"
done
.ci/long | grep -q '^kube '
