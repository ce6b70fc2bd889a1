#!/bin/sh
# Known vulnerabilities of what Sluice ships: makes the list of components, and gives it to the scanner that is installed (trivy,
# grype or osv-scanner). Needs the network; not part of the build, because what it finds changes without the code.
set -eu
cd "$(dirname "$0")/../.."
mvn -B -q -DskipTests package
bom=$PWD/runtime/app/target/sbom.json
[ -s "$bom" ] || { echo "no list at $bom" >&2; exit 1; }
if command -v trivy >/dev/null; then
  exec trivy sbom --exit-code 1 --severity HIGH,CRITICAL "$bom"
elif command -v grype >/dev/null; then
  exec grype --fail-on high "sbom:$bom"
elif command -v osv-scanner >/dev/null; then
  exec osv-scanner --sbom "$bom"
fi
echo "$bom is written; install trivy, grype or osv-scanner to check it" >&2
exit 2
