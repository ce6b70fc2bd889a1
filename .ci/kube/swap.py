"""A scheduler as KServe's LLMInferenceService makes it, of which only the image is changed: Sluice's serves behind a real Envoy, another
picker's (OTHER, when there is one) serves, Sluice's serves again. Called by kube.sh. The Deployment, its Role and its configuration are
read out of KServe's own sources; what is changed beside the image is what a machine with two cores can't give (requests of CPU, the delay
before the first probe), and the container of the tokenizer, whose image nobody here has."""
import argparse
import http.client
import json
import pathlib
import re
import subprocess
import sys
import time
import uuid

import yaml

options = argparse.ArgumentParser()
for name in ("namespace", "kube", "kubeconfig", "image", "envoy", "example", "kserve", "work"):
    options.add_argument("--" + name, required=True)
options.add_argument("--other", default="")
options.add_argument("--requests", type=int, default=40)
options = options.parse_args()
work, kserve = pathlib.Path(options.work), pathlib.Path(options.kserve)
began = time.monotonic()
MODEL = "llama"


def say(text):
    print(f"[{time.monotonic() - began:6.1f} s] {text}", flush=True)


def kubectl(*words, text=None, fail=True):
    done = subprocess.run([options.kube, "kubectl", "--kubeconfig", options.kubeconfig, "-n", options.namespace, *words],
                          input=text, capture_output=True, text=True, timeout=240)
    if fail and done.returncode:
        print(kubectl("get", "pods", "-o", "wide", fail=False), kubectl("get", "events", "--sort-by=.lastTimestamp", fail=False)[-1500:])
        print(kubectl("logs", f"deployment/{MODEL}-kserve-router-scheduler", "--tail=30", fail=False))
        sys.exit(f"kubectl {' '.join(words)}: {done.stderr}")
    return done.stdout


def rendered(text):
    """What Go's template engine makes of a value: the four expressions that this template has, TLS off."""
    text = re.sub(r"{{ ChildName \.ObjectMeta\.Name `(.*?)` }}", lambda m: MODEL + m.group(1), text)
    text = text.replace("{{ .ObjectMeta.Namespace }}", options.namespace).replace("{{ .ObjectMeta.Name }}", MODEL)
    text = re.sub(r"{{ if \.GlobalConfig\.EnableTLS }}.*?{{-? end }}", "", text)
    if "{{" in text:
        sys.exit("the template says something that is not known here: " + text)
    return text


def walk(value):
    if isinstance(value, dict):
        return {k: walk(v) for k, v in value.items()}
    if isinstance(value, list):
        return [walk(v) for v in value]
    return rendered(value) if isinstance(value, str) else value


source = (kserve / "pkg/controller/v1alpha2/llmisvc/scheduler.go").read_text()
texts = [t for t in re.findall(r"`\n(apiVersion: .*?)`", source, re.S) if "EndpointPickerConfig" in t and "name: default" in t]
if len(texts) != 1:
    sys.exit(f"{len(texts)} default configurations in KServe's source")
default = texts[0].replace("%s", "")
# What upstream's picker knows as well.
common = re.sub(r"(?m)^ *- (?:type|pluginRef): no-hit-lru-scorer\n(?: +weight: \d+\n)?", "", default)
scheduler = walk(yaml.safe_load((kserve / "config/llmisvcconfig/config-llm-scheduler.yaml").read_text()))["spec"]["router"]["scheduler"]
spec = scheduler["template"]
spec["containers"] = [c for c in spec["containers"] if c["name"] == "main"]
main = spec["containers"][0]
main["image"] = options.image
main["resources"]["requests"] = {"cpu": "100m", "memory": "64Mi"}
main["readinessProbe"] |= {"initialDelaySeconds": 1, "periodSeconds": 1}
spec["serviceAccountName"] = f"{MODEL}-epp-sa"
spec["terminationGracePeriodSeconds"] = 30
labels = {"app.kubernetes.io/name": MODEL, "app.kubernetes.io/part-of": "llminferenceservice"}
of_scheduler = labels | {"app.kubernetes.io/component": "llminferenceservice-router-scheduler"}
of_workload = labels | {"kserve.io/component": "workload", "llm-d.ai/role": "both"}
read = ["get", "list", "watch"]
objectives = ["inference.networking.k8s.io", "inference.networking.x-k8s.io"]


