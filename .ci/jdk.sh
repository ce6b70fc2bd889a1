# Sourced: JDK is the directory of a JDK 25, empty where there is none; what it says already is tried first.
jdk25() {
  local dir
  for dir in "${JDK:-}" "${SLUICE_JAVA_HOME:-}" "${JAVA_HOME:-}" /usr/lib/jvm/*25* /opt/*25*; do
    if [ -n "$dir" ] && [ -x "$dir/bin/javac" ] && "$dir/bin/javac" -version 2>&1 | grep -q ' 25'; then
      echo "$dir"
      return 0
    fi
  done
  echo "no JDK 25 found: install one (for example temurin-25-jdk)" >&2
  return 1
}
JDK=$(jdk25) || JDK=
export JDK
