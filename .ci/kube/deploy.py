"""What deploy.sh says it does. Standard library and kubectl."""
import argparse
import http.client
import json
import pathlib
import statistics
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from load import Load

options = argparse.ArgumentParser()
for name in ("helm", "chart", "image", "tag", "namespace", "work"):
    options.add_argument("--" + name, required=True)
options.add_argument("--requests", type=int, default=300)
options.add_argument("--starts", type=int, default=2)
options.add_argument("--parts", default="knative,deployment")
options = options.parse_args()
work = pathlib.Path(options.work)
begun = time.monotonic()
METRICS = 9191   # the chart's port


def say(text):
    print(f"[{time.monotonic() - begun:6.1f}] {text}", flush=True)


def check(what, ok, detail=""):
    if not ok:
        print("FAILED:", what, detail, flush=True)
        print(kubectl("get", "pods,ksvc,revisions,deployments,jobs", "-o", "wide", fail=False))
        print(kubectl("get", "events", "--sort-by=.lastTimestamp", fail=False)[-3000:])
        sys.exit(1)
    say(f"ok: {what} {detail}")


def kubectl(*args, text=None, fail=True, namespace=options.namespace):
    end = time.monotonic() + 90
    while True:
        done = subprocess.run(["kubectl", "-n", namespace, *args], input=text, capture_output=True, text=True)
        # An API server that is restarted meanwhile is nobody's fault here.
        if not done.returncode or time.monotonic() > end or "refused" not in done.stderr and "EOF" not in done.stderr:
            break
        time.sleep(1)
    if fail and done.returncode:
        check("kubectl " + " ".join(args), False, done.stderr)
    return done.stdout


def helm(release, values, fail=True, *more):
    file = work / (release + "-values.json")
    file.write_text(json.dumps(values))
    done = subprocess.run([options.helm, "upgrade", "--install", release, options.chart, "-n", options.namespace, "-f", file, *more],
                          capture_output=True, text=True, timeout=400)
    if fail:
        check(f"helm upgrade --install {release}", done.returncode == 0, done.stderr[-1500:])
    return done


def until(what, seconds, condition):
    end = time.monotonic() + seconds
    value = condition()
    while not value:
        if time.monotonic() > end:
            check(what, False, f"not within {seconds} s")
        time.sleep(0.25)
        value = condition()
    return value


ENGINES = """
apiVersion: apps/v1
kind: Deployment
metadata: {name: engine}
spec:
  replicas: 2
  selector: {matchLabels: {app: engine}}
  template:
    metadata: {labels: {app: engine}}
    spec:
      enableServiceLinks: false
      terminationGracePeriodSeconds: 5
      containers:
        - name: engine
          image: IMAGE
          imagePullPolicy: Never
          args: [simulator, --port, "8000", --host, 0.0.0.0, --model, m]
          ports: [{containerPort: 8000}]
          readinessProbe: {httpGet: {path: /health, port: 8000}, periodSeconds: 1}
          resources: {requests: {cpu: 100m}, limits: {memory: 512Mi}}
          securityContext: {runAsNonRoot: true, runAsUser: 65532, readOnlyRootFilesystem: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}, seccompProfile: {type: RuntimeDefault}}
          volumeMounts: [{name: tmp, mountPath: /tmp}]
      volumes: [{name: tmp, emptyDir: {}}]
"""
kubectl("apply", "-f", "-", text=ENGINES.replace("IMAGE", f"{options.image}:{options.tag}"))
kubectl("rollout", "status", "deployment/engine", "--timeout=300s")


def engines():
    found = json.loads(kubectl("get", "pods", "-l", "app=engine", "-o", "json"))["items"]
    ips = [p["status"].get("podIP") for p in found]
    return len(ips) == 2 and all(ips) and ips


ips = until("two engines", 60, engines)
endpoints = [{"url": f"http://{ip}:8000"} for ip in ips]


