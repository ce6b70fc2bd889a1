#!/usr/bin/env bash
# Opens the admin console of a running demo in a real Chromium and looks at what it drew: endpoints, decisions, one
# explanation. Installs Chromium when it is missing.
. "$(dirname "$0")/lib.sh"
cd "$(dirname "$0")/.."

browser() {
  local name
  for name in chromium chromium-browser google-chrome; do
    command -v "$name" && return 0
  done
  return 1
}

if ! browser >/dev/null; then
  apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends chromium
fi
chromium=$(browser)

port=$(free_port)
start demo.log ./sluice demo --port "$port" --requests 40
end=$((SECONDS + 180))
until grep -qs 'Ctrl-C ends it' "$work/demo.log"; do
  [ $SECONDS -lt $end ] || { echo "the demo did not get so far"; exit 1; }
  kill -0 "${pids%% *}" 2>/dev/null || { echo "the demo ended"; exit 1; }
  sleep 0.5
done
admin=$(grep -o 'http://127.0.0.1:[0-9]*/ ' "$work/demo.log" | head -n 1 | tr -d ' ')
id=$(grep -o 'explain slc-[0-9a-f]*' "$work/demo.log" | cut -d' ' -f2)

# drawn NAME URL   the page after its scripts have run, as HTML and as a picture
drawn() {
  "$chromium" --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" --window-size=1400,1100 \
    --virtual-time-budget=6000 --enable-logging=stderr --dump-dom "$2" >"$work/$1.html" 2>"$work/$1.browser"
  "$chromium" --headless --no-sandbox --disable-gpu --user-data-dir="$work/profile" --window-size=1400,1100 --hide-scrollbars \
    --virtual-time-budget=6000 --screenshot="${out:-$work}/console-$1.png" "$2" 2>/dev/null
  if grep -E 'CONSOLE.*(Error|Refused|Uncaught)' "$work/$1.browser"; then
    echo "the page reported errors"
    exit 1
  fi
}

# shows NAME COUNT PATTERN   at least so many matches in what was drawn
shows() {
  local found
  found=$(grep -oE "$3" "$work/$1.html" | wc -l)
  [ "$found" -ge "$2" ] || { echo "$1: $found of $2 times $3"; tail -c 3000 "$work/$1.html"; exit 1; }
  echo "$1: $found times $3"
}

drawn overview "$admin"
shows overview 1 '<span id="ready" class="ready">ready</span>'
shows overview 4 '<span class="ready">ready</span>'
shows overview 20 "<a class=\"id\" href=\"#slc-[0-9a-f]+\">"
shows overview 20 '<td>completed</td>'

drawn why "$admin#$id"
shows why 1 "<h2>Why $id</h2>"
shows why 1 '<tr class="picked">'
shows why 1 'was picked, before'
shows why 1 'least-work-scorer ×1'

drawn unknown "${admin}#nobody"
shows unknown 1 'no decision of that id is remembered'
