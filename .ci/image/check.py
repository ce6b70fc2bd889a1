"""Runs an unpacked image as a container runs it and asks it what a user and a kubelet ask. Standard library only."""
import http.client
import http.server
import json
import os
import pathlib
import signal
import ssl
import statistics
import subprocess
import sys
import threading
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).parent.parent))
import ports

work = pathlib.Path(sys.argv[1])
here = pathlib.Path(__file__).parent
entry = (work / "entrypoint").read_text().splitlines()
running = []


def check(what, ok, detail=""):
    if not ok:
        print("FAILED:", what, detail)
        for log in sorted(work.glob("*.log")):
            print("---", log.name, log.read_text()[-3000:], sep="\n")
        for process in running:
            process.kill()
        sys.exit(1)
    print("ok:", what, detail, flush=True)


def free_port():
    return ports.free(work / "ports")


def container(name, config, *args, env=None, entry=entry, uid=65532):
    """Starts it with the environment that is given and none beside it."""
    log = open(work / (name + ".log"), "wb")
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "MALLOC_ARENA_MAX": "2", "RUN_AS": str(uid)} | (env or {})
    process = subprocess.Popen(
        [here / "enter.sh", work / "root", config, work / "plugins", *entry, *args],
        env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    running.append(process)
    return process


def first_process(process):
    """The pid outside of what is pid 1 inside."""
    return int(pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])


def ask(port, path, body=None, timeout=20):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        if body is None:
            connection.request("GET", path)
        else:
            connection.request("POST", path, json.dumps(body), {"content-type": "application/json"})
        answer = connection.getresponse()
        return answer.status, dict(answer.getheaders()), answer.read()
    finally:
        connection.close()


def until_ready(port, path="/readyz", limit=120, process=None):
    end = time.monotonic() + limit
    while time.monotonic() < end:
        try:
            if ask(port, path)[0] == 200:
                return
        except OSError:
            pass
        if process is not None and process.poll() is not None:
            break
        time.sleep(0.002)
    check(f"answers {path} within {limit} s", False)


def chat(stream, tokens=8):
    return {"model": "m", "stream": stream, "max_tokens": tokens, "ignore_eos": True,
            "messages": [{"role": "user", "content": "Hello"}]}


def write(name, text):
    """A folder as the kubelet mounts a ConfigMap: links into a folder that it swaps."""
    directory = work / name
    held = directory / "..2026"
    held.mkdir(parents=True)
    (held / "gateway.yaml").write_text(text)
    for file in ("tls.crt", "tls.key"):
        (held / file).write_bytes((work / file).read_bytes())
    (directory / "..data").symlink_to("..2026")
    for file in held.iterdir():
        (directory / file.name).symlink_to("..data/" + file.name)
    return directory


# --- engines, from the same image
engines = free_port()
container("simulator", write("none", ""), "simulator", "--port", str(engines), "--model", "m")
until_ready(engines, "/health")
check("the simulator answers from the image", True)

port, metrics = free_port(), free_port()
plain = f"""
server:
  port: 1
  admin: {{port: 0}}
  metrics: {{host: 127.0.0.1, port: {metrics}}}
  drain: {{notReadyFor: 1s, streams: 20s}}
pools:
  - name: a
    models: [m]
    routing: cheap
    endpoints: [{{url: "http://127.0.0.1:{engines}", labels: {{zone: a}}}}]
plugins: {{directory: /opt/sluice/plugins, budget: 50ms}}
routing:
  cheap:
    plugins:
      - {{type: least-work-scorer}}
      - {{type: zone-price-scorer, parameters: {{label: zone, prices: {{a: 1.2}}}}}}
"""
serve = ["serve", "--config", "/etc/sluice/gateway.yaml"]
config = write("plain", plain)

# --- what is wrong ends it with 2, before anything listens
bad = container("bad", write("bad", "pools: [{name: a, modelz: [m]}]\n"), *serve)
check("a wrong configuration ends it with 2", bad.wait(90) == 2, (work / "bad.log").read_text().strip().split("\n")[0])

