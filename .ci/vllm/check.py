"""What a real vLLM says about Sluice's routing. Standard library only."""
import http.client
import json
import sys
import time
import urllib.error
import urllib.request
from urllib.parse import urlsplit

gateway, admin, *engines = sys.argv[1:]
checks = 0


def check(what, ok, detail=""):
    global checks
    checks += 1
    if not ok:
        print("FAILED:", what, detail)
        sys.exit(1)
    print("ok:", what, detail)


def post(path, body, base=gateway):
    request = urllib.request.Request(base + path, json.dumps(body).encode(), {"content-type": "application/json"})
    try:
        with urllib.request.urlopen(request, timeout=120) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read()


def metric(base, name):
    with urllib.request.urlopen(base + "/metrics", timeout=10) as page:
        return sum(float(line.rsplit(" ", 1)[1]) for line in page.read().decode().splitlines() if line.startswith(name + "{"))


# 8 conversations with a prefix of their own, 6 turns each, interleaved: a turn must meet its prefix again.
def prefix(i):
    return " ".join(f"topic{i} word{j} hello world prompt" for j in range(60))


where, cached, prompt = {}, 0, 0
later_cached, later_prompt = 0, 0
for turn in range(6):
    for i in range(8):
        text = prefix(i) + f" question {turn}"
        status, headers, body = post("/v1/completions", {"model": "tiny", "prompt": text, "max_tokens": 4, "temperature": 0})
        check_status = status == 200
        if not check_status:
            check("a completion answers", False, body[:200])
        usage = json.loads(body)["usage"]
        endpoint = {k.lower(): v for k, v in headers.items()}["x-sluice-endpoint"]
        where.setdefault(i, []).append(endpoint)
        hit = usage["prompt_tokens_details"]["cached_tokens"] or 0
        cached += hit
        prompt += usage["prompt_tokens"]
        if turn > 0:
            later_cached += hit
            later_prompt += usage["prompt_tokens"]
check("conversations stay where their prefix is", all(len(set(places)) == 1 for places in where.values()), str({i: sorted(set(p)) for i, p in where.items()}))
check("both engines are used", len({p for places in where.values() for p in places}) == 2)
check("the engines' own cached_tokens say so", later_cached >= 0.85 * later_prompt, f"{later_cached} of {later_prompt} prompt tokens after the first turn")

# Streams: whole, in order, with the engine's own marker. An event may carry several tokens: the text is what has to be the same.
chat = {"model": "tiny", "messages": [{"role": "user", "content": "hello world"}], "max_tokens": 16, "temperature": 0, "ignore_eos": True}
post("/v1/chat/completions", chat)
status, headers, body = post("/v1/chat/completions", chat)   # as the streams: with what is cached
whole = json.loads(body)


def stream(extra):
    request = urllib.request.Request(gateway + "/v1/chat/completions", json.dumps(chat | {"stream": True} | extra).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return [line for line in answer.read().decode().split("\n\n") if line]


events = stream({})
check("a stream ends with its marker", events[-1] == "data: [DONE]")
check("no usage event that nobody asked for", not any('"choices":[]' in e for e in events))
text = "".join(c["delta"].get("content") or "" for e in events[:-1] for c in json.loads(e[6:])["choices"])
check("all of the text came", whole["usage"]["completion_tokens"] == 16 and text == whole["choices"][0]["message"]["content"], f"{len(events)} events: {text!r}")
last = json.loads(stream({"stream_options": {"include_usage": True}})[-2][6:])
check("the usage that was asked for is the engine's", last["choices"] == [] and last["usage"]["completion_tokens"] == 16, str(last["usage"]))

status, headers, body = post("/v1/messages", {"model": "tiny", "max_tokens": 6, "messages": [{"role": "user", "content": "hello"}]})
check("messages answer", status == 200 and json.loads(body)["type"] == "message")
status, headers, body = post("/v1/responses", {"model": "tiny", "input": "hello", "max_output_tokens": 6})
check("responses answer", status == 200 and json.loads(body)["object"] == "response")
status, headers, body = post("/tokenize", {"model": "tiny", "prompt": "hello world"})
check("tokenize answers", status == 200 and json.loads(body)["count"] > 0)

# Errors: the engine's own pass unchanged, ours have our shape.
status, headers, body = post("/v1/chat/completions", {"model": "tiny", "messages": [{"role": "user", "content": "x"}], "temperature": -5})
direct = post("/v1/chat/completions", {"model": "tiny", "messages": [{"role": "user", "content": "x"}], "temperature": -5}, engines[0])
check("the engine's 400 passes unchanged", status == 400 and body == direct[2], body[:120])
status, headers, body = post("/v1/chat/completions", {"model": "nobody", "messages": []})
check("an unknown model is ours to refuse", status == 404 and json.loads(body)["error"]["code"] == "model_not_found")
status, headers, body = post("/v1/completions", {"model": "tiny", "prompt": "hello", "max_tokens": 2, "kv_transfer_params": {"do_remote_prefill": True}})
check("transfer parameters of a client never reach an engine", status == 200, body[:200])

# The client leaves: the engine stops computing.
address = urlsplit(gateway)
connection = http.client.HTTPConnection(address.hostname, address.port, timeout=60)
connection.request("POST", "/v1/completions", json.dumps({"model": "tiny", "prompt": "go on", "max_tokens": 6000, "ignore_eos": True, "stream": True}), {"content-type": "application/json"})
answer = connection.getresponse()
answer.fp.readline()
check("it runs", sum(metric(e, "vllm:num_requests_running") for e in engines) >= 1)
left = time.monotonic()
answer.close()
connection.close()
while sum(metric(e, "vllm:num_requests_running") for e in engines) > 0:
    if time.monotonic() - left > 5:
        check("an engine stops when its client leaves", False)
    time.sleep(0.02)
check("an engine stops when its client leaves", True, f"{1000 * (time.monotonic() - left):.0f} ms by its metrics")

with urllib.request.urlopen(admin + "/decisions", timeout=10) as page:
    latest = json.load(page)
check("decisions can be looked up", len(latest) > 0)
print(f"{checks} checks passed against a real vLLM; {cached} of {prompt} prompt tokens were cached")
