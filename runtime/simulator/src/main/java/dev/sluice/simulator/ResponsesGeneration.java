package dev.sluice.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.sluice.simulator.Faults.Kind;
import java.io.IOException;
import java.util.function.Consumer;

/** OpenAI's {@code response}, whole and as named, numbered events. */
final class ResponsesGeneration extends Generation {
    private final String id;
    private final String model;
    private final String tool;
    private final ObjectNode request;
    private final Consumer<String> store;
    private final String itemId;
    private final String callId;
    private final long created;
    private int number;
    private boolean itemOpen;

    ResponsesGeneration(
            Service service,
            Reply reply,
            Sampling sampling,
            Answer answer,
            String id,
            String model,
            String tool,
            ObjectNode request,
            Consumer<String> store) {
        super(service, reply, sampling, answer);
        this.id = id;
        this.model = model;
        this.tool = tool;
        this.request = request;
        this.store = store;
        itemId = (tool.isEmpty() ? "msg_" : "fc_") + service.newId();
        callId = "call_" + service.newId();
        created = service.created();
    }

    @Override
    void opened() throws IOException {
        event("response.created", "\"response\":" + response(false), "");
        event("response.in_progress", "\"response\":" + response(false), "");
    }

    @Override
    void piece(int sequence, int from, int to, String text, boolean ended) throws IOException {
        openItem();
        if (text.isEmpty()) {
            return;
        }
        if (tool.isEmpty()) {
            event(
                    "response.output_text.delta",
                    "\"content_index\":0,\"delta\":" + Json.quote(text) + "," + item()
                            + ",\"logprobs\":[],\"output_index\":0",
                    "");
        } else {
            event(
                    "response.function_call_arguments.delta",
                    "\"delta\":" + Json.quote(text) + "," + item() + ",\"output_index\":0",
                    "");
        }
    }

    @Override
    void finish() throws IOException {
        openItem();
        var text = Json.quote(text(0));
        if (tool.isEmpty()) {
            event(
                    "response.output_text.done",
                    "\"content_index\":0," + item() + ",\"logprobs\":[],\"output_index\":0",
                    ",\"text\":" + text);
            event(
                    "response.content_part.done",
                    "\"content_index\":0," + item() + ",\"output_index\":0,\"part\":" + part(text, "null"),
                    "");
        } else {
            event(
                    "response.function_call_arguments.done",
                    "\"arguments\":" + text + "," + item() + ",\"name\":" + Json.quote(tool) + ",\"output_index\":0",
                    "");
        }
        event("response.output_item.done", "\"item\":" + output(true) + ",\"output_index\":0", "");
        var whole = response(true);
        store.accept(whole);
        if (!reply.strikes(Kind.NO_DONE)) {
            event("response.completed", "\"response\":" + whole, "");
        }
    }

    @Override
    String body() {
        var whole = response(true);
        store.accept(whole);
        return whole;
    }

    private void openItem() throws IOException {
        if (itemOpen) {
            return;
        }
        itemOpen = true;
        event("response.output_item.added", "\"item\":" + output(false) + ",\"output_index\":0", "");
        if (tool.isEmpty()) {
            event(
                    "response.content_part.added",
                    "\"content_index\":0," + item() + ",\"output_index\":0,\"part\":" + part("\"\"", "[]"),
                    "");
        }
    }

    private void event(String name, String before, String after) throws IOException {
        reply.event("event: " + name + "\ndata: {" + before + ",\"sequence_number\":" + number++ + after
                + ",\"type\":\"" + name + "\"}\n\n");
    }

    private String item() {
        return "\"item_id\":\"" + itemId + "\"";
    }

    private static String part(String quoted, String logprobs) {
        return "{\"annotations\":[],\"text\":" + quoted + ",\"type\":\"output_text\",\"logprobs\":" + logprobs + "}";
    }

    private String output(boolean done) {
        var status = done ? "completed" : "in_progress";
        if (!tool.isEmpty()) {
            return "{\"arguments\":" + (done ? Json.quote(text(0)) : "\"\"") + ",\"call_id\":\"" + callId
                    + "\",\"name\":"
                    + Json.quote(tool) + ",\"type\":\"function_call\",\"id\":\"" + itemId + "\",\"status\":\"" + status
                    + "\"}";
        }
        return "{\"id\":\"" + itemId + "\",\"content\":[" + (done ? part(Json.quote(text(0)), "null") : "")
                + "],\"role\":\"assistant\",\"status\":\"" + status + "\",\"type\":\"message\",\"phase\":null}";
    }

    private String response(boolean done) {
        var cut = done && !reason(0).equals("stop");
        var out = new StringBuilder(1024);
        out.append("{\"id\":").append(Json.quote(id)).append(",\"created_at\":").append(created);
        out.append(",\"incomplete_details\":");
        out.append(
                cut
                        ? "{\"reason\":\"" + (reason(0).equals("length") ? "max_output_tokens" : reason(0)) + "\"}"
                        : "null");
        out.append(",\"instructions\":").append(echo("instructions", "null"));
        out.append(",\"metadata\":").append(echo("metadata", "null"));
        out.append(",\"model\":").append(Json.quote(model)).append(",\"object\":\"response\",\"output\":[");
        out.append(done ? output(true) : "")
                .append("],\"parallel_tool_calls\":")
                .append(echo("parallel_tool_calls", "true"));
        out.append(",\"temperature\":").append(sampling.temperature()).append(",\"tool_choice\":");
        out.append(request.path("tools").isEmpty() ? "\"none\"" : echo("tool_choice", "\"auto\""));
        out.append(",\"tools\":")
                .append(echo("tools", "[]"))
                .append(",\"top_p\":")
                .append(sampling.topP());
        out.append(",\"background\":false,\"max_output_tokens\":")
                .append(answer.plans().getFirst().limit());
        out.append(",\"max_tool_calls\":null,\"previous_response_id\":").append(echo("previous_response_id", "null"));
        out.append(",\"prompt\":null,\"reasoning\":null,\"service_tier\":\"auto\",\"status\":\"");
        out.append(!done ? "in_progress" : cut ? "incomplete" : "completed");
        out.append("\",\"text\":").append(echo("text", "null")).append(",\"top_logprobs\":null,\"truncation\":");
        out.append(echo("truncation", "\"disabled\"")).append(",\"usage\":").append(done ? usageJson() : "null");
        out.append(",\"user\":")
                .append(echo("user", "null"))
                .append(",\"presence_penalty\":0.0,\"frequency_penalty\":0.0,");
        return out.append("\"kv_transfer_params\":" + (sampling.stream() ? "null" : answer.kept(1))
                        + ",\"ec_transfer_params\":null,\"input_messages\":null,"
                        + "\"output_messages\":null}")
                .toString();
    }

    private String echo(String field, String otherwise) {
        return request.hasNonNull(field) ? request.path(field).toString() : otherwise;
    }

    private String usageJson() {
        var sum = usage();
        return "{\"input_tokens\":" + sum.prompt() + ",\"input_tokens_details\":{\"cached_tokens\":" + sum.cached()
                + ",\"cache_write_tokens\":0,\"input_tokens_per_turn\":[],\"cached_tokens_per_turn\":[]},\"output_tokens\":"
                + sum.output()
                + ",\"output_tokens_details\":{\"reasoning_tokens\":0,\"tool_output_tokens\":0,\"output_tokens_per_turn\":[],"
                + "\"tool_output_tokens_per_turn\":[]},\"total_tokens\":" + (sum.prompt() + sum.output()) + "}";
    }
}
