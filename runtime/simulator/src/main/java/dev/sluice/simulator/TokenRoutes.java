package dev.sluice.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** {@code /tokenize}, {@code /detokenize} and {@code /inference/v1/generate}. */
final class TokenRoutes {
    private final Service service;

    TokenRoutes(Service service) {
        this.service = service;
    }

    void tokenize(Reply reply) throws IOException {
        var body = Json.body(reply.request());
        var model = service.model(body);
        if (!body.path("messages").isArray() && !body.path("prompt").isTextual()) {
            throw Json.missing(body, "prompt");
        }
        var generation = body.path("add_generation_prompt").asBoolean(true);
        if (generation && body.path("continue_final_message").asBoolean(false)) {
            throw ApiException.bad("Cannot set both `continue_final_message` and `add_generation_prompt` to True.", "");
        }
        var text = body.path("messages").isArray()
                ? Prompts.chat(body.path("messages"), body.path("tools"), generation, model)
                : body.path("prompt").asText();
        var tokens = Tokenizer.encode(text);
        var strings = new ArrayList<String>();
        for (var token : tokens) {
            strings.add(Json.quote(Tokenizer.decode(token).replace(' ', 'Ġ').replace('\n', 'Ċ')));
        }
        reply.json(
                200,
                "{\"count\":" + tokens.length + ",\"max_model_len\":" + service.profile.maxModelLen() + ",\"tokens\":"
                        + Json.ints(tokens) + ",\"token_strs\":"
                        + (body.path("return_token_strs").asBoolean(false)
                                ? "[" + String.join(",", strings) + "]"
                                : "null")
                        + "}");
    }

    void detokenize(Reply reply) throws IOException {
        var body = Json.body(reply.request());
        service.model(body);
        if (!body.path("tokens").isArray()) {
            throw Json.missing(body, "tokens");
        }
        reply.json(200, "{\"prompt\":" + Json.quote(Tokenizer.decode(OpenAiRoutes.tokens(body.path("tokens")))) + "}");
    }

    void generate(Reply reply) throws IOException, InterruptedException {
        if (!service.options.scaleOut()) {
            throw ApiException.scaleOutDisabled();
        }
        var body = Json.body(reply.request());
        if (!body.path("token_ids").isArray() || body.path("token_ids").isEmpty()) {
            throw Json.missing(body, "token_ids");
        }
        var merged = body.path("sampling_params") instanceof ObjectNode params
                ? params.deepCopy()
                : Json.MAPPER.createObjectNode();
        for (var field : List.of("stream", "stream_options", "cache_salt", "priority", "kv_transfer_params")) {
            if (body.hasNonNull(field)) {
                merged.set(field, body.path(field));
            }
        }
        var sampling = Sampling.of(merged, "max_tokens", service.profile.maxModelLen());
        var model = service.model(body);
        var prompt = OpenAiRoutes.tokens(body.path("token_ids"));
        service.checkLength(prompt, false);
        var limit = sampling.limit(prompt.length, 16, service.profile.maxModelLen());
        var plans = new ArrayList<Plan>();
        for (var choice = 0; choice < sampling.n(); choice++) {
            plans.add(service.planner.say(prompt, sampling, limit, choice));
        }
        var id = "generate-tokens-" + service.requestId(reply.request(), body);
        var answer = service.start(body, plans, sampling, model, limit, id);
        new TokenGeneration(service, reply, sampling, answer, id, model).run();
    }
}