def know(selector, how_many):
    """Every pod has heard so many others like it: load, prefixes and quotas are shared."""
    def all_do():
        found = json.loads(kubectl("get", "pods", "-l", selector, "-o", "json"))["items"]
        for ip in [p["status"].get("podIP") for p in found if "deletionTimestamp" not in p["metadata"]]:
            try:
                connection = http.client.HTTPConnection(ip, METRICS, timeout=5)
                connection.request("GET", "/metrics")
                text = connection.getresponse().read().decode()
            except OSError:
                return False
            if not any(line.startswith("sluice_peers ") and float(line.split()[1]) == how_many for line in text.splitlines()):
                return False
        return len(found) == how_many + 1
    until(f"each of {how_many + 1} replicas knows {how_many} others", 60, all_do)
    say(f"each of {how_many + 1} replicas knows {how_many} others")


def config(*names):
    return {"pools": [{"name": "chat", "models": ["m", *names], "endpoints": endpoints}]}


image = {"repository": options.image, "tag": options.tag, "pullPolicy": "Never"}
small = {"requests": {"cpu": "100m", "memory": "256Mi"}, "limits": {"memory": "512Mi"}}


def knative():
    release = "gw"
    values = {
        "mode": "knative", "image": image, "resources": small, "config": config(),
        "knative": {"minScale": 0, "maxScale": 4, "target": 6, "window": "6s", "scaleDownDelay": "0s", "timeoutSeconds": 120,
                    "annotations": {"queue.sidecar.serving.knative.dev/cpu-resource-request": "25m"}}}
    helm(release, values)
    check("the check before it ran and is gone", "gw-check" not in kubectl("get", "jobs", "-o", "name"))
    kubectl("wait", f"ksvc/{release}", "--for=condition=Ready", "--timeout=300s")
    host = kubectl("get", "ksvc", release, "-o", "jsonpath={.status.url}").split("://")[1]
    ingress = (kubectl("get", "service", "ingress", "-o", "jsonpath={.spec.clusterIP}", namespace="kubekit-system"), 80)

    def pods(revision=None, ready=True):
        selector = f"serving.knative.dev/revision={revision}" if revision else f"serving.knative.dev/service={release}"
        found = json.loads(kubectl("get", "pods", "-l", selector, "-o", "json"))["items"]
        if not ready:
            return len(found)
        return sum(1 for p in found if "deletionTimestamp" not in p["metadata"]
                   and any(c["type"] == "Ready" and c["status"] == "True" for c in p["status"].get("conditions", [])))

    def latest():
        return kubectl("get", "ksvc", release, "-o", "jsonpath={.status.latestReadyRevisionName}")

    def one():
        connection = http.client.HTTPConnection(*ingress, timeout=100)
        start = time.monotonic()
        connection.request("POST", "/v1/chat/completions", json.dumps({"model": "m", "max_tokens": 1, "messages": [{"role": "user", "content": "hi"}]}),
                           {"host": host, "content-type": "application/json"})
        answer = connection.getresponse()
        body = answer.read()
        return answer.status, time.monotonic() - start, body

    cold = []
    for _ in range(options.starts):
        until("down to zero", 240, lambda: pods(ready=False) == 0)
        status, seconds, body = one()
        check("a request wakes it from zero", status == 200, f"{seconds:.2f} s" if status == 200 else str(body[:300]))
        cold.append(seconds)
    say(f"FIGURE cold start to first answer: median {statistics.median(cold):.2f} s, best {min(cold):.2f}, worst {max(cold):.2f} of {len(cold)}")

    most, first = 0, latest()
    with Load(ingress, host, clients=24) as load:
        while (most := max(most, pods())) < 3:
            if time.monotonic() - begun > 900:
                check("three replicas by load", False)
            time.sleep(0.5)
        say(f"{most} replicas after {load.total()} streams")
        # A roll-out under load: another configuration is another revision.
        values["config"] = config("other-name")
        helm(release, values)
        second = until("a new revision is ready", 180, lambda: latest() != first and latest())
        until("the old revision is gone", 240, lambda: pods(first, ready=False) == 0)
        say(f"{first} → {second} after {load.total()} streams")
        until(f"{options.requests} streams", 900, lambda: load.total() >= options.requests)
    check("no request failed", not load.failed, str(load.failed[:5]) if load.failed else f"of {load.total()}, all streams whole")
    say(f"FIGURE ksvc: {load.total()} streams, 0 failed, up to {most} replicas and over a roll-out; first byte p50 {statistics.median(load.first) * 1000:.0f} ms")

    # A configuration that is wrong: the hook holds it; without the hook its own revision fails, and the old one serves on.
    wrong = dict(values, config={"pools": [{"name": "chat", "models": ["m"], "endpoints": endpoints, "conector": "none"}]})
    refused = helm(release, wrong, False)
    check("the hook refuses a wrong configuration", refused.returncode != 0 and latest() == second, refused.stderr.strip()[-160:])
    logs = kubectl("logs", f"job/{release}-check", fail=False)
    check("and its log says where", "conector" in logs, logs.strip()[:200])
    helm(release, dict(wrong, check={"enabled": False}))
    until("the wrong revision fails", 180, lambda: "False" in kubectl("get", "ksvc", release, "-o", "jsonpath={.status.conditions[?(@.type=='ConfigurationsReady')].status}"))
    check("the one before serves on", latest() == second and one()[0] == 200)
    helm(release, values)
    until("good again", 120, lambda: kubectl("get", "ksvc", release, "-o", "jsonpath={.status.conditions[?(@.type=='Ready')].status}") == "True")
    since = time.monotonic()
    until("back to zero", 300, lambda: pods(ready=False) == 0)
    say(f"FIGURE back to zero {time.monotonic() - since:.0f} s after the load")
    subprocess.run([options.helm, "uninstall", release, "-n", options.namespace], check=True, capture_output=True)


