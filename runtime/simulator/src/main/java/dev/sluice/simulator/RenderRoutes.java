package dev.sluice.simulator;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.util.ArrayList;

/** {@code …/render}: what a request becomes for the engine, token ids and limits, without running it. */
final class RenderRoutes {
    private final Service service;

    RenderRoutes(Service service) {
        this.service = service;
    }

    void chat(Reply reply) throws IOException {
        var body = body(reply);
        if (!body.path("messages").isArray()) {
            throw Json.missing(body, "messages");
        }
        var sampling = Sampling.of(body, "max_completion_tokens", service.profile.maxModelLen());
        var model = service.model(body);
        var text = Prompts.chat(
                body.path("messages"),
                body.path("tools"),
                body.path("add_generation_prompt").asBoolean(true),
                model);
        reply.json(200, one(id("chatcmpl-", reply, body), Tokenizer.encode(text), sampling, 0, model, false));
    }

    void completion(Reply reply) throws IOException {
        var body = body(reply);
        var sampling = Sampling.of(body, "max_tokens", service.profile.maxModelLen());
        var model = service.model(body);
        var id = id("cmpl-", reply, body);
        var all = new ArrayList<String>();
        for (var prompt : OpenAiRoutes.prompts(body)) {
            all.add(one(id + "-" + all.size(), prompt, sampling, 16, model, false));
        }
        reply.json(200, "[" + String.join(",", all) + "]");
    }

    void messages(Reply reply) throws IOException {
        var body = body(reply);
        if (!body.path("messages").isArray()) {
            throw Json.missing(body, "messages");
        }
        var sampling = Sampling.of(body, "max_tokens", service.profile.maxModelLen());
        var model = service.model(body);
        var prompt = Tokenizer.encode(Prompts.anthropic(body, model));
        reply.json(200, one(id("chatcmpl-", reply, body), prompt, sampling, 0, model, false));
    }

    void responses(Reply reply) throws IOException {
        var body = body(reply);
        if (!body.path("input").isTextual() && !body.path("input").isArray()) {
            throw Json.missing(body, "input");
        }
        var sampling = Sampling.of(body, "max_output_tokens", service.profile.maxModelLen());
        var model = service.model(body);
        var prompt = Tokenizer.encode(Prompts.responses(body, model));
        reply.json(200, one("resp_" + service.newId(), prompt, sampling, 0, model, true));
    }

    private ObjectNode body(Reply reply) {
        if (!service.options.scaleOut()) {
            throw ApiException.scaleOutDisabled();
        }
        return Json.body(reply.request());
    }

    private String id(String prefix, Reply reply, ObjectNode body) {
        return prefix + service.requestId(reply.request(), body);
    }

    private String one(String id, int[] prompt, Sampling sampling, int fallback, String model, boolean extra) {
        service.checkLength(prompt, true);
        var limit = sampling.limit(prompt.length, fallback, service.profile.maxModelLen());
        // Greedy sampling drops the parameters that it has no use for.
        var random = sampling.temperature() == 0 ? "" : ",\"top_p\":" + sampling.topP() + ",\"min_p\":0.0";
        var stops = new ArrayList<String>();
        sampling.stop().forEach(stop -> stops.add(Json.quote(stop)));
        return "{\"request_id\":" + Json.quote(id) + ",\"token_ids\":" + Json.ints(prompt)
                + ",\"token_offsets\":null,\"features\":null,\"content_parts\":null,\"sampling_params\":{"
                + "\"presence_penalty\":0.0,\"frequency_penalty\":0.0,\"repetition_penalty\":1.0,\"temperature\":"
                + sampling.temperature() + random + ",\"stop\":[" + String.join(",", stops)
                + "],\"stop_token_ids\":"
                + sampling.stopIds().stream().sorted().toList().toString().replace(" ", "")
                + ",\"max_tokens\":" + limit + ",\"output_kind\":2,\"skip_clone\":true"
                + (extra ? ",\"extra_args\":{}" : "")
                + ",\"bad_words\":[],\"skip_reading_prefix_cache\":false},\"model\":"
                + Json.quote(model)
                + ",\"reasoning_ended\":null,\"reasoning_parser_kwargs\":null,\"return_token_ids\":null,"
                + "\"output_mode\":\"tokens\",\"stream\":" + sampling.stream()
                + ",\"stream_options\":null,\"cache_salt\":"
                + (sampling.salt().isEmpty() ? "null" : Json.quote(sampling.salt())) + ",\"priority\":"
                + sampling.priority() + ",\"kv_transfer_params\":null,\"ec_transfer_params\":null}";
    }
}
