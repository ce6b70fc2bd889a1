#!/usr/bin/env bash
# Chart, manifests, dashboards and alerts: rendered, held against the real schemas, and against the metrics of a running
# gateway.
. "$(dirname "$0")/../lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
built "$root"
command -v go >/dev/null || { echo "needs Go to fetch the definitions"; exit 77; }
. "$root/.ci/chart/tools.sh"
python3 -c 'import yaml, jsonschema' 2>/dev/null || pip install --quiet pyyaml jsonschema
chart=$root/knative/chart
say() { echo "== $*"; }

say dashboards
python3 "$root/knative/dashboards/make.py" --check

say "what dashboards and alerts ask for is there"
e1=$(free_port) e2=$(free_port) e3=$(free_port) port=$(free_port) metrics=$(free_port)
start e1.log "$root/sluice" simulator --port "$e1" --model m --role prefill --connector nixl
start e2.log "$root/sluice" simulator --port "$e2" --model m --role decode --connector nixl
start e3.log "$root/sluice" simulator --port "$e3" --model b
cat >"$work/gateway.yaml" <<EOF
server: {host: 127.0.0.1, port: $port, admin: {port: 0}, metrics: {host: 127.0.0.1, port: $metrics}}
pools:
  - name: chat
    models: [m]
    connector: nixl
    endpoints: [{url: "http://127.0.0.1:$e1", role: prefill}, {url: "http://127.0.0.1:$e2", role: decode}]
  - {name: both, models: [b], endpoints: [{url: "http://127.0.0.1:$e3"}]}
EOF
for engine in "$e1" "$e2" "$e3"; do wait_http "http://127.0.0.1:$engine/health" 60; done
start gateway.log "$root/sluice" serve --config "$work/gateway.yaml"
wait_http "http://127.0.0.1:$port/readyz" 60
for model in m b none; do
  curl -sS -o /dev/null "http://127.0.0.1:$port/v1/chat/completions" -H 'content-type: application/json' \
    -d '{"model": "'$model'", "max_tokens": 8, "stream": true, "messages": [{"role": "user", "content": "Hello"}]}'
done
for _ in $(seq 100); do
  curl -fsS "http://127.0.0.1:$metrics/metrics" >"$work/page.txt"
  grep -q '^sluice_tokens_total{.*model="b"' "$work/page.txt" && break
  sleep 0.1
done
python3 "$root/.ci/chart/queries.py" "$root" "$work/page.txt"

say "rules, as Prometheus reads them"
promtool check rules "$chart/files/alerts.yaml"
mkdir -p "$work/rules"
cp "$chart/files/alerts.yaml" "$root/.ci/chart/alerts.test.yaml" "$work/rules/"
promtool test rules "$work/rules/alerts.test.yaml"
# Every panel's query as a rule: Prometheus' own parser reads it.
python3 - "$chart/files" >"$work/rules/panels.yaml" <<'PYTHON'
import json, pathlib, sys
rules = [{"record": "panel:query", "expr": t["expr"].replace("$__rate_interval", "5m")}
         for f in sorted(pathlib.Path(sys.argv[1]).glob("*.json")) for p in json.loads(f.read_text())["panels"] for t in p.get("targets", [])]
for i, rule in enumerate(rules):
    rule["record"] += str(i)
print(json.dumps({"groups": [{"name": "panels", "rules": rules}]}))
PYTHON
promtool check rules "$work/rules/panels.yaml"

say "chart"
mkdir -p "$work/out"
helm lint "$chart"
for values in "$root"/.ci/chart/values/*.yaml; do
  name=$(basename "$values" .yaml)
  helm template sluice "$chart" -n gateway -f "$values" >"$work/out/$name.yaml"
done
kubectl_kustomize() { if command -v kubectl >/dev/null; then kubectl kustomize "$1"; else echo "no kubectl: $1 was not built" >&2; fi; }
for example in revisions kserve; do kubectl_kustomize "$root/examples/knative/$example" >"$work/out/example-$example.yaml"; done
for bad in "$root"/.ci/chart/bad/*.yaml; do
  if helm template sluice "$chart" -f "$bad" >/dev/null 2>"$work/refused"; then
    echo "values that are wrong were taken: $bad"
    exit 1
  fi
  wanted=$(sed -n 's/^# refused: //p' "$bad")
  grep -qF -- "$wanted" "$work/refused" || { echo "$bad: refused, but not for: $wanted"; cat "$work/refused"; exit 1; }
done

say "against the real schemas"
kubernetes=$(go_module $KUBERNETES) knative=$(go_module $KNATIVE) kserve=$(go_module $KSERVE) operator=$(go_module $OPERATOR)
python3 "$root/.ci/chart/schemas.py" --kubernetes "$kubernetes/api/openapi-spec/v3" --crds "$knative/config/core/300-resources" \
  --crds "$kserve/config/crd/full" --crds "$operator/example/prometheus-operator-crd" "$work"/out/*.yaml
sed 's/imagePullPolicy:/imagePullPolice:/' "$work/out/knative.yaml" >"$work/typo.yaml"
if python3 "$root/.ci/chart/schemas.py" --kubernetes "$kubernetes/api/openapi-spec/v3" --crds "$knative/config/core/300-resources" "$work/typo.yaml" >/dev/null 2>&1; then
  echo "a typo passed"
  exit 1
fi

say "what is rendered"
python3 "$root/.ci/chart/rendered.py" "$work/out"
echo "any long random text" >"$work/peers-key"
sed -i "s#/etc/sluice/secrets/peers/key#$work/peers-key#" "$work"/out/*.gateway.yaml
for name in knative deployment all-deployment; do
  "$root/sluice" check --config "$work/out/$name.gateway.yaml"
done
echo "any long random text" >"$work/salt"
sed -i "s#/etc/sluice/secrets/tenants-salt/salt#$work/salt#" "$work/out/tenants.gateway.yaml"
"$root/sluice" check --config "$work/out/tenants.gateway.yaml" --tenants "$work/out/tenants.tenants"
