# Sourced: what the stages about Kubernetes need beside a JDK: Helm as a library, promtool from Debian's package, and the
# definitions of the projects, from Go modules of fixed versions.
OPERATOR=github.com/prometheus-operator/prometheus-operator@v0.93.0
KUBERNETES=k8s.io/kubernetes@v1.35.4
KNATIVE=knative.dev/serving@v0.50.0
INFERENCE=sigs.k8s.io/gateway-api-inference-extension@v1.5.0
KSERVE=github.com/kserve/kserve@v0.20.0
mkdir -p "$cache/go"

# promtool …   unpacked from its package; nothing is installed and no service starts
promtool() {
  local dir=$cache/promtool
  if [ -n "$(type -P promtool)" ]; then
    command promtool "$@"
    return
  fi
  if [ ! -x "$dir/usr/bin/promtool" ]; then
    mkdir -p "$dir"
    (cd "$dir" && { apt-get download prometheus || { apt-get update -qq && apt-get download prometheus; }; } && dpkg -x prometheus_*.deb . && rm prometheus_*.deb) >&2
  fi
  "$dir/usr/bin/promtool" "$@"
}

# go_module MODULE@VERSION   prints the folder of its files
go_module() {
  (cd "$cache/go" && GOFLAGS=-mod=mod go mod download -json "$1") | sed -n 's/.*"Dir": "\(.*\)",*/\1/p'
}

# helm …   the part of it that HelmTool knows
helm() {
  local dir=$cache/helm-0.0.21
  if [ ! -f "$dir/done" ]; then
    mkdir -p "$dir/lib"
    JAVA_HOME=$JDK mvn -B -q -f "$root/.ci/chart/helm.xml" dependency:copy-dependencies -DoutputDirectory="$dir/lib" >&2
    touch "$dir/done"
  fi
  if [ ! -f "$work/helm/HelmTool.class" ]; then
    "$JDK/bin/javac" -proc:none -cp "$dir/lib/*" -d "$work/helm" "$root/.ci/chart/HelmTool.java"
  fi
  "$JDK/bin/java" -XX:TieredStopAtLevel=1 -XX:+UseSerialGC --enable-native-access=ALL-UNNAMED -cp "$work/helm:$dir/lib/*" HelmTool "$@"
}
