"""What must hold with a real Envoy in front: prints a line for each, fails on the first that does not."""
import http.client, json, random, socket, subprocess, sys, threading, time

open_port, closed_port, admin, picker_start, picker_pid_file, trap_port = (
    int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), sys.argv[4], sys.argv[5], int(sys.argv[6]))
pair_port, one_of_pair, lone_port = int(sys.argv[7]), sys.argv[8], int(sys.argv[9])
CHAT = "/v1/chat/completions"
random.seed(4)
WORDS = ["river", "stone", "meander", "delta", "basin", "gravel", "flood", "bank"]


def words(n):
    return " ".join(random.choice(WORDS) for _ in range(n))


def body(content, **more):
    return json.dumps({"model": "chat", "max_tokens": 4, "messages": [{"role": "user", "content": content}], **more})


def ask(port, content, headers=None, timeout=60, **more):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("POST", CHAT, body(content, **more), {"content-type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        text = answer.read().decode()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, text
    finally:
        connection.close()


def check(what, held, seen=""):
    print(("ok   " if held else "FAIL ") + what + (f": {seen}" if seen != "" else ""), flush=True)
    if not held:
        sys.exit(1)


class Trap(threading.Thread):
    """An engine that nobody may be sent to."""

    def __init__(self):
        super().__init__(daemon=True)
        self.hits = 0
        self.server = socket.create_server(("127.0.0.1", trap_port))

    def run(self):
        while True:
            connection, _ = self.server.accept()
            self.hits += 1
            connection.close()


trap = Trap()
trap.start()

# routing by prefix
for group in range(4):
    prefix = words(1500)
    seen = []
    for i in range(5):
        status, headers, text = ask(open_port, prefix + f" question {i}")
        assert status == 200, (status, text)
        seen.append((headers["x-sluice-endpoint"], json.loads(text)["usage"]["prompt_tokens_details"]["cached_tokens"]))
    check(f"prefix {group} stays at one engine and is found there",
          len({e for e, _ in seen}) == 1 and all(c > 1000 for _, c in seen[1:]), seen[-1])

# streaming
connection = http.client.HTTPConnection("127.0.0.1", open_port, timeout=60)
connection.request("POST", CHAT, body("stream", stream=True, max_tokens=64, min_tokens=64, ignore_eos=True), {"content-type": "application/json"})
answer = connection.getresponse()
lines, times = [], []
for raw in answer:
    line = raw.decode().strip()
    if line.startswith("data:"):
        lines.append(line)
        times.append(time.monotonic())
check("a stream comes in pieces and ends with its marker", lines[-1] == "data: [DONE]" and len(lines) > 32 and times[-1] - times[0] > 0.02,
      f"{len(lines)} events over {times[-1] - times[0]:.2f} s")
check("the usage that the picker asked for itself is taken out", '"usage":{' not in "".join(lines))
connection.close()

# long prompts
status, _, text = ask(open_port, words(55_000))
check("a prompt of 100,000 tokens passes", status == 200 and json.loads(text)["usage"]["prompt_tokens"] > 90_000,
      f"{status} {json.loads(text).get('usage', text)}")

# a client never chooses
for port in (open_port, closed_port):
    status, headers, _ = ask(port, "mine", {"x-gateway-destination-endpoint": f"127.0.0.1:{trap_port}"})
    check("a client's destination does not win", status == 200 and headers["x-sluice-endpoint"] != f"127.0.0.1:{trap_port}")

# refusals
status, headers, text = ask(open_port, "x", model="nobody")
check("an unknown model is 404 in OpenAI's shape", status == 404 and json.loads(text)["error"]["code"] == "model_not_found")
status, headers, text = ask(open_port, "x", model="nowhere")
check("no engine is 503", status == 503 and headers["x-llm-d-request-dropped-reason"] == "rejected-no-endpoints" and "retry-after" in headers,
      headers.get("x-llm-d-request-dropped-reason"))
busy = [threading.Thread(target=ask, args=(open_port, f"busy {i}"), kwargs={"model": "tight", "max_tokens": 3000, "min_tokens": 3000, "ignore_eos": True}, daemon=True)
        for i in range(1)]
for one in busy:
    one.start()
time.sleep(0.5)
began = time.monotonic()
status, headers, text = ask(open_port, "one too many", model="tight")
check("no room is 429, after a wait", status == 429 and headers["x-llm-d-request-dropped-reason"] == "rejected-ttl-expired" and headers["retry-after"] == "1",
      f"{headers.get('x-llm-d-request-dropped-reason')} after {time.monotonic() - began:.1f} s")

# the picker restarts under load
over = threading.Event()


def load(port):
    results = []

    def run():
        while not over.is_set():
            at = time.monotonic()
            try:
                results.append((at, ask(port, words(50), timeout=20)[0]))
            except (OSError, http.client.HTTPException) as e:
                results.append((at, type(e).__name__))
            if results[-1][1] != 200:
                time.sleep(0.05)

    threads = [threading.Thread(target=run) for _ in range(8)]
    for thread in threads:
        thread.start()
    return threads, results


def restart_picker():
    pid = int(open(picker_pid_file).read())
    subprocess.run(["kill", "-9", str(pid)], check=True)
    time.sleep(1)
    status, _, _ = ask(open_port, "gone", {"x-gateway-destination-endpoint": f"127.0.0.1:{trap_port}"})
    check("without a picker a client's destination does not win either", status in (200, 500, 503) and trap.hits == 0, status)
    subprocess.run(["bash", picker_start], check=True)


def ready(port):
    end = time.monotonic() + 60
    while time.monotonic() < end:
        status, headers, _ = ask(port, "ready?")
        if status == 200 and "x-sluice-endpoint" in headers:
            return time.monotonic()
        time.sleep(0.1)
    check("the picker comes back", False)


on_threads, on = load(open_port)
off_threads, off = load(closed_port)
time.sleep(2)
killed = time.monotonic()
restart_picker()
back = max(ready(open_port), ready(closed_port))
time.sleep(2)
over.set()
for thread in on_threads + off_threads:
    thread.join()
bad_on = [r for at, r in on if r != 200]
bad_off = [r for at, r in off if r != 200]
late_off = [r for at, r in off if r != 200 and at > back]
# Envoy 1.40 fails requests whose bodies are full duplex even then; what counts is that they go on once the picker is back.
late_on = [r for at, r in on if r != 200 and at > back]
check("with failure_mode_allow requests go on when the picker is back", not late_on, f"{len(bad_on)} of {len(on)} failed while it was away")
check("without it they fail while it is away", len(bad_off) > 0, f"{len(bad_off)} of {len(off)}: {sorted(set(map(str, bad_off)))}")
check("and no more when it is back", not late_off and any(at > back for at, _ in off), f"{sum(at > back for at, _ in off)} asked")
check("nobody was sent where a client wanted", trap.hits == 0)

# two pickers, failure_mode_allow off: one may end at any time; and the same one alone before another Envoy, failure_mode_allow on and
# bodies buffered: while it is away requests go on unpicked
for signal, lost in (("-TERM", 0), ("-KILL", 8)):
    over.clear()
    threads, seen = load(pair_port)
    lone_threads, lone = load(lone_port)
    time.sleep(2)
    ended = time.monotonic()
    subprocess.run(["kill", signal, open(one_of_pair + ".pid").read().strip()], check=True)
    time.sleep(8)
    subprocess.run(["bash", one_of_pair + ".sh"], check=True)
    time.sleep(4)
    over.set()
    for thread in threads + lone_threads:
        thread.join()
    bad = [r for _, r in seen if r != 200]
    lone_bad = [r for _, r in lone if r != 200]
    check(f"a lone picker ends by {signal}, failure_mode_allow, bodies buffered: at most {lost} requests are lost",
          len(lone_bad) <= lost and sum(at > ended for at, _ in lone) > 100,
          f"{len(lone_bad)} of {len(lone)}: {sorted(set(map(str, lone_bad)))}")
    # A request that its picker has just read when it is killed may be lost: at most what was open then.
    check(f"of two pickers one ends by {signal}: at most {lost} requests are lost", len(bad) <= lost and len(seen) > 200,
          f"{len(bad)} of {len(seen)}, {sum(at > ended for at, _ in seen)} of them asked since")
