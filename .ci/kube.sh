#!/usr/bin/env bash
# Sluice outside of a real Kubernetes with a real Knative Serving, with no more rights than its chart gives it: it finds revisions,
# routes through real queue-proxies, wakes them, and loses nothing while they scale, roll over, are killed, sleep, or the API
# server dies; prefill and decode wake together; an InferencePool is followed; a right that is taken away is named.
#   PROBES=400   at least so many requests in the course of it
#   PICKER=1     builds upstream's endpoint picker, too, and changes KServe's scheduler from ours to it and back
#   KEEP=1       the cluster stays up afterwards
# Without the kit, root or Go it is skipped; a kit that is there and does not start is red. The cluster is taken down at the end
# however that comes: its pods ignore nice, and would disturb whatever is measured next.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
kit=${tools:-$root/../shared/tools}/kube
[ -x "$kit/up.sh" ] || { echo "no Kubernetes to start: its kit is not beside the checkout"; exit 77; }
[ "$(id -u)" = 0 ] || { echo "a Kubernetes with containers needs root"; exit 77; }
command -v go >/dev/null || { echo "needs Go to build a Kubernetes"; exit 77; }
. "$root/.ci/jdk.sh"
[ -n "$JDK" ]
export SLUICE_JAVA_HOME=$JDK
. "$root/.ci/chart/tools.sh"
export KUBEKIT_STATE=${KUBEKIT_STATE:-${TMPDIR:-/tmp}/kube-kit-$(id -u)}
export KUBEKIT_NICE=${KUBEKIT_NICE:-0}      # everybody waits for the first build
kube=${KUBEKIT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kube-kit}/bin/kube
admin=$KUBEKIT_STATE/kubeconfig
ns=sluice-ci-$$
say() { echo "== $* ($SECONDS s)"; }
kubectl() { "$kube" kubectl --kubeconfig "$admin" --request-timeout=60s "$@"; }

finish() {
  code=$?
  set +e
  if [ $code -ne 0 ] && [ $code -ne 77 ] && [ -x "$kube" ] && [ -f "$admin" ]; then
    echo "--- pods and events"
    timeout 20 "$kube" kubectl --kubeconfig "$admin" get pods -A -o wide
    timeout 20 "$kube" kubectl --kubeconfig "$admin" -n "$ns" get events --sort-by=.lastTimestamp | tail -n 30
  fi
  for pid in $pids; do kill "$pid" 2>/dev/null; done
  if [ -n "${KEEP:-}" ]; then
    echo "left up: KUBECONFIG=$admin, namespace $ns"
  else
    "$kit/down.sh" >/dev/null 2>&1
  fi
  (exit $code)
  stop_all
}
trap finish EXIT
# Who is killed takes nothing down: somebody else waits for that.
if [ -z "${KEEP:-}" ]; then
  setsid bash -c 'tail --pid="$1" -f /dev/null; "$2/down.sh"' guard $$ "$kit" >/dev/null 2>&1 </dev/null &
fi

if [ ! -x "${KUBEKIT_CNI_BIN:-/usr/lib/cni}/ptp" ] || ! command -v containerd runc ctr nft conntrack ip nsenter >/dev/null; then
  say "packages"
  # Debian would start a containerd of its own.
  policy=/usr/sbin/policy-rc.d
  [ -e $policy ] || { printf '#!/bin/sh\nexit 101\n' >$policy; chmod +x $policy; made=$policy; }
  packages="containerd runc containernetworking-plugins nftables conntrack iproute2"
  # shellcheck disable=SC2086 # several words
  { apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages; } >"$work/apt.log" 2>&1 || bad=1
  [ -z "${made:-}" ] || rm -f "$made"
  [ -z "${bad:-}" ] || { echo "apt-get could not install $packages"; exit 1; }
fi

say "Kubernetes and Knative"
if [ -d "$KUBEKIT_STATE" ] && ! timeout 20 "$kube" kubectl --kubeconfig "$admin" get --raw /readyz >/dev/null 2>&1; then
  "$kit/down.sh" >/dev/null 2>&1   # left behind by a run that was killed, or by a machine that went down
fi
# On a busy machine a call of it may run out of time; it takes up where it stopped.
"$kit/up.sh" knative >"$work/up.log" 2>&1 || "$kit/up.sh" knative >>"$work/up.log" 2>&1
sed -n 's/^\(\[.*\] \(built\|Knative Serving ready\).*\)/\1/p' "$work/up.log"

say "an image"
"$root/sluice" --version
laid=$root/knative/image/target
if ! cmp -s "$laid/root/opt/sluice/app/sluice-app.jar" "$root/runtime/app/target/sluice-app.jar" ||
  ! diff -rq "$laid/root/opt/sluice/app/lib" "$root/runtime/app/target/lib" >/dev/null 2>&1; then
  laid=$work/image     # not the one that the stage before this has laid out
  SLUICE_AOT=off "$root/knative/image/layout.sh" "$laid" >"$work/layout.log" 2>&1
fi
image=dev.local/sluice-ci:$(date +%s)
mapfile -t packed <"$laid/image.args"
"$kit/image.sh" "$image" "${packed[@]}"

say "engines"
kubectl create namespace "$ns" >/dev/null
kubectl -n knative-serving patch configmap config-autoscaler --type merge \
  -p '{"data":{"scale-to-zero-grace-period":"6s"}}' >/dev/null
