#!/usr/bin/env python3
"""Makes the Grafana dashboards of the chart: make.py [--check]   (writes knative/chart/files/*.json; --check: are they so?)

What a panel asks is one line here; where it stands and how it looks follows. .ci/run chart holds every query against the
metrics of a running gateway."""
import json
import pathlib
import sys

OUT = pathlib.Path(__file__).parent.parent / "chart" / "files"
RATE = "[$__rate_interval]"


def quantile(q, histogram, by="pool"):
    return f'histogram_quantile({q}, sum by (le, {by}) (rate({histogram}_bucket{{pool=~"$pool"}}{RATE})))'


def rate(counter, by, where=""):
    return f'sum by ({by}) (rate({counter}{{pool=~"$pool"{where}}}{RATE}))'


def panel(title, unit, *targets, says="", kind="timeseries", stack=False, width=8):
    return {"title": title, "unit": unit, "targets": targets, "says": says, "kind": kind, "stack": stack, "width": width}


GATEWAY = [
    ("Now", [
        panel("Requests", "reqps", (f'sum(rate(sluice_requests_total{{pool=~"$pool"}}{RATE}))', ""), kind="stat", width=4),
        panel("Failed by us or the engines", "percentunit",
              (f'(sum(rate(sluice_requests_total{{pool=~"$pool", status=~"5.."}}{RATE})) or vector(0)) / sum(rate(sluice_requests_total{{pool=~"$pool"}}{RATE}))', ""),
              kind="stat", width=4, says="Share of answers with 5xx"),
        panel("First token, p95", "s", (f'histogram_quantile(0.95, sum by (le) (rate(sluice_time_to_first_token_seconds_bucket{{pool=~"$pool"}}{RATE})))', ""), kind="stat", width=4),
        panel("Found in caches", "percentunit",
              (f'sum(rate(sluice_tokens_total{{pool=~"$pool", kind="cached"}}{RATE})) / sum(rate(sluice_tokens_total{{pool=~"$pool", kind="prompt"}}{RATE}))', ""),
              kind="stat", width=4, says="Share of prompt tokens, by the engines' own count"),
        panel("Engines in service", "short", ('sum(sluice_endpoints{pool=~"$pool", state=~"ready|slow-start"})', ""), kind="stat", width=4),
        panel("Waiting", "short", ('sum(sluice_queue_requests{pool=~"$pool"})', ""), kind="stat", width=4),
    ]),
    ("Requests", [
        panel("Requests by status", "reqps", (rate("sluice_requests_total", "status"), "{{status}}"), stack=True, says="499: the client left"),
        panel("Refused and failed, by reason", "reqps", (rate("sluice_requests_total", "reason", ', reason!="ok"'), "{{reason}}"), stack=True),
        panel("Requests by tenant", "reqps", (rate("sluice_requests_total", "tenant"), "{{tenant}}"), stack=True),
        panel("Time to first token", "s", (quantile(0.5, "sluice_time_to_first_token_seconds"), "p50 {{pool}}"), (quantile(0.95, "sluice_time_to_first_token_seconds"), "p95 {{pool}}")),
        panel("Time per output token", "s", (quantile(0.5, "sluice_time_per_output_token_seconds"), "p50 {{pool}}"), (quantile(0.95, "sluice_time_per_output_token_seconds"), "p95 {{pool}}")),
        panel("Whole request", "s", (quantile(0.5, "sluice_request_duration_seconds"), "p50 {{pool}}"), (quantile(0.95, "sluice_request_duration_seconds"), "p95 {{pool}}")),
        panel("Tokens", "short", (rate("sluice_tokens_total", "kind"), "{{kind}}"), says="Per second; cached ones are part of the prompt's"),
        panel("Generated tokens by tenant", "short", (rate("sluice_tokens_total", "tenant", ', kind="generated"'), "{{tenant}}"), stack=True),
        panel("Clients that left", "reqps", (f"sum by (stage) (rate(sluice_cancelled_total{RATE}))", "{{stage}}"), stack=True),
    ]),
    ("Engines", [
        panel("Engines by state", "short", ('sum by (state) (sluice_endpoints{pool=~"$pool"})', "{{state}}"), stack=True),
        panel("Engines in service by role", "short", ('sum by (pool, role) (sluice_endpoints{pool=~"$pool", state=~"ready|slow-start"})', "{{pool}} {{role}}")),
        panel("In flight, by engine", "short", ('sum by (endpoint) (sluice_requests_in_flight{pool=~"$pool"})', "{{endpoint}}")),
        panel("Attempts by outcome", "reqps", (f"sum by (outcome) (rate(sluice_upstream_attempts_total{RATE}))", "{{outcome}}"), stack=True),
        panel("Waiting requests", "short", ('sum by (pool) (sluice_queue_requests{pool=~"$pool"})', "{{pool}}")),
        panel("Time in the queue", "s", (quantile(0.95, "sluice_queue_duration_seconds"), "p95 {{pool}}"), (quantile(0.5, "sluice_queue_duration_seconds"), "p50 {{pool}}")),
    ]),
    ("Finding and waking", [
        panel("What stands in the way of finding engines", "short", ('max by (pool) (sluice_discovery_problems{pool=~"$pool"})', "{{pool}}"),
              says="Not 0: what was found before stays in use"),
        panel("Revisions woken, by how that ended", "short", (f"sum by (outcome) (rate(sluice_wakeups_total{RATE}))", "{{outcome}}"), stack=True),
        panel("Arrivals of pools with prewarm: now and forecast", "reqps", ('sum by (pool) (sluice_arrivals_per_second{pool=~"$pool"})', "now {{pool}}"),
              ('sum by (pool) (sluice_forecast_arrivals_per_second{pool=~"$pool"})', "ahead {{pool}}"), says="Ahead: at the end of prewarm.lead"),
        panel("Engines' time for each request", "s", ('avg by (pool, role) (sluice_engine_seconds_per_request{pool=~"$pool"})', "{{pool}} {{role}}"),
              says="Prefill by decode is the quotient of the pods that are needed"),
        panel("Pods by the forecast", "short", ('max by (pool, revision) (sluice_prewarm_pods{pool=~"$pool"})', "{{pool}} {{revision}}"), says="Before bounds and hysteresis"),
        panel("Tenants' files", "short", ("max by (state) (sluice_tenant_files)", "{{state}}"), stack=True, says="last_good: broken since it was read last; refused: its keys get 503"),
    ]),
    ("The process", [
        panel("CPU", "short", (f"rate(process_cpu_seconds_total{{job=~\"$job\"}}{RATE})", "{{instance}}")),
        panel("Memory", "bytes", ('process_resident_memory_bytes{job=~"$job"}', "resident {{instance}}"), ('sum by (instance) (jvm_memory_used_bytes{job=~"$job", area="heap"})', "heap {{instance}}")),
        panel("Versions", "short", ("count by (version, java) (sluice_build_info)", "{{version}} on Java {{java}}")),
        panel("Configuration in force is the newest", "bool", ("min(sluice_config_last_reload_successful)", "all replicas")),
        panel("Configuration read again", "short", ("sum by (outcome) (increase(sluice_config_reloads_total[5m]))", "{{outcome}}")),
        panel("Open to everybody", "bool", ("max(sluice_anonymous_open)", "")),
    ]),
]

