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

# free_port [DISTANCE]   a port that nobody has, as is the one so much further on; none is given twice
free_port() {
  python3 "$(dirname "${BASH_SOURCE[0]}")/ports.py" "$work/ports" "$@"
}
