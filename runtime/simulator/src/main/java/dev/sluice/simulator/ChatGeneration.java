package dev.sluice.simulator;

import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** {@code chat.completion} and its chunks. */
final class ChatGeneration extends Generation {
    private final String id;
    private final String model;
    private final String tool;
    private final String toolCallId;
    private final String promptText;
    private final String lead;
    private final boolean withUsage;
    private final boolean everyChunk;
    private int output;

    /**
     * One chat answer.
     *
     * @param tool name of the function that the answer calls with its text as arguments; empty for plain content
     */
    ChatGeneration(
            Service service,
            Reply reply,
            Sampling sampling,
            Answer answer,
            String id,
            String model,
            String tool,
            String promptText) {
        super(service, reply, sampling, answer);
        this.id = id;
        this.model = model;
        this.tool = tool;
        this.promptText = promptText;
        toolCallId = "chatcmpl-tool-" + service.newId();
        lead = "data: {\"id\":" + Json.quote(id) + ",\"object\":\"chat.completion.chunk\",\"created\":"
                + service.created() + ",\"model\":" + Json.quote(model) + ",\"choices\":[";
        withUsage = sampling.usage() || service.options.forceIncludeUsage();
        // Forced usage is in every chunk unless the client says otherwise, as in vLLM.
        everyChunk = withUsage && (sampling.continuousUsage() || !sampling.usage());
    }

    @Override
    void begin() throws IOException {
        var prompt = answer.plans().getFirst().prompt();
        for (var i = 0; i < answer.plans().size(); i++) {
            reply.event(lead + "{\"index\":" + i
                    + ",\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"logprobs\":null,\"finish_reason\":null}]"
                    + continuous() + ",\"prompt_token_ids\":" + (sampling.tokenIds() ? Json.ints(prompt) : "null")
                    + ",\"prompt_text\":null}\n\n");
            if (!tool.isEmpty()) {
                reply.event(lead + "{\"index\":" + i + ",\"delta\":{\"content\":null,\"tool_calls\":[{\"id\":\""
                        + toolCallId
                        + "\",\"type\":\"function\",\"index\":0,\"function\":{\"name\":" + Json.quote(tool)
                        + "}}]},\"logprobs\":null,\"finish_reason\":null,\"token_ids\":null}]" + continuous()
                        + "}\n\n");
            }
        }
    }