ROUTING = [
    ("Decisions", [
        panel("Time of a decision", "s",
              (f"histogram_quantile(0.5, sum by (le) (rate(sluice_decision_duration_seconds_bucket{RATE})))", "p50"),
              (f"histogram_quantile(0.99, sum by (le) (rate(sluice_decision_duration_seconds_bucket{RATE})))", "p99")),
        panel("Decisions that the policy could not make", "short", (f"sum by (cause) (rate(sluice_decision_fallback_total{RATE}))", "{{cause}}"), stack=True),
        panel("Plugins without a vote", "short", (f'sum by (name, outcome) (rate(sluice_plugin_calls_total{{outcome!~"ok|clamped"}}{RATE}))', "{{name}} {{outcome}}"), stack=True),
        panel("Time of a plugin's call, p99", "s", (f"histogram_quantile(0.99, sum by (le, name) (rate(sluice_plugin_duration_seconds_bucket{RATE})))", "{{name}}")),
        panel("Load over engines: largest beside mean", "short",
              ('max by (pool) (sluice_requests_in_flight{pool=~"$pool"}) / (avg by (pool) (sluice_requests_in_flight{pool=~"$pool"}) > 0)', "{{pool}}"),
              says="1: all alike"),
    ]),
    ("Prefixes", [
        panel("Hit tokens: predicted and found", "short",
              (rate("sluice_prefix_predicted_tokens_total", "pool"), "predicted {{pool}}"), (rate("sluice_prefix_hit_tokens_total", "pool"), "found {{pool}}"),
              says="Far apart: the index believes what engines no longer have"),
        panel("Share of prompts found in caches", "percentunit",
              (f'{rate("sluice_tokens_total", "pool", chr(44) + " kind=" + chr(34) + "cached" + chr(34))} / {rate("sluice_tokens_total", "pool", chr(44) + " kind=" + chr(34) + "prompt" + chr(34))}', "{{pool}}")),
        panel("Blocks in the index", "short", ('sum by (pool) (sluice_index_blocks{pool=~"$pool"})', "{{pool}}")),
        panel("KV events", "short", (rate("sluice_index_events_total", "outcome"), "{{outcome}}"), stack=True),
        panel("KV events' lag", "s", ('max by (endpoint) (sluice_kv_events_lag_seconds{pool=~"$pool"})', "{{endpoint}}")),
        panel("Engines whose events are whole", "short", ('sum by (pool) (sluice_kv_events_live{pool=~"$pool"})', "live {{pool}}"), ('count by (pool) (sluice_kv_events_live{pool=~"$pool"})', "of {{pool}}")),
        panel("Index dropped", "short", (rate("sluice_kv_index_resets_total", "cause"), "{{cause}}"), stack=True),
        panel("Where token ids come from", "short", (rate("sluice_kv_prompts_total", "tokens"), "{{tokens}}"), stack=True),
    ]),
    ("Prefill and decode apart", [
        panel("Split or not", "reqps", (f"sum by (decision) (rate(sluice_disaggregation_total{RATE}))", "{{decision}}"), stack=True),
        panel("Prompts computed elsewhere for nothing", "reqps", (f"sum by (cause) (rate(sluice_disaggregation_failures_total{RATE}))", "{{cause}}"), stack=True),
        panel("KV that prefill engines keep", "short", ('sum by (state) (sluice_kv_leases{pool=~"$pool"})', "{{state}}"), stack=True),
        panel("How KV is no longer kept", "short", (rate("sluice_kv_lease_ends_total", "how"), "{{how}}"), stack=True, says="expired: memory that nobody fetched in time"),
    ]),
]


