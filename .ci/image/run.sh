#!/usr/bin/env bash
# The image: laid out, packed by Jib, unpacked, and run as a container runs it: read-only root, no environment but what the
# image says, an uid that owns nothing, no privileges. Needs root for the mounts.
. "$(dirname "$0")/../lib.sh"
root=$(cd "$(dirname "$0")/../.." && pwd)
export SLUICE_JAVA_HOME=$JDK
unshare --mount true 2>/dev/null || { echo "needs root for a mount namespace"; exit 77; }

echo "== layout"
layout=$root/knative/image/target
[ "${LAID:-}" = yes ] || "$root/knative/image/layout.sh" "$layout"   # LAID=yes: it is there
test -s "$layout/root/opt/sluice/app/sluice.aot"

echo "== every module that a jar uses is in the runtime"
"$layout/root/opt/sluice/runtime/bin/java" --list-modules | cut -d@ -f1 | sort >"$work/have"
# Of the jars that the one of the image was made from.
(cd "$root/runtime/app/target" && "$JDK/bin/jdeps" --ignore-missing-deps --multi-release 25 -s --module-path lib sluice-app.jar lib/*.jar) |
  sed -n 's/.* -> //p' | grep -E '^(java|jdk)\.' | sort -u >"$work/used"
grep -qx java.net.http "$work/used"
# java.desktop: Micrometer's and JGroups' demos, for Swing; java.scripting: a JGroups protocol that we don't use.
missing=$(comm -13 "$work/have" "$work/used" | grep -vx -e java.desktop -e java.scripting || true)
[ -z "$missing" ] || { echo "not in the runtime: $missing"; exit 1; }
echo "ok: $(wc -l <"$work/used") used of $(wc -l <"$work/have") there"

echo "== packed by Jib"
JAVA_HOME=$JDK mvn -B -q -f "$layout/pom.xml" jib:buildTar -Dimage=sluice:ci
packed=$layout/target/jib-image.tar
megabytes=$(($(stat -c %s "$packed") / 1000000))
[ "$megabytes" -le 150 ] || { echo "the image has $megabytes MB"; exit 1; }
echo "ok: $megabytes MB compressed"
mkdir -p "$work/tar" "$work/root"
tar -xf "$packed" -C "$work/tar"
python3 - "$work/tar" "$work/root" "$layout" <<'PYTHON'
import json, pathlib, subprocess, sys
tar, root, layout = map(pathlib.Path, sys.argv[1:])
manifest = json.loads((tar / "manifest.json").read_text())[0]
for layer in manifest["Layers"]:
    subprocess.run(["tar", "--warning=no-unknown-keyword", "-xpf", tar / layer, "-C", root], check=True)
config = json.loads((tar / manifest["Config"]).read_text())["config"]
(root.parent / "entrypoint").write_text("\n".join(config["Entrypoint"]) + "\n")
docker = (layout / "Dockerfile").read_text()
args = (layout / "image.args").read_text().splitlines()
options = dict(zip(args[::2], args[1::2]))
same = {
    "entry point": (config["Entrypoint"], json.loads(options["--entrypoint"]), json.loads(docker.split("ENTRYPOINT ")[1].split("\n")[0])),
    "command": (config["Cmd"], json.loads(docker.split("CMD ")[1].split("\n")[0])),
    "user": (config["User"], options["--user"] + ":" + options["--user"], docker.split("USER ")[1].split("\n")[0]),
    "environment": ([e for e in config["Env"]], [options["--env"]], [docker.split("ENV ")[1].split("\n")[0]]),
}
for what, values in same.items():
    assert all(v == values[0] for v in values), (what, values)
print("ok: Jib, Dockerfile and image.args agree about", ", ".join(same))
PYTHON
(cd "$layout/root" && find . -type f | sort) >"$work/laid"
(cd "$work/root" && find . -type f ! -path './app/jib-*' | sort) >"$work/packed"
diff "$work/laid" "$work/packed"
[ -z "$(find "$work/root" -perm -0002 -type f)" ] || { echo "files that everybody may write"; exit 1; }
[ -z "$(find "$work/root" -type f \( -name sh -o -name bash -o -name busybox \))" ] || { echo "a shell"; exit 1; }

packer=${tools:-$root/../shared/tools}/kube/image.py
if [ -f "$packer" ]; then
  echo "== packed by a program that takes files"
  mapfile -t options <"$layout/image.args"
  mkdir -p "$work/packed-tar" "$work/packed-root" "$work/nothing"
  python3 "$packer" sluice:ci "$work/packed.tar" "${options[@]}"
  tar -xf "$work/packed.tar" -C "$work/packed-tar"
  for layer in "$work"/packed-tar/*.tar; do tar -xpf "$layer" -C "$work/packed-root"; done
  mapfile -t entry <"$work/entrypoint"
  "$root/.ci/image/enter.sh" "$work/packed-root" "$work/nothing" "$work/nothing" "${entry[0]}" -XX:AOTMode=on "${entry[@]:1}" --version
  # What KServe's Deployments call.
  "$root/.ci/image/enter.sh" "$work/packed-root" "$work/nothing" "$work/nothing" /bin/sleep 0.1
  "$root/.ci/image/enter.sh" "$work/packed-root" "$work/nothing" "$work/nothing" /app/epp --help | grep -q -- --pool-name
  rm -rf "$work"/packed*
fi

echo "== a plugin, as a derived image or a volume has it"
classes=$work/classes
# As the kubelet mounts it: links to a folder that it swaps.
mkdir -p "$classes" "$work/plugins/..2026/zone-price"
ln -s ..2026 "$work/plugins/..data"
ln -s ..data/zone-price "$work/plugins/zone-price"
"$JDK/bin/javac" -proc:none -cp "$layout/root/opt/sluice/app/lib/*" -d "$classes" $(find "$root/examples/plugin-zone-price/src/main/java" -name '*.java')
cp -r "$root/examples/plugin-zone-price/src/main/resources/META-INF" "$classes/"
printf 'Sluice-Plugin-Id: zone-price\nSluice-Plugin-Version: 1.0.0\nSluice-Spi: [1.0,2)\n' >"$work/manifest"
"$JDK/bin/jar" --create --file "$work/plugins/zone-price/zone-price.jar" --manifest "$work/manifest" -C "$classes" .

echo "== running"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 \
  -keyout "$work/tls.key" -out "$work/tls.crt" 2>/dev/null
chmod 644 "$work/tls.key"
python3 "$root/.ci/image/check.py" "$work"
