#!/usr/bin/env bash
# Our subset of Envoy's protocol has Envoy's names, numbers and types: compared with the protos of the Maven artifact that has them.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
version=1.0.49
mvn -B -q -f "$root/pom.xml" -N dependency:copy -Dartifact="io.envoyproxy.controlplane:api:$version" -DoutputDirectory="$work"
mkdir "$work/theirs"
(cd "$work/theirs" && "$JDK/bin/jar" xf "$work/api-$version.jar" envoy)
python3 "$root/.ci/protos/check.py" "$root/runtime/extproc-api/src/main/protobuf" "$work/theirs"
