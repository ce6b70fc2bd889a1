#!/usr/bin/env bash
# Fuzzes every @FuzzTest with jazzer, FUZZ_SECONDS (20) each. The normal build only replays their inputs, which lie in
# src/test/resources, TESTInputs/METHOD. An input that breaks something is written there: commit it with what mends it.
# With FUZZ_SECONDS the draws are new ones each time, and what is found to be interesting is kept in the cache for the next run; without,
# they are always the same: whether a change may land is not left to chance. Usage: .ci/fuzz.sh [PART OF A CLASS'S NAME…]
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
seconds=${FUZZ_SECONDS:-20}
seed=${FUZZ_SECONDS:+0}
seed=${seed:-1}
# So few are no fuzzing: something else took the time.
least=100
cd "$root"

. .ci/jdk.sh
[ -n "$JDK" ]

modules=$(grep -rl '^ *@FuzzTest' --include='*Test.java' runtime | sed 's,/src/test/.*,,' | sort -u)
mvn -B -q -pl "$(echo $modules | tr ' ' ,)" -am test-compile dependency:build-classpath \
  -Dmdep.outputFile=target/test.classpath -Dmdep.includeScope=test

failed=0 ran=0
for module in $modules; do
  for file in $(grep -rl '^ *@FuzzTest' --include='*Test.java' "$module/src/test/java"); do
    class=$(echo "${file#"$module"/src/test/java/}" | sed 's,/,.,g; s,\.java$,,')
    named=$#
    for part in "$@"; do [[ $class == *"$part"* ]] && named=0; done
    [ "$named" -eq 0 ] || continue
    for method in $(grep -A1 '^ *@FuzzTest' "$file" | sed -n 's/^ *void \([a-zA-Z]*\)(.*/\1/p'); do
      name=$class.$method
      found=$work/$name.corpus
      [ "$seed" != 0 ] || found=$cache/fuzz/$name
      mkdir -p "$found"
      log=$work/$name.txt
      code=0
      # No finding: files are read by name where a configuration is, and an issuer's keys are fetched.
      (cd "$module" && "$JDK/bin/java" -Xmx1g -XX:+EnableDynamicAgentLoading --sun-misc-unsafe-memory-access=allow \
        -cp "target/test-classes:target/classes:$(cat target/test.classpath)" com.code_intelligence.jazzer.Jazzer \
        --target_class="$class" --target_method="$method" \
        --instrumentation_includes='dev.sluice.**' --custom_hook_includes='dev.sluice.**' --instrumentation_excludes='dev.sluice.extproc.v3.**' \
        --disabled_hooks=com.code_intelligence.jazzer.sanitizers.FilePathTraversal:com.code_intelligence.jazzer.sanitizers.ServerSideRequestForgery \
        -max_total_time="$seconds" -timeout=20 -report_slow_units=60 -seed="$seed" "$found") >"$log" 2>&1 || code=$?
      runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$log" | tail -n 1)
      ran=$((ran + 1))
      if [ $code -ne 0 ] || [ "${runs:-0}" -lt $least ]; then
        failed=$((failed + 1))
        echo "FAILED $name: exit $code, ${runs:-no} executions"
        grep -v '^INFO: Instrumented' "$log" | tail -n 60
      else
        echo "passed $name: $runs executions"
      fi
    done
  done
done
echo "$ran fuzzed, $failed failed"
[ $ran -gt 0 ] && [ $failed -eq 0 ] || exit 1
