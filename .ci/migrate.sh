#!/usr/bin/env bash
# docs/migrate-from-llm-d.md does what it says: writes its files, runs its commands, on free ports.
# SLUICE: another launcher than the one here.
. "$(dirname "$0")/lib.sh"
root=$(cd "$(dirname "$0")/.." && pwd)

# Two in a row for the engines.
engines=$(free_port 1)
sed -e "s/9001/$engines/g; s/9002/$((engines + 1))/g; s/8080/$(free_port)/g; s/9190/$(free_port)/g" \
  "$root/docs/migrate-from-llm-d.md" >"$work/page.md"

# "```yaml NAME" is a file, "```sh" is run; other blocks are for reading.
python3 - "$work" <<'PY'
import re, sys
work = sys.argv[1]
page = open(work + "/page.md", encoding="utf-8").read()
commands = []
for kind, name, text in re.findall(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", page, re.M | re.S):
    if name:
        open(work + "/" + name, "w", encoding="utf-8").write(text)
    elif kind == "sh":
        commands.append(text)
if len(commands) < 5:
    sys.exit("the page has no commands any more")
# Whatever fails, nothing that the page started stays.
head = "set -eux -o pipefail\ntrap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n"
open(work + "/page.sh", "w", encoding="utf-8").write(head + "".join(commands))
PY

ln -s "${SLUICE:-$root/sluice}" "$work/sluice"
cd "$work"
bash page.sh >page.log 2>&1 </dev/null
grep -q 'epp.yaml: good' page.log || { echo "check did not say that it is good"; exit 1; }
grep -q '^sluice_requests_total{.*status="200".*} 1' page.log || { echo "the request is not counted"; exit 1; }
cd "$root"
echo "the commands of docs/migrate-from-llm-d.md run: ok"
