"""Requests without a pause while revisions scale, roll over, are killed and sleep; each must be answered whole. Then prefill and
decode from zero at once, how evenly the pods that woke share, pods ahead of need, an InferencePool that changes, and a right that is
missing. Called by kube.sh."""
import argparse
import http.client
import json
import os
import statistics
import subprocess
import sys
import threading
import time

options = argparse.ArgumentParser()
for name in ("port", "admin", "probes"):
    options.add_argument("--" + name, type=int, required=True)
for name in ("namespace", "kube", "kubeconfig", "kit", "doctor"):
    options.add_argument("--" + name, required=True)
options = options.parse_args()
began = time.monotonic()
lock = threading.Lock()
sent, bad, endpoints = 0, [], set()


def say(text):
    print(f"[{time.monotonic() - began:6.1f} s] {text}", flush=True)


def kubectl(*words, text=None):
    """Tried again while the API server is being restarted."""
    end = time.monotonic() + 60
    while True:
        done = subprocess.run([options.kube, "kubectl", "--kubeconfig", options.kubeconfig, "-n", options.namespace, *words],
                              input=text, capture_output=True, text=True, timeout=120)
        if not done.returncode:
            return done.stdout
        if time.monotonic() > end or not any(w in done.stderr for w in ("refused", "EOF", "timed out", "Timeout")):
            sys.exit(f"kubectl {' '.join(words)}: {done.stderr}")
        time.sleep(1)


def ask(model, stream, tokens, counts=True):
    """Why it was no whole answer, or nothing; and the endpoint that gave it."""
    global sent
    body = json.dumps({"model": model, "stream": stream, "max_tokens": tokens,
                       "messages": [{"role": "user", "content": f"probe {time.time_ns()} " + "words " * 40}]})
    why, endpoint = "", None
    try:
        c = http.client.HTTPConnection("127.0.0.1", options.port, timeout=90)
        c.request("POST", "/v1/chat/completions", body, {"content-type": "application/json"})
        r = c.getresponse()
        text = r.read().decode()
        endpoint = r.getheader("x-sluice-endpoint")
        if r.status != 200:
            why = f"{r.status} {text[:200]}"
        elif stream and not text.rstrip().endswith("data: [DONE]"):
            why = "a stream without its end: " + text[-120:]
        elif not stream and not json.loads(text)["choices"][0]["message"]["content"]:
            why = "no answer: " + text[:200]
        c.close()
    except (OSError, http.client.HTTPException, ValueError, KeyError) as e:
        why = repr(e)
    if counts:
        with lock:
            sent += 1
            endpoints.add(endpoint)
            if why:
                bad.append((round(time.monotonic() - began, 1), model, why))
    return why, endpoint


class Load:
    """So many clients, one request after the other each."""

    def __init__(self, clients, tokens=40, model="chat"):
        self.on = True
        self.threads = [threading.Thread(target=self.run, args=(i, tokens, model), daemon=True) for i in range(clients)]
        for t in self.threads:
            t.start()

    def run(self, i, tokens, model):
        n = i
        while self.on:
            ask(model, n % 2 == 0, tokens)
            n += 1

    def stop(self):
        self.on = False
        for t in self.threads:
            t.join(120)


def pods(app):
    return len([line for line in kubectl("get", "pods", "-l", "app=" + app, "--no-headers").splitlines() if "Running" in line])


def anything(app):
    return bool(kubectl("get", "pods", "-l", "app=" + app, "--no-headers").strip())


def until(what, seconds, test):
    end = time.monotonic() + seconds
    while not test():
        if time.monotonic() > end:
            sys.exit(f"not within {seconds} s: {what}; {sent} requests, lost: {bad[:5]}")
        time.sleep(0.25)
    say(f"{what}; {sent} requests, {len(bad)} lost")


def metric(name):
    c = http.client.HTTPConnection("127.0.0.1", options.admin, timeout=10)
    c.request("GET", "/metrics")
    for line in c.getresponse().read().decode().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[-1])
    sys.exit(f"no metric {name}")


def problems(pool):
    return metric(f'sluice_discovery_problems{{pool="{pool}"}}')


