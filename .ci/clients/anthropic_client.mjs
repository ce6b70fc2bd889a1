// The official Anthropic client against a gateway: plain, stream, errors, count_tokens, tools.
import Anthropic, { NotFoundError } from "@anthropic-ai/sdk";

const client = new Anthropic({ baseURL: process.argv[2], apiKey: "sk-unused", maxRetries: 0 });
let checks = 0;
function check(what, ok) {
  checks++;
  if (!ok) {
    console.log("FAILED:", what);
    process.exit(1);
  }
}

const messages = [{ role: "user", content: "Say something about gateways." }];
const answer = await client.messages.create({ model: "chat", max_tokens: 8, messages });
check("a plain answer has text", answer.content[0].text.length > 0);
check("and usage", answer.usage.output_tokens === 8);
check("and says why it ended", answer.stop_reason === "max_tokens");

const types = [];
let text = "";
const stream = client.messages.stream({ model: "chat", max_tokens: 8, messages });
stream.on("streamEvent", (event) => types.push(event.type));
stream.on("text", (delta) => (text += delta));
const last = await stream.finalMessage();
check("a stream has text", text.length > 0);
check("its events come in order", types[0] === "message_start" && types.at(-1) === "message_stop");
check("its end says why", last.stop_reason === "max_tokens");

const counted = await client.messages.countTokens({ model: "chat", messages });
check("tokens are counted", counted.input_tokens > 0);

const tools = [{ name: "weather", description: "Weather of a city", input_schema: { type: "object", properties: { city: { type: "string" } }, required: ["city"] } }];
const called = await client.messages.create({ model: "chat", max_tokens: 32, messages, tools, tool_choice: { type: "tool", name: "weather" } });
check("a tool call is relayed", called.content.some((block) => block.type === "tool_use" && block.name === "weather"));

try {
  await client.messages.create({ model: "nobody", max_tokens: 8, messages });
  check("an unknown model is 404", false);
} catch (error) {
  check("an unknown model is 404", error instanceof NotFoundError);
  check("in Anthropic's shape", error.error?.type === "error");
}
console.log(`anthropic: ${checks} checks`);
