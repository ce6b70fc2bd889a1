#!/usr/bin/env bash
# Plugins as others build them: the examples and a freshly made project, outside the reactor, against installed artifacts
# in a local repository of this stage's own. Then all of them serve traffic in one gateway.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
export JAVA_HOME=$JDK
repo=$work/m2
seed=$(mvn -q -N -f "$root/pom.xml" help:evaluate -Dexpression=settings.localRepository -DforceStdout 2>/dev/null || true)
mkdir -p "$repo"
# What has been downloaded already is linked, not loaded again. Notes that Maven rewrites in place are left out, so that the
# user's own repository stays as it is.
if [ -d "$seed" ]; then cp -al "$seed/." "$repo/" 2>/dev/null || cp -a "$seed/." "$repo/"; fi
find "$repo" -type f \( -name '*.properties' -o -name '*.xml' -o -name '*.repositories' -o -name '*.lastUpdated' \) -delete
rm -rf "$repo/dev/sluice"
mvn() { command mvn -B -q -Dmaven.repo.local="$repo" "$@"; }

mvn -f "$root/pom.xml" -pl spi,spi-testkit -am -Dmaven.test.skip=true -Djacoco.skip=true -Djapicmp.skip=true install
"$root/sluice" plugins new fewest-waiting --into "$work/fewest-waiting"
cp -a "$root"/examples/plugin-* "$work/"
mkdir -p "$work/plugins"
for project in "$work"/plugin-* "$work/fewest-waiting"; do
  echo "== $(basename "$project")"
  rm -rf "$project/target"
  mvn -f "$project/pom.xml" verify
  grep -h -o 'tests="[0-9]*" errors="[0-9]*" skipped="[0-9]*" failures="[0-9]*"' "$project"/target/surefire-reports/*.xml
  cp -a "$project"/target/plugins/. "$work/plugins/"
done
"$root/sluice" plugins --directory "$work/plugins" | grep -E 'sha256|SPI|refused'

engines=$(free_port) gateway=$(free_port) admin=$(free_port)
start sim.log "$root/sluice" simulator --port "$engines" --model acme/chat
sim2=$(free_port)
start sim2.log "$root/sluice" simulator --port "$sim2" --model acme/chat
wait_http "http://127.0.0.1:$engines/health" 60
wait_http "http://127.0.0.1:$sim2/health" 60
printf '127.0.0.1:%s 2\n127.0.0.1:%s 4\n' "$engines" "$sim2" >"$work/joules.txt"
cat >"$work/gateway.yaml" <<EOF
server: {host: 127.0.0.1, port: $gateway, debugHeaders: true, admin: {port: $admin}}
pools:
  - name: chat
    models: [acme/chat]
    routing: mine
    endpoints:
      - {url: "http://127.0.0.1:$engines", labels: {zone: a}}
      - {url: "http://127.0.0.1:$sim2", labels: {zone: b}}
plugins: {directory: plugins, budget: 50ms}
routing:
  mine:
    plugins:
      - {type: zone-price-scorer, parameters: {label: zone, prices: {a: 1.2, b: 2.4}}}
      - {type: joules-scorer, parameters: {file: joules.txt}}
      - {type: fewest-waiting-scorer}
EOF
"$root/sluice" check --config "$work/gateway.yaml"
start gateway.log "$root/sluice" serve --config "$work/gateway.yaml"
wait_http "http://127.0.0.1:$gateway/readyz" 60
for _ in $(seq 20); do
  curl -fsS -D "$work/head" -o "$work/answer" "http://127.0.0.1:$gateway/v1/chat/completions" -H 'content-type: application/json' \
    -d '{"model": "acme/chat", "max_tokens": 4, "messages": [{"role": "user", "content": "hello"}]}'
done
# The last of them went to the cheap and frugal engine, and all three plugins had a say in it.
tr -d '\r' <"$work/head" | grep -i "^x-sluice-endpoint: 127.0.0.1:$engines\$"
id=$(tr -d '\r' <"$work/head" | sed -n 's/^x-sluice-id: //Ip')
"$root/sluice" explain "$id" --admin "http://127.0.0.1:$admin" >"$work/why.log"
for name in zone-price-scorer joules-scorer fewest-waiting-scorer; do
  grep -q "$name" "$work/why.log" || { echo "$name is not in the explanation"; exit 1; }
  curl -fsS "http://127.0.0.1:$admin/metrics" >"$work/page"
  grep "^sluice_plugin_calls_total{name=\"$name\",outcome=\"ok\",point=\"scorer\"" "$work/page"
done
# A jar that is replaced is loaded again while requests go on.
sha() { sha256sum "$work"/plugins/zone-price/*.jar | cut -d ' ' -f 1; }
before=$(sha)
cp "$work"/plugins/zone-price/*.jar "$work/next.jar"
"$JDK/bin/jar" uf "$work/next.jar" -C "$work" joules.txt
mv "$work/next.jar" "$work"/plugins/zone-price/*.jar
end=$((SECONDS + 20))
until curl -fsS "http://127.0.0.1:$admin/plugins" | grep -q "$(sha)"; do
  [ $SECONDS -lt $end ] || { echo "the new jar $(sha) is not in force, the old one was $before"; exit 1; }
  curl -fsS -o /dev/null "http://127.0.0.1:$gateway/v1/chat/completions" -H 'content-type: application/json' \
    -d '{"model": "acme/chat", "max_tokens": 1, "messages": [{"role": "user", "content": "hello"}]}'
done
echo "plugins: ok"