def at_once(model, revisions):
    """50 requests to a pool at zero: all served, each of its revisions woken once."""
    before, start = metric('sluice_wakeups_total{outcome="woken"}'), time.monotonic()
    lost = len(bad)
    many = [threading.Thread(target=ask, args=(model, i % 2 == 0, 20), daemon=True) for i in range(50)]
    for t in many:
        t.start()
    for t in many:
        t.join(120)
    took = time.monotonic() - start
    say(f"FIGURE 50 requests at once to pool {model} at zero: {len(bad) - lost} lost, all served in {took:.1f} s")

    def rings():
        return metric('sluice_wakeups_total{outcome="woken"}') - before

    # A pod may come into service when others have already answered all.
    until(f"{revisions} revision(s) woken", 60, lambda: rings() >= revisions)
    if rings() != revisions:
        sys.exit(f"{rings():.0f} wakings of {revisions} revision(s)")


def engines(service):
    """Addresses of its pods that are ready."""
    found = json.loads(kubectl("get", "pods", "-l", "serving.knative.dev/service=" + service, "-o", "json"))["items"]
    return [p["status"]["podIP"] for p in found if "deletionTimestamp" not in p["metadata"]
            and any(c["type"] == "Ready" and c["status"] == "True" for c in p["status"].get("conditions", []))]


def holds(ip):
    """Requests that run or wait at an engine, as it says itself."""
    c = http.client.HTTPConnection(ip, 8080, timeout=10)
    c.request("GET", "/metrics")
    text = c.getresponse().read().decode()
    c.close()
    return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
               if line.startswith(("vllm:num_requests_running{", "vllm:num_requests_waiting{")))


def min_scale(service):
    revisions = json.loads(kubectl("get", "revisions", "-l", "serving.knative.dev/service=" + service, "-o", "json"))["items"]
    return max(int(r["metadata"].get("annotations", {}).get("autoscaling.knative.dev/min-scale", "0")) for r in revisions)


def rollouts(service):
    found = json.loads(kubectl("get", "deployments", "-l", "serving.knative.dev/service=" + service, "-o", "json"))["items"]
    return [d["metadata"]["annotations"]["deployment.kubernetes.io/revision"] for d in found]


def after_the_wake():
    """Three decode pods have woken: they share what comes; and the revisions are given pods as long as much is expected."""
    until("three decode pods", 120, lambda: len(engines("decode")) >= 3)
    load = Load(24, 120, "pd")
    until("decode gets pods ahead of need: min-scale 3", 60, lambda: min_scale("decode") == 3)
    until("all three are asked", 60, lambda: min(map(holds, engines("decode"))) > 0)
    ratios, sums, ips = [], [], engines("decode")
    for _ in range(100):
        held = [holds(ip) for ip in ips]
        ratios.append(max(held) / max(1e-9, sum(held) / len(held)))
        sums.append(sum(held))
        time.sleep(0.05)
    load.stop()
    say(f"FIGURE {len(ips)} decode pods after the wake, {statistics.mean(sums):.1f} requests at them on average: largest by mean queue "
        f"p50 {statistics.median(ratios):.2f}, p90 {statistics.quantiles(ratios, n=10)[-1]:.2f}, of {len(ratios)} looks")
    if statistics.median(ratios) >= 1.5:
        sys.exit(f"they do not share: {ratios}")
    until("min-scale is taken back", 120, lambda: min_scale("decode") == 0 and min_scale("prefill") == 0)
    if rollouts("decode") + rollouts("prefill") != ["1", "1"]:
        sys.exit(f"to raise min-scale has replaced pods: rollouts {rollouts('decode')} of decode, {rollouts('prefill')} of prefill")
    until("and nobody asks: zero pods", 240, lambda: not anything("pd"))


