"""What must hold of a tenant behind a real Envoy: prints a line for each, fails on the first that does not."""
import http.client, json, sys, time

port, key, usage = int(sys.argv[1]), open(sys.argv[2]).read().split()[0], sys.argv[3]
CHAT = "/v1/chat/completions"


def ask(path=CHAT, method="POST", headers=None, **more):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        body = json.dumps({"model": "chat", "max_tokens": 4, "messages": [{"role": "user", "content": "hello"}], **more}) if method == "POST" else None
        connection.request(method, path, body, {"content-type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        text = answer.read().decode()
        return answer.status, {k.lower(): v for k, v in answer.getheaders()}, text
    finally:
        connection.close()


def check(what, held, seen=""):
    print(("ok   " if held else "FAIL ") + what + (f": {seen}" if seen != "" else ""), flush=True)
    if not held:
        sys.exit(1)


mine = {"authorization": "Bearer " + key}
end = time.monotonic() + 60
while ask("/v1/models", "GET", mine)[0] != 200 and time.monotonic() < end:
    time.sleep(0.1)
status, headers, text = ask()
check("without a key it is 401", status == 401 and json.loads(text)["error"]["code"] == "invalid_api_key" and headers["www-authenticate"] == "Bearer", status)
check("with another's too", ask(headers={"x-api-key": key + "x"})[0] == 401)
# A body that never comes: the answer is there all the same.
connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
connection.putrequest("POST", CHAT)
connection.putheader("content-length", "1000000")
connection.endheaders()
check("before a byte of the body", connection.getresponse().status == 401)
connection.close()
status, _, text = ask("/v1/models", "GET", mine)
check("its models are listed, and no others", [m["id"] for m in json.loads(text)["data"]] == ["chat"], text)
status, _, text = ask(headers=mine, model="tight")
check("another model does not exist for it", status == 404 and json.loads(text)["error"]["code"] == "model_not_found")
status, headers, text = ask(headers=mine, cache_salt="mine")
check("its own is answered", status == 200 and headers["x-ratelimit-limit-requests"] == "4", f"{status} {text[:200]}")
left = int(headers["x-ratelimit-remaining-requests"])
for _ in range(left):
    status, headers, _ = ask(headers={"x-api-key": key})
    check("and counted", status == 200, headers["x-ratelimit-remaining-requests"])
status, headers, text = ask(headers=mine)
check("its quota is its own", status == 429 and json.loads(text)["error"]["code"] == "rate_limit_exceeded" and "retry-after" in headers, status)
lines = []
end = time.monotonic() + 20
while len([l for l in lines if l["status"] == 200]) < left + 1 and time.monotonic() < end:
    time.sleep(0.1)
    lines = [json.loads(line) for line in open(usage)] if len(lines) >= 0 else []
good = [l for l in lines if l["status"] == 200]
check("the usage log has what was used", len(good) == left + 1 and all(l["tenant"] == "acme" and l["promptTokens"] > 0 and l["outputTokens"] == 4 for l in good),
      good[:1])
check("and no key", key not in open(usage).read())