def named(kind, version, name, **more):
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}} | more


def deployment(name, own, pod, replicas, strategy="RollingUpdate"):
    return named("Deployment", "apps/v1", name, spec={
        "replicas": replicas, "strategy": {"type": strategy}, "selector": {"matchLabels": own},
        "template": {"metadata": {"labels": own}, "spec": pod}})


def picker(config):
    pod = json.loads(json.dumps(spec))
    pod["containers"][0]["args"] = ["--config-text", config]
    return deployment(f"{MODEL}-kserve-router-scheduler", of_scheduler, pod, 1, "Recreate")


subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=epp",
                "-keyout", str(work / "swap.key"), "-out", str(work / "swap.crt")], check=True, capture_output=True)
objects = [
    named("ServiceAccount", "v1", f"{MODEL}-epp-sa"),
    named("Secret", "v1", f"{MODEL}-kserve-self-signed-certs", type="kubernetes.io/tls", stringData={
        "tls.crt": (work / "swap.crt").read_text(), "tls.key": (work / "swap.key").read_text()}),
    named("Role", "rbac.authorization.k8s.io/v1", f"{MODEL}-epp-role", rules=[
        {"apiGroups": [""], "resources": ["pods"], "verbs": read},
        {"apiGroups": objectives, "resources": ["inferencepools", "inferenceobjectives", "inferencemodels"], "verbs": read},
        {"apiGroups": objectives[1:], "resources": ["inferencemodelrewrites", "inferencepoolimports"], "verbs": read},
        {"apiGroups": ["llm-d.ai"], "resources": ["inferenceobjectives", "inferencemodelrewrites"], "verbs": read},
        {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": read},
        {"apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": [*read, "create", "update", "patch", "delete"]}]),
    named("RoleBinding", "rbac.authorization.k8s.io/v1", f"{MODEL}-epp-rb",
          roleRef={"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": f"{MODEL}-epp-role"},
          subjects=[{"kind": "ServiceAccount", "name": f"{MODEL}-epp-sa", "namespace": options.namespace}]),
    named("InferencePool", "inference.networking.k8s.io/v1", f"{MODEL}-inference-pool", spec=scheduler["pool"]["spec"]),
    named("Service", "v1", f"{MODEL}-epp-service", spec={
        "selector": of_scheduler, "ports": [{"name": "grpc", "port": 9002, "targetPort": "grpc"}]}),
    deployment(f"{MODEL}-kserve", of_workload, {
        "enableServiceLinks": False, "terminationGracePeriodSeconds": 5,
        "containers": [{
            "name": "main", "image": options.image, "ports": [{"containerPort": 8000}],
            "args": ["simulator", "--port", "8000", "--host", "0.0.0.0", "--model", MODEL, "--block-size", "16"],
            "readinessProbe": {"httpGet": {"path": "/health", "port": 8000}, "periodSeconds": 1},
            "resources": {"limits": {"memory": "600Mi"}}}]}, 2),
]
kubectl("apply", "-f", "-", text=yaml.safe_dump_all([*objects, picker(default)]))
kubectl("rollout", "status", f"deployment/{MODEL}-kserve", "--timeout=200s")
kubectl("rollout", "status", f"deployment/{MODEL}-kserve-router-scheduler", "--timeout=200s")
say("KServe's scheduler Deployment runs with its own command, arguments, rights and probes, and Sluice's image")
service = kubectl("get", "service", f"{MODEL}-epp-service", "-o", "jsonpath={.spec.clusterIP}")
engines = [p["status"]["podIP"] for p in json.loads(kubectl("get", "pods", "-l", "kserve.io/component=workload", "-o", "json"))["items"]]

envoy = yaml.safe_load(pathlib.Path(options.example).read_text())


def at(address, port):
    return {"endpoint": {"address": {"socket_address": {"address": address, "port_value": port}}}}


envoy["admin"]["address"]["socket_address"]["port_value"] = 0
listener = envoy["static_resources"]["listeners"][0]
listener["address"]["socket_address"]["port_value"] = 0
manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
manager["http_filters"][0]["typed_config"]["failure_mode_allow"] = False
for cluster in envoy["static_resources"]["clusters"]:
    if cluster["name"] == "any":
        cluster["load_assignment"]["endpoints"] = [{"lb_endpoints": [at(ip, 8000) for ip in engines]}]
    if cluster["name"] == "picker":
        del cluster["health_checks"]   # upstream's answers them on another port
        cluster["load_assignment"]["endpoints"] = [{"lb_endpoints": [at(service, 9002)]}]
        cluster["transport_socket"] = {"name": "tls", "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"}}