def main():
    load = Load(2)
    until("served by a pod that was found", 60, lambda: sent > 10)
    more = Load(10, 200)
    until("scaled up by the load", 120, lambda: pods("chat") >= 2)
    more.stop()
    kubectl("patch", "ksvc", "model", "--type", "json", "-p",
            '[{"op":"replace","path":"/spec/template/spec/containers/0/args/10","value":"2"}]')
    until("a new revision has all requests", 180, lambda: "-00002" in json.dumps(
        json.loads(kubectl("get", "ksvc", "model", "-o", "json"))["status"].get("traffic", [])))
    until("requests reach its pods", 60, lambda: any("-00002-" in str(e) for e in endpoints))
    victim = kubectl("get", "pods", "-l", "app=chat", "-o", "name").split()[-1]
    before = sent
    kubectl("delete", victim, "--grace-period=1", "--wait=false")
    until("a pod was killed, another serves", 120, lambda: pods("chat") >= 1 and sent > before + 10)
    state = os.environ["KUBEKIT_STATE"]
    with open(f"{state}/pids/kube-apiserver") as file:
        os.kill(int(file.read().split()[0]), 9)
    before = sent
    until("the API server is dead, and the gateway says so", 60, lambda: problems("chat") > 0)
    until("requests are served on", 60, lambda: sent > before + 20)
    subprocess.run([f"{options.kit}/up.sh", "knative"], check=True, capture_output=True, timeout=300)
    until("the API server is back", 90, lambda: problems("chat") == 0)
    until("probes", 600, lambda: sent >= options.probes)
    load.stop()
    until("nobody asks: zero pods", 240, lambda: not anything("chat"))
    at_once("chat", 1)

    until("prefill and decode are at zero", 240, lambda: not anything("pd"))
    at_once("pd", 2)
    after_the_wake()

    def served(n):
        seen = {ask("pool", i % 2 == 0, 10)[1] for i in range(8)}
        return len(seen) >= n and all(str(e).startswith("pool-") for e in seen)

    until("an InferencePool's pod serves", 30, lambda: served(1))
    kubectl("scale", "deployment/pool", "--replicas=2")
    until("so does a second one", 120, lambda: served(2))
    kubectl("patch", "inferencepool", "pool", "--type", "merge", "-p", '{"spec":{"selector":{"matchLabels":{"app":"nobody"}}}}')
    until("no pod is selected: 503", 60, lambda: ask("pool", False, 5, counts=False)[0].startswith("503"))
    kubectl("patch", "inferencepool", "pool", "--type", "merge", "-p", '{"spec":{"selector":{"matchLabels":{"app":"pool"}}}}')
    until("selected again: served", 60, lambda: not ask("pool", False, 5, counts=False)[0])

    kubectl("apply", "-f", "-", text=json.dumps({
        "apiVersion": "inference.networking.x-k8s.io/v1alpha2", "kind": "InferenceModelRewrite", "metadata": {"name": "alias"},
        "spec": {"poolRef": {"name": "pool"}, "rules": [{"matches": [{"model": {"value": "alias"}}], "targets": [{"modelRewrite": "pool"}]}]}}))
    until("a model that an InferenceModelRewrite names is served", 30, lambda: not ask("alias", False, 5, counts=False)[0])

    role = json.loads(kubectl("get", "role", "sluice-discovery", "-o", "json"))
    at = next(i for i, rule in enumerate(role["rules"]) if "revisions" in rule["resources"])
    kubectl("patch", "role", "sluice-discovery", "--type", "json", "-p", json.dumps([{"op": "replace", "path": f"/rules/{at}/verbs", "value": ["list"]}]))
    named = f"may not watch revisions.serving.knative.dev in namespace {options.namespace}"
    said = []

    def doctor():
        done = subprocess.run(options.doctor, shell=True, capture_output=True, text=True, timeout=150)
        said[:] = [done.stdout + done.stderr[-500:]]
        return done.returncode == 1 and named in done.stdout

    # The authorizer sees the change when its own watch tells it.
    end = time.monotonic() + 60
    while not doctor():
        if time.monotonic() > end:
            sys.exit("a right is missing, and doctor says: " + said[0])
    say("a verb that was taken away is named: " + named)
    if ask("pool", True, 10)[0]:
        sys.exit("what needs no such right does not go on")


main()
for at, model, why in bad:
    print(f"  lost at {at} s: {model}: {why}")
say(f"FIGURE {sent} requests, {len(bad)} lost, {len(endpoints)} endpoints")
sys.exit(1 if bad else 0)