def target(i, query, legend, instant):
    return {"refId": chr(ord("A") + i), "datasource": {"type": "prometheus", "uid": "${datasource}"}, "expr": query,
            "legendFormat": legend or "__auto", "instant": instant, "range": not instant}


def draw(number, p, x, y):
    defaults = {"unit": p["unit"], "min": 0, "custom": {}} | ({"max": 1} if p["unit"] in ("percentunit", "bool") else {})
    if p["kind"] == "timeseries":
        defaults["custom"] = {"fillOpacity": 40 if p["stack"] else 0, "stacking": {"mode": "normal" if p["stack"] else "none"}, "showPoints": "never"}
    return {
        "id": number, "type": p["kind"], "title": p["title"], "description": p["says"],
        "datasource": {"type": "prometheus", "uid": "${datasource}"},
        "gridPos": {"x": x, "y": y, "w": p["width"], "h": 4 if p["kind"] == "stat" else 8},
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": {"reduceOptions": {"calcs": ["lastNotNull"]}} if p["kind"] == "stat" else {"tooltip": {"mode": "multi", "sort": "desc"}, "legend": {"displayMode": "list", "placement": "bottom"}},
        "targets": [target(i, query, legend, p["kind"] == "stat") for i, (query, legend) in enumerate(p["targets"])],
    }


def variable(name, query):
    return {"name": name, "type": "query", "datasource": {"type": "prometheus", "uid": "${datasource}"}, "query": query, "refresh": 2,
            "includeAll": True, "multi": True, "allValue": ".*", "current": {"text": "All", "value": "$__all"}}


def dashboard(uid, title, rows):
    panels, number, y = [], 0, 0
    for name, content in rows:
        number += 1
        panels.append({"id": number, "type": "row", "title": name, "collapsed": False, "gridPos": {"x": 0, "y": y, "w": 24, "h": 1}, "panels": []})
        y, x, height = y + 1, 0, 0
        for p in content:
            if x + p["width"] > 24:
                x, y, height = 0, y + height, 0
            number += 1
            panels.append(draw(number, p, x, y))
            x, height = x + p["width"], max(height, panels[-1]["gridPos"]["h"])
        y += height
    return {
        "uid": uid, "title": title, "tags": ["sluice"], "schemaVersion": 39, "editable": True, "graphTooltip": 1, "refresh": "30s",
        "time": {"from": "now-1h", "to": "now"}, "timezone": "", "annotations": {"list": []}, "links": [], "version": 1,
        "templating": {"list": [
            {"name": "datasource", "type": "datasource", "query": "prometheus", "current": {}},
            variable("job", "label_values(sluice_build_info, job)"),
            variable("pool", "label_values(sluice_endpoints, pool)"),
        ]},
        "panels": panels,
    }


files = {
    "sluice-gateway.json": dashboard("sluice-gateway", "Sluice: gateway", GATEWAY),
    "sluice-routing.json": dashboard("sluice-routing", "Sluice: routing and caches", ROUTING),
}
stale = []
for name, content in files.items():
    text = json.dumps(content, indent=1) + "\n"
    if "--check" in sys.argv:
        if not (OUT / name).exists() or (OUT / name).read_text() != text:
            stale.append(name)
    else:
        OUT.mkdir(exist_ok=True)
        (OUT / name).write_text(text)
if stale:
    sys.exit("not what make.py makes: " + ", ".join(stale))
