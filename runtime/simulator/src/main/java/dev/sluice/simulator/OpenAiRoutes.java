package dev.sluice.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@code /v1/chat/completions} and {@code /v1/completions}. */
final class OpenAiRoutes {
    private final Service service;

    OpenAiRoutes(Service service) {
        this.service = service;
    }

    void chat(Reply reply) throws IOException, InterruptedException {
        var body = Json.body(reply.request());
        if (!body.path("messages").isArray()) {
            throw body.has("messages")
                    ? ApiException.schema(
                            "list_type",
                            "body.messages",
                            "Input should be a valid list",
                            Json.describe(body.path("messages")))
                    : Json.missing(body, "messages");
        }
        var sampling = Sampling.of(body, "max_completion_tokens", service.profile.maxModelLen());
        var model = service.model(body);
        var tools = body.path("tools");
        var tool = Tools.forced(body);
        var text = Prompts.chat(
                body.path("messages"), tools, body.path("add_generation_prompt").asBoolean(true), model);
        var prompt = Tokenizer.encode(text);
        service.checkLength(prompt, true);
        var limit = sampling.limit(prompt.length, 0, service.profile.maxModelLen());
        var forced = tool.isEmpty()
                ? Tools.json(body, service.options.seed())
                : Tools.arguments(body, tool, service.options.seed());
        var plans = new ArrayList<Plan>();
        for (var choice = 0; choice < sampling.n(); choice++) {
            plans.add(
                    forced.isEmpty()
                            ? service.planner.say(prompt, sampling, limit, choice)
                            : service.planner.quote(prompt, forced, sampling, limit));
        }
        var id = "chatcmpl-" + service.requestId(reply.request(), body);
        var answer = service.start(body, plans, sampling, model, limit, id);
        new ChatGeneration(service, reply, sampling, answer, id, model, tool, text).run();
    }

    void completion(Reply reply) throws IOException, InterruptedException {
        var body = Json.body(reply.request());
        if (body.path("suffix").isTextual()) {
            throw ApiException.bad("suffix is only supported for models with FIM completion rendering", "suffix");
        }
        var sampling = Sampling.of(body, "max_tokens", service.profile.maxModelLen());
        var model = service.model(body);
        var prompts = prompts(body);
        var plans = new ArrayList<Plan>();
        var most = 0;
        for (var prompt : prompts) {
            service.checkLength(prompt, false);
            var limit = sampling.limit(prompt.length, 16, service.profile.maxModelLen());
            most = Math.max(most, limit);
            for (var choice = 0; choice < sampling.n(); choice++) {
                plans.add(service.planner.say(prompt, sampling, limit, choice));
            }
        }
        var id = "cmpl-" + service.requestId(reply.request(), body);
        var answer = service.start(body, plans, sampling, model, most, id);
        var echo = body.path("echo").asBoolean(false);
        new CompletionGeneration(service, reply, sampling, answer, id, model, echo).run();
    }

    /** SageMaker's one route: the body's shape says which of the others it means. */
    void invocation(Reply reply) throws IOException, InterruptedException {
        if (Json.body(reply.request()).has("messages")) {
            chat(reply);
        } else {
            completion(reply);
        }
    }

    /** A string, strings, token ids, or lists of token ids. */
    static List<int[]> prompts(ObjectNode body) {
        var given = body.path("prompt");
        var prompts = new ArrayList<int[]>();
        if (given.isTextual()) {
            prompts.add(Tokenizer.encode(given.asText()));
        } else if (given.isArray() && !given.isEmpty() && given.get(0).isIntegralNumber()) {
            prompts.add(tokens(given));
        } else {
            for (var each : given) {
                prompts.add(each.isTextual() ? Tokenizer.encode(each.asText()) : tokens(each));
            }
        }
        if (prompts.isEmpty() || prompts.stream().anyMatch(p -> p.length == 0)) {
            throw ApiException.bad(
                    "Either prompt or prompt_embeds must be provided and non-empty. (parameter=prompt)", "prompt");
        }
        return prompts;
    }

    static int[] tokens(JsonNode list) {
        var ids = new int[list.size()];
        for (var i = 0; i < ids.length; i++) {
            var id = list.get(i);
            if (!id.isIntegralNumber() || id.asLong() < 0 || id.asLong() >= Tokenizer.VOCABULARY) {
                throw ApiException.bad("Token id " + id.asText() + " is out of vocabulary", "");
            }
            ids[i] = id.asInt();
        }
        return ids;
    }
}