def deployment():
    release = "gwd"
    values = {
        "mode": "deployment", "image": image, "resources": small, "config": config(),
        "deployment": {"autoscaling": {"enabled": False}, "replicas": 2, "drain": {"notReadySeconds": 3, "streamSeconds": 60}}}
    helm(release, values, True, "--wait", "--timeout", "300")
    address = (kubectl("get", "service", release, "-o", "jsonpath={.spec.clusterIP}"), 80)
    with Load(address, clients=12) as load:
        def more(n):
            until(f"{n} more streams", 300, lambda target=load.total() + n: load.total() >= target)
        more(options.requests // 5)
        kubectl("scale", f"deployment/{release}", "--replicas=3")
        kubectl("rollout", "status", f"deployment/{release}", "--timeout=300s")
        say(f"3 replicas after {load.total()} streams")
        know("sluice.dev/part=gateway", 2)
        more(options.requests // 5)
        values["config"] = config("other-name")
        helm(release, values, True, "--wait", "--timeout", "300")
        say(f"rolled after {load.total()} streams")
        more(options.requests // 5)
        pod = kubectl("get", "pods", "-l", "sluice.dev/part=gateway", "-o", "jsonpath={.items[0].metadata.name}")
        kubectl("delete", "pod", pod, "--wait=true")
        kubectl("rollout", "status", f"deployment/{release}", "--timeout=300s")
        say(f"a pod deleted after {load.total()} streams")
        until(f"{options.requests} streams", 900, lambda: load.total() >= options.requests)
    check("no request failed", not load.failed, str(load.failed[:5]) if load.failed else f"of {load.total()}, all streams whole")
    say(f"FIGURE deployment: {load.total()} streams, 0 failed, over scale up, a roll-out, scale down and a pod's deletion")
    subprocess.run([options.helm, "uninstall", release, "-n", options.namespace], check=True, capture_output=True)


for part in options.parts.split(","):
    {"knative": knative, "deployment": deployment}[part]()
