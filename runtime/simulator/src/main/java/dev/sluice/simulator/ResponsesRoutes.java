package dev.sluice.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** {@code /v1/responses} and {@code /v1/responses/{id}}, with a store of the last thousand answers of this process. */
final class ResponsesRoutes {
    private static final int KEPT = 1000;

    /** An answer that may be continued: its JSON, and the conversation it ended, as text. */
    private record Stored(String json, String conversation) {}

    private final Service service;
    private final Map<String, Stored> stored = new LinkedHashMap<>();

    ResponsesRoutes(Service service) {
        this.service = service;
    }

    void create(Reply reply) throws IOException, InterruptedException {
        var body = Json.body(reply.request());
        if (!body.path("input").isTextual() && !body.path("input").isArray()) {
            throw Json.missing(body.deepCopy().put("request_id", ""), "input");
        }
        var sampling = Sampling.of(body, "max_output_tokens", service.profile.maxModelLen());
        var model = service.model(body);
        var tool = Tools.forced(body);
        var text = earlier(body) + Prompts.responses(body, model);
        var prompt = Tokenizer.encode(text);
        service.checkLength(prompt, true);
        var limit = sampling.limit(prompt.length, 0, service.profile.maxModelLen());
        var plan = tool.isEmpty()
                ? service.planner.say(prompt, sampling, limit, 0)
                : service.planner.quote(prompt, Tools.arguments(body, tool, service.options.seed()), sampling, limit);
        var id = body.path("request_id").asText("resp_" + service.newId());
        var answer = service.start(body, List.of(plan), sampling, model, limit, id);
        var keep = body.path("store").asBoolean(true);
        new ResponsesGeneration(service, reply, sampling, answer, id, model, tool, body, json -> {
                    if (keep) {
                        store(id, new Stored(json, text + plan.text() + "<|im_end|>\n"));
                    }
                })
                .run();
    }

    void get(Reply reply) throws IOException {
        var path = reply.request().path();
        reply.json(200, find(path.substring(path.lastIndexOf('/') + 1)).json());
    }

    private String earlier(ObjectNode body) {
        return body.hasNonNull("previous_response_id")
                ? find(body.path("previous_response_id").asText()).conversation()
                : "";
    }

    private Stored find(String id) {
        synchronized (stored) {
            return Optional.ofNullable(stored.get(id))
                    .orElseThrow(() -> ApiException.notFound(
                            "Response with id '" + id + "' not found.", "invalid_request_error", "response_id"));
        }
    }

    private void store(String id, Stored answer) {
        synchronized (stored) {
            stored.put(id, answer);
            if (stored.size() > KEPT) {
                stored.remove(stored.keySet().iterator().next());
            }
        }
    }
}
