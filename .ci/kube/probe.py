"""Requests without a pause while revisions scale, roll over, are killed and sleep; each must be answered whole."""
import http.client, json, os, subprocess, sys, threading, time

port, admin, ns, kube, kit, probes = sys.argv[1:7]
port, admin, probes = int(port), int(admin), int(probes)
lock = threading.Lock()
sent, bad, endpoints = 0, [], set()


def kubectl(*words):
    config = os.environ["KUBECONFIG"]
    return subprocess.run([kube, "kubectl", "--kubeconfig", config, "-n", ns, *words],
                          check=True, capture_output=True, text=True).stdout


def ask(stream, tokens):
    global sent
    body = json.dumps({"model": "chat", "stream": stream, "max_tokens": tokens,
                       "messages": [{"role": "user", "content": f"probe {time.time_ns()} " + "words " * 40}]})
    why = ""
    try:
        c = http.client.HTTPConnection("127.0.0.1", port, timeout=90)
        c.request("POST", "/v1/chat/completions", body, {"content-type": "application/json"})
        r = c.getresponse()
        text = r.read().decode()
        if r.status != 200:
            why = f"{r.status} {text[:200]}"
        elif stream and not text.rstrip().endswith("data: [DONE]"):
            why = "a stream without its end: " + text[-120:]
        elif not stream and "choices" not in text:
            why = "no answer: " + text[:200]
        with lock:
            endpoints.add(r.getheader("x-sluice-endpoint"))
        c.close()
    except Exception as e:
        why = repr(e)
    with lock:
        sent += 1
        if why:
            bad.append((round(time.time() - began, 1), why))


class Load:
    """So many clients, one request after the other each."""

    def __init__(self, clients, tokens=40):
        self.on = True
        self.threads = [threading.Thread(target=self.run, args=(i, tokens), daemon=True) for i in range(clients)]
        for t in self.threads:
            t.start()

    def run(self, i, tokens):
        n = i
        while self.on:
            ask(n % 2 == 0, tokens)
            n += 1

    def stop(self):
        self.on = False
        for t in self.threads:
            t.join()


def pods():
    return len([l for l in kubectl("get", "pods", "-l", "app=chat", "--no-headers").splitlines() if "Running" in l])


def until(what, seconds, test):
    end = time.time() + seconds
    while not test():
        if time.time() > end:
            sys.exit(f"not within {seconds} s: {what}; {sent} requests, lost: {bad[:5]}")
        time.sleep(0.25)
    print(f"[{time.time() - began:6.1f}s] {what}; {sent} requests, {len(bad)} lost", flush=True)


def metric(name):
    c = http.client.HTTPConnection("127.0.0.1", admin, timeout=10)
    c.request("GET", "/metrics")
    for line in c.getresponse().read().decode().splitlines():
        if line.startswith(name + " "):
            return float(line.split()[-1])
    return 0.0


began = time.time()
load = Load(2)
until("served by a pod that was found", 60, lambda: sent > 10)
more = Load(10, 200)
until("scaled up by the load", 90, lambda: pods() >= 2)
more.stop()
kubectl("patch", "ksvc", "model", "--type", "json", "-p",
        '[{"op":"replace","path":"/spec/template/spec/containers/0/args/10","value":"2"}]')
until("a new revision has all requests", 120, lambda: "-00002" in (
    json.loads(kubectl("get", "ksvc", "model", "-o", "json"))["status"]["traffic"][0]["revisionName"]))
until("requests reach its pods", 60, lambda: any("-00002-" in str(e) for e in endpoints))
victim = kubectl("get", "pods", "-l", "app=chat", "-o", "name").split()[-1]
kubectl("delete", victim, "--grace-period=1", "--wait=false")
until("a pod was killed, another serves", 90, lambda: pods() >= 1)
pid = int(open(f"{os.environ['KUBEKIT_STATE']}/pids/kube-apiserver").read().split()[0])
os.kill(pid, 9)
before = sent
until("the API server is dead, requests are served on", 60, lambda: sent > before + 20)
subprocess.run([f"{kit}/up.sh", "knative"], check=True, capture_output=True)
until("the API server is back", 60, lambda: metric('sluice_discovery_problems{pool="chat"}') == 0)
until("probes", 300, lambda: sent >= probes)
load.stop()
until("nobody asks: zero pods", 240, lambda: pods() == 0)
woken = metric('sluice_wakeups_total{outcome="woken"}')
many = [threading.Thread(target=ask, args=(i % 2 == 0, 20), daemon=True) for i in range(50)]
for t in many:
    t.start()
for t in many:
    t.join()
rings = metric('sluice_wakeups_total{outcome="woken"}') - woken
print(f"[{time.time() - began:6.1f}s] 50 requests to a pool at zero: woken {rings:.0f} time(s)")
for at, why in bad:
    print(f"  lost at {at} s: {why}")
print(f"{sent} requests, {len(bad)} lost, {len(endpoints)} endpoints")
sys.exit(1 if bad or rings != 1 else 0)
