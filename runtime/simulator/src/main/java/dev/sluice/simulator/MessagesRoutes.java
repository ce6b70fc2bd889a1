package dev.sluice.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.List;

/** {@code /v1/messages} and {@code /v1/messages/count_tokens}. */
final class MessagesRoutes {
    private final Service service;

    MessagesRoutes(Service service) {
        this.service = service;
    }

    void create(Reply reply) throws IOException, InterruptedException {
        var body = checked(reply);
        if (!body.path("max_tokens").isIntegralNumber()) {
            throw Json.missing(body, "max_tokens");
        }
        if (body.has("stop_sequences")) {
            body.set("stop", body.path("stop_sequences"));
        }
        var sampling = Sampling.of(body, "max_tokens", service.profile.maxModelLen());
        var model = service.model(body);
        var choice = body.path("tool_choice");
        var tool = choice.path("type").asText("").equals("any")
                ? body.path("tools").path(0).path("name").asText()
                : choice.path("name").asText("");
        var prompt = Tokenizer.encode(Prompts.anthropic(body, model));
        service.checkLength(prompt, true);
        var limit = sampling.limit(prompt.length, 0, service.profile.maxModelLen());
        var plan = tool.isEmpty()
                ? service.planner.say(prompt, sampling, limit, 0)
                : service.planner.quote(prompt, Tools.arguments(body, tool, service.options.seed()), sampling, limit);
        var id = "chatcmpl-" + service.requestId(reply.request(), body);
        var answer = service.start(body, List.of(plan), sampling, model, limit, id);
        new MessagesGeneration(service, reply, sampling, answer, id, model, tool).run();
    }

    void count(Reply reply) throws IOException {
        var body = checked(reply);
        var count = Tokenizer.encode(Prompts.anthropic(body, service.model(body))).length;
        reply.json(
                200,
                "{\"input_tokens\":" + count + ",\"context_management\":{\"original_input_tokens\":" + count + "}}");
    }

    private static ObjectNode checked(Reply reply) {
        var body = Json.body(reply.request());
        if (!body.path("messages").isArray()) {
            throw Json.missing(body, "messages");
        }
        return body;
    }
}