# --- the cache fits, whatever packed and unpacked the image
version = container("version", config, "--version", entry=[entry[0], "-XX:AOTMode=on", *entry[1:]])
check("the AOT cache fits the packed files", version.wait(90) == 0, (work / "version.log").read_text().strip())

# --- it starts, with PORT from the platform, as any uid
gateway = container("gateway", config, *serve, env={"PORT": str(port)}, uid=1000650000)
until_ready(port, process=gateway)
pid = first_process(gateway)
status = pathlib.Path(f"/proc/{pid}/status").read_text()
field = {line.split(":")[0]: line.split(":")[1].split() for line in status.splitlines() if ":" in line}
check("PORT wins and it is ready, as an uid that no file knows", field["Uid"][0] == "1000650000")
check("it is the first process", field["NSpid"][-1] == "1")
check("without privileges", int(field["CapEff"][0], 16) == 0 and field["NoNewPrivs"] == ["1"])
code, headers, body = ask(port, "/v1/chat/completions", chat(False))
check("it answers", code == 200 and json.loads(body)["choices"], headers.get("x-sluice-id", ""))
page = ask(metrics, "/metrics")[2].decode()
check("metrics have their own port", "sluice_requests_total{" in page)
check("the plugin has its vote", 'name="zone-price-scorer",outcome="ok"' in page, "")
check("live", ask(port, "/livez")[0] == 200 and ask(metrics, "/livez")[0] == 200)

# --- SIGTERM while an answer streams: not ready at once, new requests still served for a second, the stream ends by itself
lines = []


def read_stream():
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    connection.request("POST", "/v1/chat/completions", json.dumps(chat(True, 400)), {"content-type": "application/json"})
    lines.extend(connection.getresponse().read().decode().split("\n\n"))


reader = threading.Thread(target=read_stream)
reader.start()
while True:
    page = ask(metrics, "/metrics")[2].decode()
    if any(line.startswith("sluice_requests_in_flight{") and line.endswith(" 1.0") for line in page.splitlines()):
        break
    if not reader.is_alive():
        check("the stream runs", False)
os.kill(pid, signal.SIGTERM)
begun = time.monotonic()
while ask(port, "/readyz")[0] != 503:
    if time.monotonic() - begun > 5:
        check("not ready after SIGTERM", False)
off = time.monotonic() - begun
check("not ready after SIGTERM", off < 0.5, f"{off * 1000:.0f} ms")
check("still serves what routers send", ask(port, "/v1/chat/completions", chat(False))[0] == 200)
reader.join(60)
done = [line for line in lines if line.strip()]
check("the stream ends whole", done and done[-1] == "data: [DONE]", f"{len(done)} events")
code = gateway.wait(30)
check("and then the process, with 0", code == 0, f"{time.monotonic() - begun:.1f} s after SIGTERM")

# --- TLS with an EC key, which wants the runtime's providers
secure = free_port()
tls = container("tls", write("tls", plain.replace("server:", "server:\n  tls: {cert: {file: tls.crt}, key: {file: tls.key}}")),
                *serve, env={"PORT": str(secure)})
context = ssl.create_default_context(cafile=work / "tls.crt")
end = time.monotonic() + 90
answer = None
while answer is None and time.monotonic() < end:
    try:
        connection = http.client.HTTPSConnection("localhost", secure, context=context, timeout=10)
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        if answer.status != 200:
            answer = None
    except OSError:
        time.sleep(0.02)
check("TLS with an EC key", answer is not None, connection.sock.version() if connection.sock else "")
os.kill(first_process(tls), signal.SIGTERM)
tls.wait(30)

