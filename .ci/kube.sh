#!/usr/bin/env bash
# Sluice outside of a real Kubernetes with a real Knative Serving: it finds revisions, routes through real queue-proxies, wakes
# them, and loses nothing while they scale, roll over, are killed, sleep, or the API server dies.
#   PROBES=400   at least so many requests in the course of it
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
kit=${tools:-$root/../shared/tools}/kube
[ -x "$kit/up.sh" ] || { echo "no Kubernetes to start: its kit is not beside the checkout"; exit 77; }
[ "$(id -u)" = 0 ] || { echo "a Kubernetes with containers needs root"; exit 77; }
export KUBEKIT_STATE=${KUBEKIT_STATE:-${TMPDIR:-/tmp}/kube-kit-$(id -u)}
kube=${KUBEKIT_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kube-kit}/bin/kube
ours=1
[ ! -f "$KUBEKIT_STATE/mode" ] || ours=
ns=sluice-ci-$$

finish() {
  code=$?
  if [ -n "$ours" ]; then
    "$kit/down.sh" >/dev/null 2>&1 || true
  else
    kubectl delete namespace "$ns" --wait=false >/dev/null 2>&1 || true
  fi
  (exit $code)
  stop_all
}
trap finish EXIT
kubectl() { "$kube" kubectl --kubeconfig "$KUBEKIT_STATE/kubeconfig" "$@"; }

"$kit/up.sh" knative
image=dev.local/sluice-ci:$(date +%s)
SLUICE_AOT=off "$root/knative/image/layout.sh" "$work/image" >/dev/null
mapfile -t packed <"$work/image/image.args"
"$kit/image.sh" "$image" "${packed[@]}"
kubectl create namespace "$ns"
kubectl -n knative-serving patch configmap config-autoscaler --type merge \
  -p '{"data":{"scale-to-zero-grace-period":"6s"}}'
kubectl -n "$ns" apply -f - <<YAML
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: model}
spec:
  template:
    metadata:
      labels: {app: chat, llm-d.ai/role: both}
      annotations:
        autoscaling.knative.dev/target: "4"
        autoscaling.knative.dev/window: 6s
        autoscaling.knative.dev/max-scale: "3"
        autoscaling.knative.dev/target-burst-capacity: "0"
    spec:
      timeoutSeconds: 120
      containers:
        - image: $image
          args: [simulator, --port, "8080", --host, 0.0.0.0, --model, chat, --block-size, "16", --seed, "1"]
          ports: [{name: http1, containerPort: 8080}]
          resources: {limits: {memory: 600Mi}}
          readinessProbe: {httpGet: {path: /health}, periodSeconds: 1}
YAML
kubectl -n "$ns" wait --for=condition=Ready ksvc/model --timeout=180s

port=$(free_port)
admin=$(free_port)
cat >"$work/gateway.yaml" <<YAML
server: {host: 127.0.0.1, port: $port, debugHeaders: true, admin: {port: $admin}}
pools:
  - name: chat
    models: [chat]
    timeouts: {firstByte: 60s}
    discovery: {knative: {namespace: $ns, selector: "app=chat"}}
YAML
export KUBECONFIG=$KUBEKIT_STATE/kubeconfig
"$root/sluice" doctor --config "$work/gateway.yaml"
start gateway.log "$root/sluice" serve --config "$work/gateway.yaml"
wait_http "http://127.0.0.1:$admin/readyz" 60
python3 "$root/.ci/kube/probe.py" "$port" "$admin" "$ns" "$kube" "$kit" "${PROBES:-400}"
