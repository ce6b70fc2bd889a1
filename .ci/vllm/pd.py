"""Greedy text of two real vLLM servers, one computing prompts and one generating, against a single one. Standard library only.

Usage: pd.py GATEWAY ADMIN SINGLE PROMPTS [DECODE]. With DECODE the two share files instead of leases, and that server has to say
that it found there what it did not compute.
"""
import json
import random
import sys
import time
import urllib.request

gateway, admin, single, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
files = sys.argv[5] if len(sys.argv) > 5 else ""
WORDS = "hello world prompt river cache engine token prefix answer question long short open close left right".split()


def fail(what, detail=""):
    print("FAILED:", what, detail)
    sys.exit(1)


def post(base, path, body):
    request = urllib.request.Request(base + path, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return answer.headers, answer.read().decode()


def said(path, body, base):
    """Text, why it ended, prompt tokens, generated tokens; and the headers."""
    headers, text = post(base, path, body)
    if not body["stream"]:
        answer = json.loads(text)
        choice = answer["choices"][0]
        content = choice["text"] if "text" in choice else choice["message"]["content"]
        return (content, choice["finish_reason"], answer["usage"]["prompt_tokens"], answer["usage"]["completion_tokens"]), headers
    content, reason, usage = "", None, None
    if not text.rstrip().endswith("data: [DONE]"):
        fail("a stream has its marker", text[-200:])
    for line in text.splitlines():
        if not line.startswith("data: {"):
            continue
        event = json.loads(line[6:])
        usage = event.get("usage") or usage
        for choice in event["choices"]:
            content += choice.get("text") or choice.get("delta", {}).get("content") or ""
            reason = choice.get("finish_reason") or reason
    return (content, reason, usage["prompt_tokens"], usage["completion_tokens"]), headers


def metric(name, base=admin):
    with urllib.request.urlopen(base + "/metrics", timeout=10) as page:
        return sum(float(line.rsplit(" ", 1)[1]) for line in page.read().decode().splitlines() if line.startswith(name))


def ask(number, stream):
    draw = random.Random(number)
    text = " ".join(draw.choice(WORDS) for _ in range(draw.randint(20, 900)))
    body = {"model": "tiny", "max_tokens": draw.randint(2, 40), "temperature": 0, "ignore_eos": True, "stream": stream}
    if stream:
        body["stream_options"] = {"include_usage": True}
    if number % 2:
        return "/v1/completions", body | {"prompt": text}
    return "/v1/chat/completions", body | {"messages": [{"role": "user", "content": text}]}


begun = time.monotonic()
dropped = compared = split = 0
for number in range(count):
    for stream in (False, True):
        path, body = ask(number, stream)
        wanted, _ = said(path, body, single)
        again, _ = said(path, body, single)
        if wanted != again:
            dropped += 1
            continue
        got, headers = said(path, body, gateway)
        compared += 1
        split += headers.get("x-sluice-prefill-endpoint") is not None
        if got != wanted:
            fail(f"prompt {number}, stream {stream}: the same text", f"\nsingle:  {wanted}\nthrough: {got}")
if dropped > 0.05 * 2 * count:
    fail("the single server agrees with itself", f"{dropped} of {2 * count} differ")
if split != compared:
    fail("every request was split", f"{split} of {compared}")
found = metric("vllm:external_prefix_cache_hits_total", files) if files else 0
if files and found == 0:
    fail("the decode server found something in the files")
# Files have no leases.
for name, want in ((f'sluice_kv_lease_ends_total{{how="fetched"', 0 if files else compared), ("sluice_disaggregation_failures_total", 0)):
    if metric(name) != want:
        fail(f"{name} is {want}", str(metric(name)))
end = time.monotonic() + 60
while metric("sluice_kv_leases{") > 0:
    if time.monotonic() > end:
        fail("no lease is left", str(metric("sluice_kv_leases{")))
    time.sleep(0.2)
print(
    f"{compared} answers over two real engines are the single engine's, byte for byte, half of them streams; "
    f"{dropped} dropped because the single engine differs from itself; "
    + (f"{found:.0f} tokens came through files; " if files else "")
    + f"{time.monotonic() - begun:.0f} s"
)