# --- how long from nothing to ready
times = []
for i in range(int(os.environ.get("STARTS", "5"))):
    begun = time.monotonic()
    again = container("again", config, *serve, env={"PORT": str(port)})
    until_ready(port, process=again)
    times.append(time.monotonic() - begun)
    os.kill(first_process(again), signal.SIGTERM)
    again.wait(30)


class Api(http.server.BaseHTTPRequestHandler):
    """An API server that knows one revision, without a pod; watches stay open, and nothing changes."""
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.headers.get("Sec-WebSocket-Key"):
            self.answer(503, {})
            return
        if "watch=true" in self.path:
            self.send_response(200)
            self.send_header("content-type", "application/json")
            self.send_header("transfer-encoding", "chunked")
            self.end_headers()
            self.wfile.flush()
            threading.Event().wait(60)
            return
        items = [{"apiVersion": "serving.knative.dev/v1", "kind": "Revision", "spec": {"containers": [{"image": "i"}]},
                  "metadata": {"name": "chat-00001", "namespace": "models", "uid": "u", "resourceVersion": "1",
                               "labels": {"app": "chat", "serving.knative.dev/service": "chat"}}}] if self.path.split("?")[0].endswith("/revisions") else []
        self.answer(200, {"kind": "List", "apiVersion": "v1", "metadata": {"resourceVersion": "1"}, "items": items})

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.answer(201, {"kind": "SelfSubjectAccessReview", "apiVersion": "authorization.k8s.io/v1", "spec": {}, "status": {"allowed": True}})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


# What a start must not read: picocli is old, and no AOT cache takes it.
loads = container("loads", config, *serve, env={"PORT": str(port), "JAVA_TOOL_OPTIONS": "-Xlog:class+load:stdout"})
until_ready(port, process=loads)
os.kill(first_process(loads), signal.SIGTERM)
loads.wait(30)
loaded = (work / "loads.log").read_text(errors="replace")
check("a start loads nothing of picocli", "dev.sluice.app.ServeCommand source" in loaded and "picocli.CommandLine source" not in loaded
      and "picocli.CommandLine$" not in loaded, f"{loaded.count(' source: ')} classes, {loaded.count(' source: file:')} of them not out of the cache")


# The same where engines are searched for in Kubernetes, as a pod does it: its service account's files, an API server with TLS. Ready is
# who has seen that there is a revision to wake.
api = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Api)
api.daemon_threads = True
trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
trusted.load_cert_chain(work / "tls.crt", work / "tls.key")
api.socket = trusted.wrap_socket(api.socket, server_side=True)
threading.Thread(target=api.serve_forever, daemon=True).start()
searching = write("searching", plain.split("pools:")[0] + """pools:
  - {name: found, models: [f], discovery: {knative: {namespace: models, selector: "app=chat"}}}
""")
(searching / "token").write_text("t")
account = {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(api.server_port),
           "KUBERNETES_AUTH_SERVICEACCOUNT_TOKEN": "/etc/sluice/token", "KUBERNETES_CERTS_CA_FILE": "/etc/sluice/tls.crt"}
seen = []
for i in range(int(os.environ.get("STARTS", "5"))):
    begun = time.monotonic()
    again = container("search", searching, *serve, env={"PORT": str(port), **account})
    until_ready(port, process=again)
    seen.append(time.monotonic() - begun)
    os.kill(first_process(again), signal.SIGTERM)
    again.wait(30)
limit = float(os.environ.get("START_LIMIT", "10"))
check("start to ready with a search in Kubernetes", statistics.median(seen) < limit,
      f"median {statistics.median(seen) * 1000:.0f} ms, best {min(seen) * 1000:.0f}, worst {max(seen) * 1000:.0f} of {len(seen)}")
check("start to ready", statistics.median(times) < limit,
      f"median {statistics.median(times) * 1000:.0f} ms, best {min(times) * 1000:.0f}, worst {max(times) * 1000:.0f} of {len(times)}")
for process in running:
    if process.poll() is None:
        os.kill(first_process(process), signal.SIGTERM)
        process.wait(30)
