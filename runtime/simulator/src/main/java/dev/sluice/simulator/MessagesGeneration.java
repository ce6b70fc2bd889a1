package dev.sluice.simulator;

import dev.sluice.simulator.Faults.Kind;
import java.io.IOException;

/** Anthropic's {@code message}, whole and as named events. There is no {@code [DONE]}; {@code message_stop} ends the stream. */
final class MessagesGeneration extends Generation {
    private final String id;
    private final String model;
    private final String tool;
    private final String toolId;

    MessagesGeneration(
            Service service, Reply reply, Sampling sampling, Answer answer, String id, String model, String tool) {
        super(service, reply, sampling, answer);
        this.id = id;
        this.model = model;
        this.tool = tool;
        toolId = "chatcmpl-tool-" + service.newId();
    }

    @Override
    void begin() throws IOException {
        event(
                "message_start",
                "\"message\":{\"id\":" + Json.quote(id)
                        + ",\"type\":\"message\",\"role\":\"assistant\",\"content\":[],\"model\":" + Json.quote(model)
                        + ",\"stop_reason\":null,\"stop_sequence\":null,\"usage\":{\"input_tokens\":" + usage().prompt()
                        + ",\"output_tokens\":0}}");
        event(
                "content_block_start",
                "\"content_block\":"
                        + (tool.isEmpty()
                                ? "{\"type\":\"text\",\"text\":\"\"}"
                                : "{\"type\":\"tool_use\",\"id\":\"" + toolId + "\",\"name\":" + Json.quote(tool)
                                        + ",\"input\":{}}")
                        + ",\"index\":0");
    }

    @Override
    void piece(int sequence, int from, int to, String text, boolean ended) throws IOException {
        if (!text.isEmpty()) {
            event(
                    "content_block_delta",
                    "\"delta\":"
                            + (tool.isEmpty()
                                    ? "{\"type\":\"text_delta\",\"text\":" + Json.quote(text) + "}"
                                    : "{\"type\":\"input_json_delta\",\"partial_json\":" + Json.quote(text) + "}")
                            + ",\"index\":0");
        }
    }

    @Override
    void finish() throws IOException {
        event("content_block_stop", "\"index\":0");
        event(
                "message_delta",
                "\"delta\":{\"stop_reason\":\"" + stopReason() + "\",\"stop_sequence\":null},\"usage\":" + usageJson());
        if (!reply.strikes(Kind.NO_DONE)) {
            event("message_stop", "");
        }
    }

    @Override
    String body() {
        var content = tool.isEmpty()
                ? "{\"type\":\"text\",\"text\":" + Json.quote(text(0)) + "}"
                : "{\"type\":\"tool_use\",\"id\":\"" + toolId + "\",\"name\":" + Json.quote(tool) + ",\"input\":"
                        + (stopReason().equals("tool_use") ? text(0) : "{}") + "}";
        return "{\"id\":" + Json.quote(id) + ",\"type\":\"message\",\"role\":\"assistant\",\"content\":[" + content
                + "],\"model\":" + Json.quote(model) + ",\"stop_reason\":\"" + stopReason() + "\",\"usage\":"
                + usageJson() + (answer.kept(1).equals("null") ? "" : ",\"kv_transfer_params\":" + answer.kept(1))
                + "}";
    }

    private void event(String name, String fields) throws IOException {
        reply.event("event: " + name + "\ndata: {\"type\":\"" + name + "\"" + (fields.isEmpty() ? "" : "," + fields)
                + "}\n\n");
    }

    private String stopReason() {
        return switch (reason(0)) {
            case "length" -> "max_tokens";
            case "stop" -> tool.isEmpty() ? "end_turn" : "tool_use";
            default -> reason(0);
        };
    }

    /** Input counts what was neither read from the cache nor written to it. */
    private String usageJson() {
        var sum = usage();
        return "{\"input_tokens\":" + Math.max(0, sum.prompt() - sum.cached() - sum.created()) + ",\"output_tokens\":"
                + sum.output() + ",\"cache_creation_input_tokens\":" + sum.created() + ",\"cache_read_input_tokens\":"
                + sum.cached() + "}";
    }
}
