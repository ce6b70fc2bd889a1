#!/usr/bin/env bash
# Sluice outside of a real Kubernetes with a real Knative Serving: finds revisions, routes through real queue-proxies, wakes
# them, and loses nothing while they scale, roll over, are killed, or the API server goes away.
#   PROBES=400   requests in the course of it (.ci/long kube: 4000)
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/.." && pwd)
kit=${tools:-$root/../shared/tools}/kube
[ -x "$kit/up.sh" ] || { echo "no Kubernetes kit beside the checkout"; exit 77; }
[ "$(id -u)" = 0 ] || { echo "a Kubernetes with containers needs root"; exit 77; }
"$kit/up.sh" knative
. "$kit/lib.sh"
trap stop_all EXIT
export KUBECONFIG=$KUBECONFIG_FILE
tag=$(cd "$root" && git rev-parse --short HEAD 2>/dev/null || date +%s)
image=dev.local/sluice:$tag
if ! ctr_ images ls -q | grep -qx "$image"; then
  SLUICE_AOT=off "$root/knative/image/layout.sh" "$cache/image" >/dev/null
  mapfile -t packed <"$cache/image/image.args"
  "$kit/image.sh" "$image" "${packed[@]}"
fi
ns=sluice-ci
kubectl delete namespace $ns --ignore-not-found --wait=true >/dev/null
kubectl create namespace $ns >/dev/null
kubectl -n knative-serving patch configmap config-autoscaler --type merge \
  -p '{"data":{"scale-to-zero-grace-period":"6s"}}' >/dev/null

# revision NAME ROLE GENERATION
service() {
  kubectl -n $ns apply -f - >/dev/null <<YAML
apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: $1}
spec:
  template:
    metadata:
      labels: {app: chat, llm-d.ai/role: $2}
      annotations:
        autoscaling.knative.dev/target: "4"
        autoscaling.knative.dev/window: 6s
        autoscaling.knative.dev/max-scale: "3"
        autoscaling.knative.dev/target-burst-capacity: "0"
    spec:
      timeoutSeconds: 120
      containers:
        - image: $image
          args: [simulator, --port, "8080", --host, 0.0.0.0, --model, chat, --block-size, "16", --seed, "$3"]
          ports: [{name: http1, containerPort: 8080}]
          readinessProbe: {httpGet: {path: /health}, periodSeconds: 1}
YAML
}
service model both 1
kubectl -n $ns wait --for=condition=Ready ksvc/model --timeout=120s

cat >"$work/gateway.yaml" <<YAML
server: {host: 127.0.0.1, port: $(free_port), debugHeaders: true, admin: {port: $(free_port)}}
pools:
  - name: chat
    models: [chat]
    timeouts: {firstByte: 60s}
    discovery: {knative: {namespace: $ns, selector: "app=chat"}}
YAML
port=$(sed -n 's/.* port: \([0-9]*\), debug.*/\1/p' "$work/gateway.yaml")
admin=$(sed -n 's/.*admin: {port: \([0-9]*\)}.*/\1/p' "$work/gateway.yaml")
SLUICE_AOT=off start gateway.log "$root/sluice" serve --config "$work/gateway.yaml"
wait_http "http://127.0.0.1:$admin/readyz" 60
python3 "$root/.ci/kube/probe.py" "$port" "$admin" "$ns" "$BIN/kube" "$KIT" "$image" "${PROBES:-400}"
kubectl delete namespace $ns --wait=false >/dev/null
