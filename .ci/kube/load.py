"""Streams against a gateway, all of which must end whole. Standard library only."""
import http.client
import json
import threading
import time


class Load:
    """Clients in threads. Every answer is 200, has its tokens and ends with [DONE], or it counts as failed."""

    def __init__(self, address, host=None, model="m", tokens=24, clients=8, kept=True):
        self.address, self.host, self.model, self.tokens, self.kept = address, host, model, tokens, kept
        self.done, self.failed, self.first = 0, [], []
        self.stop = threading.Event()
        self.lock = threading.Lock()
        self.threads = [threading.Thread(target=self.run, args=(i,), daemon=True) for i in range(clients)]

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stop.set()
        for thread in self.threads:
            thread.join(120)

    def total(self):
        with self.lock:
            return self.done + len(self.failed)

    def run(self, number):
        connection = None
        i = 0
        while not self.stop.is_set():
            # Every third closes its connection, as many clients do.
            if connection is None:
                connection = http.client.HTTPConnection(*self.address, timeout=90)
            begun = time.monotonic()
            fresh = connection.sock is None
            try:
                fault, first = self.ask(connection, f"conversation {number} turn {i}")
            except (OSError, http.client.HTTPException) as broken:
                # A kept connection that was closed between two requests, before a byte of an answer: HTTP/1.1 clients try again.
                if not fresh and isinstance(broken, (http.client.RemoteDisconnected, ConnectionResetError, BrokenPipeError)):
                    connection.close()
                    connection = None
                    continue
                fault, first = repr(broken), None
            with self.lock:
                if fault:
                    self.failed.append((time.strftime("%H:%M:%S"), round(time.monotonic() - begun, 2), fault))
                else:
                    self.done += 1
                    self.first.append(first - begun)
            i += 1
            if fault or not self.kept or i % 3 == 0:
                connection.close()
                connection = None

    def ask(self, connection, text):
        body = {"model": self.model, "stream": True, "max_tokens": self.tokens, "ignore_eos": True,
                "messages": [{"role": "user", "content": text}]}
        headers = {"content-type": "application/json"} | ({"host": self.host, "transfer-encoding": "chunked"} if self.host else {})
        # In chunks through a proxy: Go's reverse proxy, as in the kit's ingress, looks for more behind a body of known length, and
        # where the answer begins sooner it closes the connection ("use of closed network connection"). Seen on a busy machine.
        content = iter([json.dumps(body).encode()]) if self.host else json.dumps(body).encode()
        connection.request("POST", "/v1/chat/completions", content, headers, encode_chunked=self.host is not None)
        answer = connection.getresponse()
        if answer.status != 200:
            return f"{answer.status} {answer.read()[:300]}", None
        first = time.monotonic()
        events = [e for e in answer.read().decode().split("\n\n") if e.startswith("data: ")]
        if not events or events[-1] != "data: [DONE]":
            return f"no [DONE] after {len(events)} events: {events[-1:]}", None
        content = sum(1 for e in events[:-1] if json.loads(e[6:]).get("choices") and json.loads(e[6:])["choices"][0]["delta"].get("content"))
        if content < 1:
            return "an answer without content", None
        return None, first
