#!/usr/bin/env bash
# Lays out the container image: layout.sh [OUT]   (default: knative/image/target)
#
#   OUT/root         the whole file system: a runtime of the modules that are needed, the application, an AOT cache that was
#                    made by that very runtime, the C library, and nothing else: no shell, no package manager
#   OUT/Dockerfile   docker build OUT
#   OUT/pom.xml      mvn -f OUT/pom.xml jib:buildTar
#   OUT/image.args   one option a line, for tools that pack files: --add, --entrypoint, --env, --user
#
# Every file is 1 s younger than 1970: the JVM compares the times of its jars with those in the cache, and what packs the
# image must not change them (Docker and tar keep them; Jib is told to set the same).
#
#   SLUICE_JAVA_HOME   the JDK 25 to take the runtime from
#   SLUICE_AOT=off     no cache: the image starts in twice the time
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../.." && pwd)
out=${1:-$here/target}
mkdir -p "$out"
out=$(cd "$out" && pwd)
home=/opt/sluice                       # where it all is inside
uid=65532
stamp='1970-01-01 00:00:01 UTC'

say() { echo "layout: $*" >&2; }

jdk() {
  local dir
  for dir in "${SLUICE_JAVA_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/*25* /opt/*25*; do
    if [ -n "$dir" ] && [ -x "$dir/bin/jlink" ] && "$dir/bin/jlink" --version 2>&1 | grep -q '^25'; then
      (cd "$dir" && pwd -P)
      return 0
    fi
  done
  say 'needs a JDK 25: set SLUICE_JAVA_HOME'
  exit 1
}
jdk=$(jdk)

# --- the application; the launcher builds what is older than its sources
SLUICE_AOT=off "$repo/sluice" --version >&2
app=$repo/runtime/app/target

# --- the runtime
# What our own code and its libraries use: jdeps of every jar says so (see the stage "image"); java.desktop is Micrometer's
# for Swing, and not needed. Beyond them, for plugins and for whoever looks into a running pod: agents, recordings, jcmd's
# answers, JDBC's types, zip file systems, all charsets, XML.
modules=java.base,java.logging,java.management,java.naming,java.net.http,java.sql,java.xml,java.instrument,java.security.jgss
modules=$modules,jdk.crypto.ec,jdk.httpserver,jdk.jfr,jdk.management,jdk.net,jdk.unsupported,jdk.zipfs,jdk.charsets,jdk.naming.dns
modules=$modules,jdk.jcmd
# The launcher's options (see ./sluice), but for the heap: a share of the container's memory. They stand in the runtime, so
# that JAVA_TOOL_OPTIONS wins over them.
options='-Xms48m -Xmn32m -XX:MaxRAMPercentage=60 -XX:SurvivorRatio=4 -XX:TargetSurvivorRatio=90 -XX:+UseSerialGC
  -XX:+UseCompactObjectHeaders -XX:TrimNativeHeapInterval=5000 -XX:-UsePerfData -Djdk.reflect.useNativeAccessorOnly=true
  --sun-misc-unsafe-memory-access=allow --enable-native-access=ALL-UNNAMED -Xlog:disable -Xlog:all=error:stderr'
options=$(echo $options)

rm -rf "$out/root" "$out/jdk"
mkdir -p "$out/root$home"
# A runtime is linked from the JDK's own files where it has no jmods, and then refuses when one of them was changed: some
# distributions put their own certificates in the place of the JDK's. Ours go back in afterwards.
from=()
if [ ! -d "$jdk/jmods" ]; then
  from=(--ignore-modified-runtime)
fi
"$jdk/bin/jlink" "${from[@]}" --add-modules "$modules" --strip-java-debug-attributes --no-header-files --no-man-pages \
  --add-options "$options" --output "$out/root$home/runtime" 2>&1 | sed 's/^/layout: jlink: /' >&2
runtime=$out/root$home/runtime
# Providers whose modules are not in it are looked for in all jars whenever something is asked of all providers.
present='SUN SunRsaSign SunEC SunJSSE SunJCE SunJGSS SunSASL JdkLDAP'
awk -v present=" $present " '
  /^security\.provider\.[0-9]+=/ { split($0, a, "="); if (index(present, " " a[2] " ")) print "security.provider." (++n) "=" a[2]; next }
  { print }' "$runtime/conf/security/java.security" >"$out/java.security"
mv "$out/java.security" "$runtime/conf/security/java.security"
# Files, not links into this machine.
find "$runtime" -type l -print0 | while IFS= read -r -d '' link; do
  cp --remove-destination -L "$(readlink -f "$link")" "$link"
