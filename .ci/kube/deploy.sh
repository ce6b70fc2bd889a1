#!/usr/bin/env bash
# Sluice in a real cluster, from its image and its chart: as a Knative Service (a cold start by a request, up to three by
# streams, a new revision under load, a configuration that is wrong, back to zero) and as a Deployment (scaled, rolled, pods
# deleted, under load). Takes the cluster that KUBECONFIG names, which must have Knative, and IMAGE, the program that loads an
# image into it. REQUESTS: how many of each (short form 300), STARTS: cold starts.
. "$(dirname "$0")/../lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
: "${KUBECONFIG:?which cluster}" "${IMAGE:?what loads an image}"
export KUBECONFIG
. "$root/.ci/jdk.sh"
[ -n "$JDK" ]
export SLUICE_JAVA_HOME=$JDK
set -o pipefail
. "$root/.ci/chart/tools.sh"
helm lint "$root/knative/chart" >/dev/null   # and so it is built
printf '#!/bin/sh\nexec "%s/bin/java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -cp "%s:%s/lib/*" HelmTool "$@"\n' \
  "$JDK" "$work/helm" "$cache/helm-0.0.21" >"$work/helm.sh"
chmod +x "$work/helm.sh"
layout=$root/knative/image/target
[ "${LAID:-}" = yes ] || "$root/knative/image/layout.sh" "$layout"
tag=$(cd "$layout/root" && find . -type f -printf '%P %s\n' | sort | cksum | cut -d' ' -f1)-$(stat -c %Y "$layout/image.args")
mapfile -t options <"$layout/image.args"
"$IMAGE" "dev.local/sluice:$tag" "${options[@]}"
namespace=${NAMESPACE:-sluice-deploy}
kubectl create namespace "$namespace" --dry-run=client -o yaml | kubectl apply -f - >/dev/null
kubectl label --overwrite namespace "$namespace" pod-security.kubernetes.io/enforce=restricted >/dev/null

echo "== what the API server itself says of every manifest"
operator=$(go_module $OPERATOR)
for crd in podmonitors prometheusrules; do
  kubectl apply --server-side --force-conflicts -f "$operator/example/prometheus-operator-crd/monitoring.coreos.com_$crd.yaml" >/dev/null
done
kubectl wait --for=condition=Established --timeout=60s crd/podmonitors.monitoring.coreos.com crd/prometheusrules.monitoring.coreos.com >/dev/null
# A dry run makes nothing: namespaces, and the accounts that Knative's webhook looks up, must be there.
for space in "$namespace" models serving pools; do
  kubectl create namespace "$space" --dry-run=client -o yaml | kubectl apply -f - >/dev/null
  kubectl -n "$space" create serviceaccount sluice --dry-run=client -o yaml | kubectl apply -f - >/dev/null
done
cp "$KUBECONFIG" "$work/kubeconfig"
dry_run() { kubectl --kubeconfig "$work/kubeconfig" apply --dry-run=server --validate=strict -f -; }
kubectl --kubeconfig "$work/kubeconfig" config set-context --current --namespace "$namespace" >/dev/null
for values in "$root"/.ci/chart/values/*.yaml; do
  helm template sluice "$root/knative/chart" -n "$namespace" -f "$values" | dry_run >"$work/dry-run"
  echo "ok: $(basename "$values"): $(wc -l <"$work/dry-run") objects"
done
for example in revisions kserve; do
  kubectl kustomize "$root/examples/knative/$example" | dry_run >"$work/dry-run"
  echo "ok: examples/knative/$example: $(wc -l <"$work/dry-run") objects"
done
if helm template sluice "$root/knative/chart" -n "$namespace" -f "$root/.ci/chart/values/knative.yaml" |
  sed 's/containerConcurrency:/containerConcurency:/' | dry_run >/dev/null 2>&1; then
  echo "the API server took a typo"
  exit 1
fi

echo "== running"
python3 "$root/.ci/kube/deploy.py" --helm "$work/helm.sh" --chart "$root/knative/chart" --image "dev.local/sluice" --tag "$tag" \
  --namespace "$namespace" --requests "${REQUESTS:-300}" --starts "${STARTS:-2}" --work "$work" ${PARTS:+--parts "$PARTS"}
kubectl delete namespace "$namespace" --wait=false >/dev/null