(work / "swap-envoy.yaml").write_text(yaml.safe_dump(envoy))
admin = work / "swap-envoy.admin"
admin.unlink(missing_ok=True)
log = open(work / "swap-envoy.log", "w")
proxy = subprocess.Popen([options.envoy, "-c", str(work / "swap-envoy.yaml"), "--base-id", "7", "--admin-address-path", str(admin), "-l", "warning"],
                         stdout=log, stderr=log)


def get(host, port, path):
    connection = http.client.HTTPConnection(host, port, timeout=10)
    connection.request("GET", path)
    text = connection.getresponse().read().decode()
    connection.close()
    return text


def served():
    """How many requests each engine has finished."""
    counts = []
    for ip in engines:
        counts.append(sum(float(line.rsplit(" ", 1)[1]) for line in get(ip, 8000, "/metrics").splitlines()
                          if line.startswith("vllm:request_success_total{")))
    return counts


def ask(port, topic, number):
    body = {"model": MODEL, "stream": number % 2 == 0, "max_tokens": 8, "messages": [
        {"role": "user", "content": f"{topic} is the topic " + "that is long and shared " * 60 + f"question {number}"}]}
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/v1/chat/completions", json.dumps(body), {"content-type": "application/json"})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    if answer.status != 200 or (body["stream"] and not text.rstrip().endswith("data: [DONE]")):
        return f"{answer.status} {text[-200:]}"
    return ""


def since(before):
    return [now - then for now, then in zip(served(), before)]


def check(who, port):
    # Envoy may still have the connection to the picker before, and a picker has to get to know two engines: topics that are new to both
    # are sent until either has served some.
    end, before, asked, why = time.monotonic() + 60, served(), 0, ""
    while min(since(before)) == 0:
        if time.monotonic() > end:
            sys.exit(f"{who} does not serve by both engines: {since(before)} of {asked}, {why}\n"
                     + kubectl("logs", f"deployment/{MODEL}-kserve-router-scheduler", "--tail=30", fail=False))
        why = ask(port, f"{uuid.uuid4()}", asked)   # not one block in common
        asked += 1
        time.sleep(0.5 if why else 0)
    before = served()
    wrong = [why for n in range(options.requests) if (why := ask(port, n % 4, n))]
    if wrong:
        sys.exit(f"{who}: {len(wrong)} of {options.requests} failed: {wrong[0]}")
    counts = since(before)
    if sum(counts) != options.requests:
        sys.exit(f"{who}: the engines served {counts} of {options.requests}")
    say(f"{who} serves behind Envoy: {options.requests} of {options.requests}, by engine {counts}")


def change(image, config):
    """Another image, and the configuration that it knows."""
    now = picker(config)
    now["spec"]["template"]["spec"]["containers"][0]["image"] = image
    kubectl("apply", "-f", "-", text=yaml.safe_dump(now))
    kubectl("rollout", "status", f"deployment/{MODEL}-kserve-router-scheduler", "--timeout=200s")


try:
    end = time.monotonic() + 30
    while not admin.exists() or not admin.read_text().strip():
        if proxy.poll() is not None or time.monotonic() > end:
            sys.exit("Envoy did not start: " + (work / "swap-envoy.log").read_text()[-1000:])
        time.sleep(0.1)
    host, port = admin.read_text().strip().rsplit(":", 1)
    listeners = json.loads(get(host, int(port), "/listeners?format=json"))
    port = listeners["listener_statuses"][0]["local_address"]["socket_address"]["port_value"]
    check("Sluice with KServe's default configuration", port)
    change(options.image, common)
    check("Sluice with one that upstream's picker knows", port)
    if options.other:
        change(options.other, common)
        check("upstream's picker, only the image changed", port)
        change(options.image, common)
        check("Sluice, changed back", port)
finally:
    proxy.terminate()
    proxy.wait(20)
    kubectl("delete", "deployment", f"{MODEL}-kserve-router-scheduler", f"{MODEL}-kserve", "--wait=false", fail=False)