# service NAME APP ROLE PODS OPTIONS   one Knative Service of simulated engines, which wakes with so many pods (one, or a number from 2)
service() {
  cat <<YAML
---
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: $1}
spec:
  template:
    metadata:
      labels: {app: $2, llm-d.ai/role: $3}
      annotations:
        autoscaling.knative.dev/target: "4"
        autoscaling.knative.dev/window: 6s
        autoscaling.knative.dev/max-scale: "3"
        ${4:+autoscaling.knative.dev/activation-scale: '$4'}
        autoscaling.knative.dev/target-burst-capacity: "0"
    spec:
      timeoutSeconds: 120
      containers:
        - image: $image
          args: [simulator, --port, "8080", --host, 0.0.0.0, --model, $2, --block-size, "16", --seed, "1"$5]
          ports: [{name: http1, containerPort: 8080}]
          resources: {limits: {memory: 600Mi}}
          readinessProbe: {httpGet: {path: /health}, periodSeconds: 1}
YAML
}
{
  service model chat both '' ''
  service prefill pd prefill '' ', --role, prefill, --connector, nixl'
  service decode pd decode 3 ', --role, decode, --connector, nixl'
  cat <<YAML
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: pool}
spec:
  replicas: 1
  selector: {matchLabels: {app: pool}}
  template:
    metadata: {labels: {app: pool}}
    spec:
      enableServiceLinks: false
      terminationGracePeriodSeconds: 5
      containers:
        - name: engine
          image: $image
          args: [simulator, --port, "8000", --host, 0.0.0.0, --model, pool, --block-size, "16"]
          ports: [{containerPort: 8000}]
          resources: {limits: {memory: 600Mi}}
          readinessProbe: {httpGet: {path: /health, port: 8000}, periodSeconds: 1}
---
apiVersion: inference.networking.k8s.io/v1
kind: InferencePool
metadata: {name: pool}
spec:
  selector: {matchLabels: {app: pool}}
  targetPorts: [{number: 8000}]
  endpointPickerRef: {name: sluice, port: {number: 9002}}
YAML
} | kubectl -n "$ns" apply -f -
kubectl -n "$ns" wait --for=condition=Ready ksvc --all --timeout=300s
kubectl -n "$ns" rollout status deployment/pool --timeout=300s

say "a gateway with the chart's rights"
pools="  - {name: chat, models: [chat], timeouts: {firstByte: 60s}, discovery: {knative: {namespace: $ns, selector: app=chat}}}
  - {name: pd, models: [pd], connector: nixl, timeouts: {firstByte: 60s}, prewarm: {mode: patch, lead: 5s, hold: 8s, most: 3}, discovery: {knative: {namespace: $ns, selector: app=pd}}}
  - {name: pool, models: [pool], discovery: {inferencePool: {namespace: $ns, name: pool}}}"
printf 'mode: deployment\nconfig:\n  pools:\n%s\n' "$(printf '%s' "$pools" | sed 's/^/  /')" >"$work/values.yaml"
python3 -c 'import yaml' 2>/dev/null || pip install --quiet pyyaml
mkdir -p "$work/helm"
helm template sluice "$root/knative/chart" -n "$ns" -f "$work/values.yaml" >"$work/chart.yaml"
python3 - "$work/chart.yaml" <<'PYTHON' | kubectl apply -f -
import sys, yaml
rights = [o for o in yaml.safe_load_all(open(sys.argv[1])) if o and o["kind"] in ("ServiceAccount", "Role", "RoleBinding")]
assert len(rights) == 3, rights
for o in rights:
    o["metadata"].setdefault("namespace", next(r for r in rights if r["kind"] == "Role")["metadata"]["namespace"])
print(yaml.safe_dump_all(rights))
PYTHON
token=$(kubectl -n "$ns" create token sluice --duration=8h)
(umask 077 && sed "s/token: [^}]*/token: $token/" "$admin" >"$work/limited")
port=$(free_port)
ops=$(free_port)
printf 'server: {host: 127.0.0.1, port: %s, debugHeaders: true, admin: {port: %s}}\npools:\n%s\n' "$port" "$ops" "$pools" >"$work/gateway.yaml"
KUBECONFIG=$work/limited timeout 120 "$root/sluice" doctor --config "$work/gateway.yaml"
KUBECONFIG=$work/limited start gateway.log "$root/sluice" serve --config "$work/gateway.yaml"
wait_http "http://127.0.0.1:$ops/readyz" 60

say "requests"
python3 "$root/.ci/kube/probe.py" --port "$port" --admin "$ops" --namespace "$ns" --kube "$kube" --kubeconfig "$admin" --kit "$kit" \
  --probes "${PROBES:-400}" --doctor "KUBECONFIG=$work/limited timeout 120 $root/sluice doctor --config $work/gateway.yaml"

if [ -f "$kit/../envoy/install.sh" ]; then
  say "a scheduler of KServe's, with another image"
  envoy=$(bash "$kit/../envoy/install.sh" "$cache/envoy")
  other=
  if [ -n "${PICKER:-}" ]; then
    other=dev.local/upstream-epp:$(date +%s)
    mkdir -p "$cache/upstream-epp"
    printf 'module picker\n\ngo 1.25\n\nrequire %s %s\n' "${INFERENCE%@*}" "${INFERENCE#*@}" >"$cache/upstream-epp/go.mod"
    (cd "$cache/upstream-epp" && GOFLAGS=-mod=mod CGO_ENABLED=0 go build -o epp "${INFERENCE%@*}/cmd/epp")
    "$kit/image.sh" "$other" --add "$cache/upstream-epp/epp:/app/epp" --add /bin/sleep:/bin/sleep --libs /bin/sleep --user 65532 \
      --entrypoint '["/app/epp"]'
  fi
  python3 "$root/.ci/kube/swap.py" --namespace "$ns" --kube "$kube" --kubeconfig "$admin" --image "$image" --envoy "$envoy" \
    --example "$root/examples/envoy/envoy.yaml" --kserve "$(go_module $KSERVE)" --work "$work" ${other:+--other "$other"}
fi
kubectl delete namespace "$ns" --wait=false >/dev/null
say "done"