done

mkdir -p "$out/root$home/app/lib" "$out/root$home/plugins" "$out/root/etc/sluice" "$out/root/tmp"
cp "$app/sluice-app.jar" "$out/root$home/app/"
cp "$app"/lib/*.jar "$out/root$home/app/lib/"
"$jdk/bin/java" -XX:TieredStopAtLevel=1 "$here/Merge.java" "$out/root$home/app/sluice-app.jar" 2>&1 | sed 's/^/layout: /' >&2
cp "$repo/LICENSE" "$out/root$home/"
chmod 1777 "$out/root/tmp"

# --- the C library: what the runtime's own libraries ask for, and how names are looked up
find "$runtime" -type f \( -name '*.so' -o -name java \) -print0 | xargs -0 -n 1 ldd 2>/dev/null |
  grep -oE '/[^ ]+' | sort -u | while read -r lib; do
  case $lib in "$runtime"*) continue ;; esac
  [ -f "$lib" ] || continue
  mkdir -p "$out/root$(dirname "$lib")"
  cp -L "$lib" "$out/root$lib"
done
printf 'root:x:0:0::/:/none\nsluice:x:%s:%s::/:/none\n' $uid $uid >"$out/root/etc/passwd"
printf 'root:x:0:\nsluice:x:%s:\n' $uid >"$out/root/etc/group"
printf 'hosts: files dns\npasswd: files\ngroup: files\n' >"$out/root/etc/nsswitch.conf"

chmod -R go-w,a+rX "$out/root"
chmod 1777 "$out/root/tmp"
find "$out/root" -exec touch -h -d "$stamp" {} +

# --- the cache, by the runtime of the image on the files of the image
entry=("$home/runtime/bin/java" "-XX:AOTCache=$home/app/sluice.aot" -jar "$home/app/sluice-app.jar")
if [ "${SLUICE_AOT:-on}" != off ]; then
  say 'making the AOT cache'
  env -i PATH=/usr/bin:/bin MALLOC_ARENA_MAX=2 nice -n "${NICE:-10}" "$runtime/bin/java" -XX:AOTCacheOutput="$out/sluice.aot" \
    -jar "$out/root$home/app/sluice-app.jar" train >&2
  mv "$out/sluice.aot" "$out/root$home/app/"
  touch -d "$stamp" "$out/root$home/app/sluice.aot" "$out/root$home/app"
else
  entry=("$home/runtime/bin/java" -jar "$home/app/sluice-app.jar")
fi

# --- what Deployments that were made for llm-d's picker call: KServe's name /app/epp as the command, and /bin/sleep before they end.
# A kernel takes the file that it finds in the first line, and hands on one word of it: the rest stands in a file of the launcher's.
called() {
  local name=$1
  shift
  mkdir -p "$out/root$(dirname "$name")"
  printf '%s\n' "$@" >"$out/root$home/app/$(basename "$name").args"
  printf '#!%s @%s\n' "$home/runtime/bin/java" "$home/app/$(basename "$name").args" >"$out/root$name"
  chmod 755 "$out/root$name"
  touch -d "$stamp" "$out/root$name" "$out/root$home/app/$(basename "$name").args" "$out/root$(dirname "$name")" "$out/root$home/app" "$out/root"
}
called /app/epp "${entry[@]:1}" epp
called /bin/sleep -XX:TieredStopAtLevel=1 -Xms8m -Xmn4m -Xmx8m -cp "$home/app/sluice-app.jar" dev.sluice.app.Pause

# --- what packs it
json() { printf '"%s", ' "$@" | sed 's/, $//'; }
cat >"$out/Dockerfile" <<TEXT
FROM scratch
COPY root/ /
ENV MALLOC_ARENA_MAX=2
USER $uid:$uid
WORKDIR /
EXPOSE 8080
ENTRYPOINT [$(json "${entry[@]}")]
CMD ["serve", "--config", "/etc/sluice/gateway.yaml"]
TEXT
printf '%s\n' --add "$out/root:/" --entrypoint "[$(json "${entry[@]}")]" --env MALLOC_ARENA_MAX=2 --user $uid >"$out/image.args"
mkdir -p "$out/target/classes"   # Jib asks for it; there is nothing in it
sed -e "s#@ENTRY@#$(printf '<arg>%s</arg>' "${entry[@]}")#" -e "s#@UID@#$uid#g" "$here/jib.xml" >"$out/pom.xml"
say "$(du -sm "$out/root" | cut -f1) MB in $out/root"