    @Override
    void piece(int sequence, int from, int to, String text, boolean ended) throws IOException {
        output += to - from;
        var plan = answer.plans().get(sequence);
        var out = new StringBuilder(256)
                .append(lead)
                .append("{\"index\":")
                .append(sequence)
                .append(",\"delta\":{");
        if (ended && from == to && text.isEmpty()) {
            out.append("}");
        } else if (tool.isEmpty()) {
            out.append("\"content\":").append(Json.quote(text)).append('}');
        } else {
            out.append("\"content\":null,\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":")
                    .append(Json.quote(text))
                    .append("}}]}");
        }
        out.append(",\"logprobs\":").append(logprobs(plan, from, to)).append(",\"finish_reason\":");
        if (ended) {
            out.append('"')
                    .append(finishReason(sequence))
                    .append("\",\"stop_reason\":")
                    .append(stopReason(sequence));
        } else {
            out.append("null");
        }
        out.append(",\"token_ids\":")
                .append(sampling.tokenIds() ? Json.ints(plan.output(), from, to) : "null")
                .append("}]")
                .append(continuous());
        if (ended && !withUsage) {
            out.append(",\"system_fingerprint\":\"")
                    .append(service.fingerprint())
                    .append('"');
        }
        reply.event(out.append("}\n\n").toString());
    }

    @Override
    void finish() throws IOException {
        if (withUsage) {
            reply.event(lead + "],\"usage\":" + usage().last(service.options.promptTokensDetails(), true)
                    + ",\"system_fingerprint\":\"" + service.fingerprint() + "\"}\n\n");
        }
        if (!reply.strikes(Faults.Kind.NO_DONE)) {
            reply.event("data: [DONE]\n\n");
        }
    }

    @Override
    String body() {
        var out = new StringBuilder(512);
        out.append("{\"id\":").append(Json.quote(id)).append(",\"object\":\"chat.completion\",\"created\":");
        out.append(service.created())
                .append(",\"model\":")
                .append(Json.quote(model))
                .append(",\"choices\":[");
        for (var i = 0; i < answer.plans().size(); i++) {
            choice(out, i);
        }
        out.append("],\"service_tier\":null,\"system_fingerprint\":\"").append(service.fingerprint());
        out.append("\",\"usage\":").append(usage().whole(service.options.promptTokensDetails(), true));
        var prompt = answer.plans().getFirst().prompt();
        out.append(",\"prompt_logprobs\":null,\"prompt_token_ids\":")
                .append(sampling.tokenIds() ? Json.ints(prompt) : "null")
                .append(",\"prompt_text\":")
                .append(sampling.tokenIds() ? Json.quote(promptText) : "null");
        return out.append(",\"kv_transfer_params\":" + answer.kept(sampling.n())
                        + ",\"ec_transfer_params\":null,\"metrics\":null}")
                .toString();
    }

    private void choice(StringBuilder out, int i) {
        var plan = answer.plans().get(i);
        var called = !tool.isEmpty() && finishReason(i).equals("tool_calls");
        var content = tool.isEmpty()
                ? Json.quote(text(i))
                : Json.quote("<tool_call>{\"name\": " + Json.quote(tool) + ", \"arguments\": " + text(i));
        out.append(i > 0 ? "," : "").append("{\"index\":").append(i);
        out.append(",\"message\":{\"role\":\"assistant\",\"content\":").append(called ? "null" : content);
        out.append(",\"refusal\":null,\"annotations\":null,\"audio\":null,\"function_call\":null,");
        if (called) {
            out.append("\"tool_calls\":[{\"id\":\"")
                    .append(toolCallId)
                    .append("\",\"type\":\"function\",\"function\":{\"name\":")
                    .append(Json.quote(tool))
                    .append(",\"arguments\":")
                    .append(Json.quote(text(i)))
                    .append("}}],");
        }
        out.append("\"reasoning\":null},\"logprobs\":")
                .append(logprobs(plan, 0, answer.view(i).ready()));
        out.append(",\"finish_reason\":\"")
                .append(finishReason(i))
                .append("\",\"stop_reason\":")
                .append(stopReason(i));
        out.append(",\"token_ids\":").append(sampling.tokenIds() ? Json.ints(plan.output()) : "null");
        out.append(",\"routed_experts\":null}");
    }

    private String finishReason(int sequence) {
        var reason = reason(sequence);
        return !tool.isEmpty() && reason.equals("stop") ? "tool_calls" : reason;
    }

    private String continuous() {
        return everyChunk
                ? ",\"usage\":" + UsageSum.running(answer.plans().getFirst().prompt().length, output)
                : "";
    }

    private String logprobs(Plan plan, int from, int to) {
        if (sampling.logprobs() < 0) {
            return "null";
        }
        var out = new StringBuilder("{\"content\":[");
        for (var i = from; i < to; i++) {
            out.append(i > from ? "," : "").append('{');
            entry(out, plan.output()[i], -0.25);
            out.append(",\"top_logprobs\":[");
            for (var k = 0; k < sampling.logprobs(); k++) {
                out.append(k > 0 ? ",{" : "{");
                entry(out, k == 0 ? plan.output()[i] : Words.id((i + k) % Words.count()), -0.25 - k);
                out.append('}');
            }
            out.append("]}");
        }
        return out.append("]}").toString();
    }

    private static void entry(StringBuilder out, int token, double logprob) {
        var text = Tokenizer.decode(token);
        out.append("\"token\":")
                .append(Json.quote(text))
                .append(",\"logprob\":")
                .append(logprob)
                .append(",\"bytes\":[");
        var bytes = text.getBytes(StandardCharsets.UTF_8);
        for (var b = 0; b < bytes.length; b++) {
            out.append(b > 0 ? "," : "").append(bytes[b] & 0xff);
        }
        out.append(']');
    }
}
