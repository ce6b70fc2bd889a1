"""Whether Sluice's precise index says what real vLLM servers then find in their caches. Run with the servers' own Python: wants zmq.

kv.py REQUESTS GATEWAY ADMIN ENGINE_URL=REPLAY_ADDRESS…
"""
import json
import random
import sys
import time
import urllib.request

import zmq

requests, gateway, admin, *rows = sys.argv[1:]
engines = dict(row.split("=", 1) for row in rows)
random.seed(7)
context = zmq.Context()
seen = dict.fromkeys(engines, -1)


def get(url):
    with urllib.request.urlopen(url, timeout=30) as answer:
        return json.load(answer)


def post(path, body, base=gateway):
    request = urllib.request.Request(base + path, json.dumps(body).encode(), {"content-type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as answer:
        return {k.lower(): v for k, v in answer.headers.items()}, json.load(answer)


def last_sequence(engine):
    """Number of the engine's newest batch, asked of the engine itself."""
    socket = context.socket(zmq.DEALER)
    socket.connect(engines[engine])
    socket.send_multipart([b"", (seen[engine] + 1).to_bytes(8, "big")])
    while socket.poll(5000):
        frames = socket.recv_multipart()
        number = int.from_bytes(frames[-2], "big", signed=True)
        if number < 0:
            socket.close(0)
            return seen[engine]
        seen[engine] = number
    sys.exit(f"FAILED: {engine} does not answer a replay")


def applied():
    """Number of the newest batch that the gateway has applied, by engine; -1 while it is not live."""
    numbers = {}
    for pool in get(admin + "/endpoints"):
        for status in pool["kvEvents"]:
            rank = status["ranks"][0]
            numbers["http://" + status["endpoint"]] = rank["sequence"] if rank["live"] else -1
    return numbers


def await_events():
    """Until the gateway knows all that the engines have published, which has to stay so for two looks."""
    end, quiet = time.monotonic() + 30, 0
    while quiet < 2:
        newest = {engine: last_sequence(engine) for engine in engines}
        known = applied()
        quiet = quiet + 1 if all(known.get(e, -2) >= newest[e] for e in engines) else 0
        if time.monotonic() > end:
            sys.exit(f"FAILED: events did not come: engines {newest}, gateway {known}")
        time.sleep(0.005)


systems = [" ".join(f"system{s} rule{i} be brief and kind" for i in range(random.randint(10, 60))) for s in range(4)]
chats = [[{"role": "system", "content": random.choice(systems)}] for _ in range(12)]
# Until an engine has told of a block, nobody knows how large blocks are.
post("/v1/completions", {"model": "tiny", "prompt": "one that is not counted " * 20, "max_tokens": 1})
await_events()
equal, told, predicted, reported, hits, odd = 0, 0, 0, 0, 0, []
for n in range(int(requests)):
    kind = n % 3
    if kind == 0:
        chat = random.choice(chats)
        chat.append({"role": "user", "content": f"question {n} " + "and more words " * random.randint(1, 30)})
        headers, answer = post("/v1/chat/completions", {"model": "tiny", "messages": chat, "max_tokens": random.randint(2, 50), "temperature": 0})
        chat.append({"role": "assistant", "content": answer["choices"][0]["message"]["content"] or "-"})
        if len(chat) > 12:
            del chat[1:]
    elif kind == 1:
        text = random.choice(systems) + f" then{random.randint(0, 9)} " + "go on with it " * random.randint(1, 20)
        headers, answer = post("/v1/completions", {"model": "tiny", "prompt": text, "max_tokens": random.randint(2, 40), "temperature": 0})
    else:
        group = random.randint(0, 5)
        ids = [(group * 37 + i * 11) % 200 + 20 for i in range(random.randint(40, 400))]
        headers, answer = post("/v1/completions", {"model": "tiny", "prompt": ids, "max_tokens": 2, "temperature": 0})
    await_events()
    why = get(f"{admin}/explain/{headers['x-sluice-id']}")
    decision = why["decision"]
    source = next(c["cacheSource"] for c in why["candidates"] if c["endpoint"] == decision["endpoint"])
    said, found = decision["cachedTokens"], decision["reportedCachedTokens"]
    assert found == (answer["usage"]["prompt_tokens_details"] or {}).get("cached_tokens", 0), (found, answer["usage"])
    told += source == "told"
    hits += found > 0
    predicted += said
    reported += found
    if source == "told" and said == found:
        equal += 1
    else:
        odd.append((n, ["chat", "text", "ids"][kind], source, said, found))
n = int(requests)
for line in odd[:10]:
    print("not equal: request %d, %s, %s, predicted %d, found %d" % line)
print(f"{equal} of {n} requests: predicted cached tokens equal the engine's ({100 * equal / n:.1f} %); {told} told by events; "
      f"{predicted} predicted, {reported} reported tokens; {hits} requests had a hit")
if hits < n / 2 or equal < 0.99 * n:
    sys.exit("FAILED: fewer than 99 % are equal, or too few hits to say")
