package dev.sluice.simulator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Embeddings, pooling, scores and reranking: prompts go through the engine for one step each, vectors and scores are functions of
 * the tokens. Texts that share words get similar vectors, so that a ranking looks like one.
 */
final class PoolingRoutes {
    private static final int DIMENSIONS = 64;
    private final Service service;

    PoolingRoutes(Service service) {
        this.service = service;
    }

    void embeddings(Reply reply) throws IOException, InterruptedException {
        vectors(reply, "embd-", "embedding", "embedding");
    }

    void pooling(Reply reply) throws IOException, InterruptedException {
        vectors(reply, "pool-", "pooling", "data");
    }

    private void vectors(Reply reply, String prefix, String object, String field)
            throws IOException, InterruptedException {
        var body = Json.body(reply.request());
        var model = service.model(body);
        if (body.path("messages").isArray()) {
            body.put("input", Prompts.chat(body.path("messages"), body.path("tools"), false, model));
        }
        var prompts = inputs(body, "input");
        var base64 = body.path("encoding_format").asText("float").equals("base64");
        var dimensions = body.path("dimensions").asInt(DIMENSIONS);
        if (dimensions < 1 || dimensions > 4096) {
            throw ApiException.value(
                    "dimensions must be in [1, 4096], got " + dimensions + ".", "dimensions", dimensions);
        }
        var total = compute(reply, prompts, model);
        var data = new StringBuilder();
        for (var i = 0; i < prompts.size(); i++) {
            data.append(i > 0 ? "," : "")
                    .append("{\"index\":")
                    .append(i)
                    .append(",\"object\":\"")
                    .append(object);
            data.append("\",\"")
                    .append(field)
                    .append("\":")
                    .append(json(vector(prompts.get(i), dimensions), base64))
                    .append('}');
        }
        reply.json(
                200,
                head(prefix, reply, body, model) + ",\"data\":[" + data + "],\"usage\":{\"prompt_tokens\":" + total
                        + ",\"total_tokens\":" + total + ",\"completion_tokens\":0,\"prompt_tokens_details\":null}}");
    }

    void score(Reply reply) throws IOException, InterruptedException {
        var body = Json.body(reply.request());
        var model = service.model(body);
        var left = inputs(body, body.has("queries") ? "queries" : "text_1");
        var right = inputs(body, body.has("documents") ? "documents" : "text_2");
        if (left.size() != right.size() && left.size() != 1) {
            throw ApiException.bad("Input lengths must be either 1:1, 1:N or N:N", "");
        }
        var all = new ArrayList<int[]>(left);
        all.addAll(right);
        var total = compute(reply, all, model);
        var data = new StringBuilder();
        for (var i = 0; i < right.size(); i++) {
            data.append(i > 0 ? "," : "").append("{\"index\":").append(i).append(",\"object\":\"score\",\"score\":");
            data.append(score(left.get(left.size() == 1 ? 0 : i), right.get(i))).append('}');
        }
        reply.json(
                200,
                head("score-", reply, body, model) + ",\"data\":[" + data + "],\"usage\":{\"prompt_tokens\":" + total
                        + ",\"total_tokens\":" + total + ",\"completion_tokens\":0,\"prompt_tokens_details\":null}}");
    }

