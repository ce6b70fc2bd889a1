#!/usr/bin/env bash
# Sluice in a real cluster, from its image and its chart: as a Knative Service (a cold start by a request, up to three by
# streams, a new revision under load, a configuration that is wrong, back to zero) and as a Deployment (scaled, rolled, pods
# deleted, under load). Takes the cluster that KUBECONFIG names, which must have Knative, and IMAGE, the program that loads an
# image into it. REQUESTS: how many of each (short form 300), STARTS: cold starts.
. "$(dirname "$0")/../lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
: "${KUBECONFIG:?which cluster}" "${IMAGE:?what loads an image}"
export KUBECONFIG SLUICE_JAVA_HOME=${JDK:-}
. "$root/.ci/chart/tools.sh"
JDK=${JDK:-${JAVA_HOME:?where a JDK 25 is}}
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
python3 "$root/.ci/kube/deploy.py" --helm "$work/helm.sh" --chart "$root/knative/chart" --image "dev.local/sluice" --tag "$tag" \
  --namespace "$namespace" --requests "${REQUESTS:-300}" --starts "${STARTS:-2}" --work "$work" ${PARTS:+--parts "$PARTS"}
kubectl delete namespace "$namespace" --wait=false >/dev/null
