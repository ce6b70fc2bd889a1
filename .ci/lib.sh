# Shared by the stages: start things, wait for them by asking them, end them by id.
set -eu
cache=${SLUICE_CI_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/sluice-ci}
mkdir -p "$cache"
work=$(mktemp -d)
pids=

# start LOG COMMAND…   in the background, remembered
start() {
  local log=$1
  shift
  "$@" >"$work/$log" 2>&1 </dev/null &
  pids="$! $pids"
}

stop_all() {
  code=$?
  for pid in $pids; do kill "$pid" 2>/dev/null || true; done
  for pid in $pids; do wait "$pid" 2>/dev/null || true; done
  if [ $code -ne 0 ] && [ $code -ne 77 ]; then
    for log in "$work"/*.log; do [ -f "$log" ] && { echo "--- $log"; tail -n 40 "$log"; }; done
  fi
  rm -rf "$work"
  exit $code
}
trap stop_all EXIT

# built ROOT   builds what ./sluice would build first, before somebody waits for what it starts
built() {
  "$1/sluice" --version
}

# wait_http URL SECONDS   until it answers 200
wait_http() {
  local end=$((SECONDS + $2))
  until curl -fsS -o /dev/null --max-time 2 "$1" 2>/dev/null; do
    [ $SECONDS -lt $end ] || { echo "$1 did not answer within $2 s"; return 1; }
    sleep 0.2
  done
}

# free_port   a port that nobody has, and that no connection gets by chance before it is used; no two are the same
free_port() {
  python3 - "$work/ports" <<'PY'
import os, random, socket, sys
os.makedirs(sys.argv[1], exist_ok=True)
while True:
    port = random.randint(12000, 19999)     # below those that the kernel gives out
    try:
        with socket.socket() as s:
            s.bind(("127.0.0.1", port))
        os.close(os.open(f"{sys.argv[1]}/{port}", os.O_CREAT | os.O_EXCL))
        print(port)
        break
    except OSError:
        pass
PY
}