    void rerank(Reply reply) throws IOException, InterruptedException {
        var body = Json.body(reply.request());
        var model = service.model(body);
        var query = inputs(body, "query");
        var documents = inputs(body, "documents");
        var all = new ArrayList<int[]>(query);
        all.addAll(documents);
        var total = compute(reply, all, model);
        var top = body.path("top_n").asInt(0) > 0 ? body.path("top_n").asInt() : documents.size();
        var order = IntStream.range(0, documents.size())
                .boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -score(query.getFirst(), documents.get(i))))
                .limit(top)
                .toList();
        var results = new StringBuilder();
        for (var i : order) {
            results.append(results.isEmpty() ? "" : ",")
                    .append("{\"index\":")
                    .append(i)
                    .append(",\"document\":{\"text\":");
            results.append(Json.quote(Tokenizer.decode(documents.get(i))));
            results.append(",\"multi_modal\":null},\"relevance_score\":");
            results.append(score(query.getFirst(), documents.get(i))).append('}');
        }
        reply.json(
                200,
                "{\"id\":" + Json.quote("rerank-" + service.requestId(reply.request(), body)) + ",\"model\":"
                        + Json.quote(model) + ",\"usage\":{\"prompt_tokens\":" + total + ",\"total_tokens\":" + total
                        + "},\"results\":[" + results + "]}");
    }

    private String head(String prefix, Reply reply, ObjectNode body, String model) {
        return "{\"id\":" + Json.quote(prefix + service.requestId(reply.request(), body))
                + ",\"object\":\"list\",\"created\":" + service.created() + ",\"model\":" + Json.quote(model);
    }

    /** Runs the prompts through the engine; their tokens in all. */
    private int compute(Reply reply, List<int[]> prompts, String model) throws IOException, InterruptedException {
        var sampling = Sampling.of(Json.MAPPER.createObjectNode(), "max_tokens", service.profile.maxModelLen());
        var plans = new ArrayList<Plan>();
        var total = 0;
        for (var prompt : prompts) {
            service.checkLength(prompt, false);
            total += prompt.length;
            plans.add(service.planner.quote(prompt, "", sampling, 1));
        }
        var answer =
                service.start(Json.MAPPER.createObjectNode(), plans, sampling, model, 1, "pool-" + service.newId());
        reply.connection().watch(answer::cancel);
        try {
            answer.awaitEnd();
        } finally {
            service.driver.abort(answer);
        }
        return total;
    }

    private static List<int[]> inputs(ObjectNode body, String field) {
        var given = body.path(field);
        var all = new ArrayList<int[]>();
        if (given.isTextual()) {
            all.add(Tokenizer.encode(given.asText()));
        } else if (given.isArray() && !given.isEmpty() && given.get(0).isIntegralNumber()) {
            all.add(OpenAiRoutes.tokens(given));
        } else {
            given.forEach(each -> all.add(each.isArray() ? OpenAiRoutes.tokens(each) : Tokenizer.encode(text(each))));
        }
        if (all.isEmpty() || all.stream().anyMatch(prompt -> prompt.length == 0)) {
            throw Json.missing(body, field);
        }
        return all;
    }

    private static String text(JsonNode node) {
        return node.isObject() ? node.path("text").asText() : node.asText();
    }

    private static double[] vector(int[] tokens, int dimensions) {
        var vector = new double[dimensions];
        for (var token : tokens) {
            for (var d = 0; d < dimensions; d++) {
                vector[d] += (Hashes.mix(token * 4096L + d) >> 11) * 0x1.0p-52;
            }
        }
        var length = 0.0;
        for (var value : vector) {
            length += value * value;
        }
        for (var d = 0; d < dimensions; d++) {
            vector[d] = (float) (vector[d] / Math.sqrt(length));
        }
        return vector;
    }

    private static String json(double[] vector, boolean base64) {
        if (base64) {
            var bytes = ByteBuffer.allocate(vector.length * 4).order(ByteOrder.LITTLE_ENDIAN);
            for (var value : vector) {
                bytes.putFloat((float) value);
            }
            return "\"" + Base64.getEncoder().encodeToString(bytes.array()) + "\"";
        }
        var out = new StringBuilder("[");
        for (var i = 0; i < vector.length; i++) {
            out.append(i > 0 ? "," : "").append(vector[i]);
        }
        return out.append(']').toString();
    }

    /** Cosine of the two texts' vectors, moved to 0..1. */
    private static double score(int[] left, int[] right) {
        var a = vector(left, DIMENSIONS);
        var b = vector(right, DIMENSIONS);
        var dot = 0.0;
        for (var d = 0; d < DIMENSIONS; d++) {
            dot += a[d] * b[d];
        }
        return (dot + 1) / 2;
    }
}
