"""Holds what dashboards and alerts ask against a running gateway's metrics: queries.py REPO PAGE…

Every series must be on a page, or, where it needs an event, in docs/metrics.md, which a test holds against the code. Every label must
be one of that series. Every alert must have its section in docs/runbook.md and a test."""
import json
import pathlib
import re
import sys

import yaml

repo = pathlib.Path(sys.argv[1])
WORDS = {"and", "or", "unless", "bool", "group_left", "group_right"}
PROMETHEUS = {"job", "instance"}
faults = []

# What there is.
series = {}
for page in sys.argv[2:]:
    for line in pathlib.Path(page).read_text().splitlines():
        found = re.match(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$", line)
        if line.startswith("#") or not found:
            continue
        labels = series.setdefault(found[1], {})
        for name, value in re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[2] or ""):
            labels.setdefault(name, set()).add(value)
documented = {}
for line in (repo / "docs/metrics.md").read_text().splitlines():
    found = re.match(r"\| `(sluice_\w+)` \| (\w+) \| (.*?) \|", line)
    if found:
        labels = {name: set() for name in re.findall(r"`(\w+)`", found[3])}
        names = [found[1]] if found[2] != "histogram" else [found[1] + s for s in ("_bucket", "_count", "_sum", "_max")]
        for name in names:
            documented[name] = labels | ({"le": set()} if name.endswith("_bucket") else {})


def look(where, query):
    """Selectors of a query: names that are no function, with the labels they match and those they are summed by."""
    grouped = ",".join(re.findall(r"\b(?:by|on|without)\s*\(([^)]*)\)", query))
    rest = re.sub(r"\b(?:by|on|without)\s*\([^)]*\)|\[[^\]]*\]", " ", query)
    used = set()
    for name, call, matchers in re.findall(r"\b([a-zA-Z_:][\w:]*)\b(\s*\()?(?:\s*\{([^}]*)\})?", re.sub(r'"([^"]*)"', quoted, rest)):
        if call or name in WORDS:
            continue
        if name not in series and name not in documented:
            faults.append(f"{where}: no such series: {name}")
            continue
        labels = {**documented.get(name, {}), **series.get(name, {})}
        used.add(name)
        for label in re.findall(r"(\w+)\s*[=!]", matchers) + re.findall(r"\w+", grouped):
            if label not in labels and label not in PROMETHEUS:
                faults.append(f"{where}: {name} has no label {label}")
    if not used:
        faults.append(f"{where}: asks for nothing: {query}")
    return used


def quoted(_):
    return '""'


asked, queries = set(), 0
for file in sorted((repo / "knative/chart/files").glob("*.json")):
    dashboard = json.loads(file.read_text())
    ids = [p["id"] for p in dashboard["panels"]]
    if len(ids) != len(set(ids)):
        faults.append(f"{file.name}: two panels with one id")
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            asked |= look(f"{file.name}: {panel['title']}", target["expr"])
            queries += 1
    for variable in dashboard["templating"]["list"]:
        if variable["type"] == "query":
            found = re.fullmatch(r"label_values\((\w+), (\w+)\)", variable["query"])
            if not found or found[1] not in series or found[2] not in series[found[1]] and found[2] not in PROMETHEUS:
                faults.append(f"{file.name}: variable {variable['name']} has no values")

runbook = (repo / "docs/runbook.md").read_text()
sections = {s.lower() for s in re.findall(r"^## (\w+)$", runbook, re.M)}
tests = (repo / ".ci/chart/alerts.test.yaml").read_text()
alerts = [rule for group in yaml.safe_load((repo / "knative/chart/files/alerts.yaml").read_text())["groups"] for rule in group["rules"]]
for rule in alerts:
    asked |= look(rule["alert"], rule["expr"])
    link = rule["annotations"]["runbook_url"]
    if link != "RUNBOOK#" + rule["alert"].lower() or rule["alert"].lower() not in sections:
        faults.append(f"{rule['alert']}: the runbook has no such section: {link}")
    if not re.search(r"alertname: " + rule["alert"] + r"\n\s+exp_alerts", tests):
        faults.append(f"{rule['alert']}: no test makes it fire")
if sections != {rule["alert"].lower() for rule in alerts}:
    faults.append(f"the runbook has sections without an alert: {sections - {rule['alert'].lower() for rule in alerts}}")
if faults:
    sys.exit("\n".join(faults))
print(f"ok: {queries} queries of panels and {len(alerts)} alerts ask for {len(asked)} series that are there"
      f" ({len(asked & set(series))} of them on the page, the others where an event makes them)")
