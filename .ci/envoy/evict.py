"""What must hold behind a real Envoy when a request that runs gives way: prints a line for each, fails on the first that does not."""
import http.client, json, re, sys, time, urllib.request

port, batch, plain, usage = int(sys.argv[1]), *(open(f).read().split()[0] for f in sys.argv[2:4]), sys.argv[4]
engine = f"http://127.0.0.1:{sys.argv[5]}/metrics"


def send(key, stream, tokens):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    body = {"model": "tight", "stream": stream, "max_tokens": tokens, "messages": [{"role": "user", "content": f"hello {time.time_ns()}"}]}
    connection.request("POST", "/v1/chat/completions", json.dumps(body),
                       {"content-type": "application/json", "authorization": "Bearer " + key})
    return connection


def lines(tenant):
    return [line for line in map(json.loads, open(usage)) if line["tenant"] == tenant]


def running():
    page = urllib.request.urlopen(engine, timeout=10).read().decode()
    return float(re.search(r"(?m)^vllm:num_requests_running\{[^}]*\} (\S+)", page)[1])


def check(what, held, seen=""):
    print(("ok   " if held else "FAIL ") + what + (f": {seen}" if seen != "" else ""), flush=True)
    if not held:
        sys.exit(1)


def until(what, test, seconds=30):
    end = time.monotonic() + seconds
    while not test():
        if time.monotonic() > end:
            check(what, False)
        time.sleep(0.05)
    check(what, True)


served = send(plain, False, 4).getresponse()
check("one of priority 0 is answered", served.status == 200, served.status)
served.read()
# The only request that its engine may have: a stream, of which a part has come.
stream = send(batch, True, 2000).getresponse()
check("one of priority -10 streams", stream.status == 200)
text = b""
while b'"content"' not in text:
    text += stream.read1(1000)
answer = send(plain, False, 4).getresponse()
check("one of priority 0 takes its place", answer.status == 200, answer.status)
answer.read()
cut = False
try:
    while piece := stream.read1(65536):
        text += piece
except (http.client.IncompleteRead, ConnectionError) as e:
    cut = True
    text += getattr(e, "partial", b"")
check("the stream does not look complete", cut and b"[DONE]" not in text and b'"finish_reason":"' not in text, text[-120:])
print("     its last words: " + ("the error event" if b'"code":"evicted"' in text else "none"), flush=True)
until("the usage log says so", lambda: [line["outcome"] for line in lines("batch")] == ["evicted"])
# And one that has had nothing yet.
until("nothing runs", lambda: running() == 0)
waiting = send(batch, False, 2000)
until("its engine has it", lambda: running() == 1)
answer = send(plain, False, 4).getresponse()
check("again", answer.status == 200, answer.status)
early = waiting.getresponse()
said = early.read().decode()
check("who has had nothing yet is told", early.status == 429 and early.getheader("x-llm-d-request-dropped-reason") == "evicted"
      and early.getheader("retry-after") == "1" and json.loads(said)["error"]["code"] == "evicted", f"{early.status} {said}")
until("and it is in the usage log", lambda: [line["outcome"] for line in lines("batch")] == ["evicted", "evicted"])
until("nobody else has suffered", lambda: [line["outcome"] for line in lines("plain")] == ["ok"] * 3)
