#!/usr/bin/env bash
# All tests of the gateway while its threads pause now and then: a test that passes because something is usually quick enough, or
# code that is right because nobody comes between, fails here. ONE_IN (2000): one of how many calls pauses; LONGEST_MS (40).
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
cd "$root"
. .ci/jdk.sh
[ -n "$JDK" ]
"$JDK/bin/javac" -d "$work/classes" .ci/jitter/*.java
printf 'Premain-Class: Jitter\n' >"$work/manifest"
"$JDK/bin/jar" cfm "$work/jitter.jar" "$work/manifest" -C "$work/classes" .
# Not those that measure allocation or time, or are millions of calls of one thread.
spared='!*Allocation*,!TenantScaleTest,!dev/sluice/gateway/stream/**,!*FuzzTest,!CorpusTest,!FramingCorpusTest,!ChunkDecoderTest,!TracesQueueTest,!OverloadTest,!*HouseRules*'
options=$(sed -n 's,.*<sluice.test.jvm>\(.*\)</sluice.test.jvm>.*,\1,p' pom.xml)
mvn -B -pl runtime/gateway -am test -Djacoco.skip=true -Dtest="dev/sluice/gateway/**,$spared" -Dsurefire.failIfNoSpecifiedTests=false \
  -Dsluice.test.jvm="$options -Xbootclasspath/a:$work/jitter.jar -javaagent:$work/jitter.jar=${ONE_IN:-2000},${LONGEST_MS:-40}"
