"""The official openai client against a gateway: plain, stream, errors, tools, models, responses, embeddings errors."""
import sys

import openai

base = sys.argv[1]
client = openai.OpenAI(base_url=base + "/v1", api_key="sk-unused", max_retries=0)
checks = 0


def check(what, ok):
    global checks
    checks += 1
    if not ok:
        print("FAILED:", what)
        sys.exit(1)


messages = [{"role": "user", "content": "Say something about gateways."}]
answer = client.chat.completions.create(model="chat", messages=messages, max_tokens=8)
check("a plain answer has text", bool(answer.choices[0].message.content))
check("and usage", answer.usage.completion_tokens == 8)
check("and says why it ended", answer.choices[0].finish_reason == "length")

raw = client.chat.completions.with_raw_response.create(model="chat", messages=messages, max_tokens=2)
check("each response has an id of the gateway", raw.headers["x-sluice-id"].startswith("slc-"))

chunks = list(client.chat.completions.create(model="chat", messages=messages, max_tokens=8, stream=True))
check("a stream has several chunks", len(chunks) > 4)
check("the usage that nobody asked for was taken out", all(c.usage is None for c in chunks))
check("its last chunk says why it ended", chunks[-1].choices[0].finish_reason == "length")

chunks = list(client.chat.completions.create(
    model="chat", messages=messages, max_tokens=8, stream=True, stream_options={"include_usage": True}))
check("usage comes when asked for", chunks[-1].usage.completion_tokens == 8)

tools = [{"type": "function", "function": {"name": "weather", "parameters": {
    "type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]}}}]
answer = client.chat.completions.create(
    model="chat", messages=messages, max_tokens=32, tools=tools,
    tool_choice={"type": "function", "function": {"name": "weather"}})
check("a tool call is relayed", answer.choices[0].message.tool_calls[0].function.name == "weather")

text = client.completions.create(model="chat", prompt="Once upon a time", max_tokens=4)
check("completions answer", text.usage.completion_tokens == 4)

response = client.responses.create(model="chat", input="Hello", max_output_tokens=16)
check("responses answer", bool(response.output_text))
events = [e.type for e in client.responses.create(model="chat", input="Hello", max_output_tokens=16, stream=True)]
check("responses stream in order", events[0] == "response.created" and events[-1] in ("response.completed", "response.incomplete"))

check("models are listed", {m.id for m in client.models.list().data} >= {"chat", "acme/chat-8b"})

for what, call, kind in [
    ("an unknown model is 404", lambda: client.chat.completions.create(model="nobody", messages=messages), openai.NotFoundError),
    ("a bad request is 400", lambda: client.chat.completions.create(model="chat", messages="no list"), openai.BadRequestError),
]:
    try:
        call()
        check(what, False)
    except kind as error:
        check(what, error.body is not None)

print(f"openai {openai.__version__}: {checks} checks")
